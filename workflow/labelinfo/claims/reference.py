"""The two lines of random discarding, and what a verdict owes to the choice between them."""

from collections.abc import Callable
from dataclasses import dataclass

from labelinfo.claims.decision import UNDECIDED, Decision
from labelinfo.claims.evidence import Evidence
from labelinfo.curves import Curve
from labelinfo.tables.results import TaskResults


@dataclass(frozen=True)
class Reference:
    """A line of random discarding: how it ends, and where the tables have it.

    Attributes
    ----------
    end
        C at R = H(X), in words.
    line
        Its name among :attr:`labelinfo.tables.results.TaskResults.discards`.
    score
        Column of the preference score against it.
    """

    end: str
    line: str
    score: str

    def of(self, data: TaskResults) -> Curve | None:
        """Return the line of a data set and task, None where it is missing."""
        return data.discards.get(self.line)


ZERO = Reference("C = 0", "random_discard", "preference_score_upper")
CLASSIFIER = Reference(
    "the C of the best image classifier",
    "classifier_discard",
    "classifier_preference_score_upper",
)


def by_reference(
    decide: Callable[[Evidence, Reference], Decision],
) -> Callable[[Evidence], Decision]:
    """Return a function that judges by the paper's line and reports whether the other agrees."""

    def decide_by_both(evidence: Evidence) -> Decision:
        found, other = (Decision(*decide(evidence, line)) for line in (ZERO, CLASSIFIER))
        if other == found and found.verdict == UNDECIDED:
            return found  # there is nothing to compare with either line
        reference = f" Reference: the random-discard line to {ZERO.end}; the line to"
        said = f"gives “{other.verdict}” instead: {other.evidence}"
        if other.verdict == found.verdict:
            said = "gives the same verdict."
        grounds = f"{found.evidence}{reference} {CLASSIFIER.end} {said}"
        return found._replace(evidence=grounds)

    return decide_by_both
