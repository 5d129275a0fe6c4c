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
        verdict, grounds = decide(evidence, ZERO)
        other, others_grounds = decide(evidence, CLASSIFIER)
        if (other, others_grounds) == (verdict, grounds) and verdict == UNDECIDED:
            return verdict, grounds  # there is nothing to compare with either line
        reference = f" Reference: the random-discard line to {ZERO.end}; the line to"
        if other == verdict:
            return verdict, f"{grounds}{reference} {CLASSIFIER.end} gives the same verdict."
        return verdict, (
            f"{grounds}{reference} {CLASSIFIER.end} gives “{other}” instead: {others_grounds}"
        )

    return decide_by_both
