"""A claim of the paper, judged by both probes and, where it needs one, against both lines."""

from collections.abc import Callable
from dataclasses import dataclass

from labelinfo.claims.decision import UNDECIDED, Decision
from labelinfo.claims.evidence import Evidence, Settings
from labelinfo.curves import Curve
from labelinfo.tables.probe_views import PAPER, STRONG, has_strong_probe
from labelinfo.tables.results import TaskResults

Decide = Callable[[Evidence], Decision]


def strong_c(evidence: Evidence) -> bool:
    """Return whether the strong probe measured C of some run."""
    return has_strong_probe(evidence.runs)


@dataclass(frozen=True)
class Claim:
    """A claim of the paper, the rule in words, and the function that applies the rule.

    Attributes
    ----------
    measured
        Returns whether the strong probe measured the claim's quantities; None if the claim needs no
        probe.
    on_digits
        Whether it is about MNIST's digits, for which the sample may stand in.
    """

    number: int
    statement: str
    rule: Callable[[Settings], str]
    decide: Decide
    measured: Callable[[Evidence], bool] | None = strong_c
    on_digits: bool = False


def decide_by_both_probes(claim: Claim, evidence: Evidence) -> Decision:
    """Decide a claim once per probe; a verdict stands if both agree.

    If they differ, the verdict is ``not enough data``, and the evidence says why and names both
    outcomes. Without measurements by the strong probe, the paper's probe decides and the evidence
    says so.
    """
    found = Decision(*claim.decide(evidence.of_probe(PAPER)))
    if claim.measured is None:
        return found
    if not claim.measured(evidence):
        return found._replace(evidence=f"{found.evidence} (paper's probe only)")
    other = Decision(*claim.decide(evidence.of_probe(STRONG)))
    number = found.number
    if other.number != number:
        number = f"{number or '–'}; strong probe: {other.number or '–'}"
    verdict, reason = found.verdict, ""
    if other.verdict != verdict:
        reason = _why_undecided(verdict, other.verdict)
        verdict = UNDECIDED
    return Decision(
        verdict,
        f"{reason}By the paper's probe, {found.verdict}: {found.evidence} "
        f"By the strong probe, {other.verdict}: {other.evidence}",
        number,
        found.runs,
    )


def _why_undecided(paper: str, strong: str) -> str:
    """Return why two different verdicts decide nothing, as a sentence and a space."""
    if UNDECIDED not in (paper, strong):
        return "The probes contradict each other: the verdict depends on how much a probe finds. "
    which = "strong" if strong == UNDECIDED else "paper's"
    return f"Further runs, seeds or test images may decide by the {which} probe. "


@dataclass(frozen=True)
class Reference:
    """A line of random discarding: its C at R = H(X) in words, its name, its score's column."""

    end: str
    line: str
    score: str

    def of(self, data: TaskResults) -> Curve | None:
        """Return the line of a data set and task, None if it is missing."""
        return data.discards.get(self.line)


ZERO = Reference("C = 0", "random_discard", "preference_score_upper")
CLASSIFIER = Reference(
    "the C of the best image classifier",
    "classifier_discard",
    "classifier_preference_score_upper",
)


def by_reference(decide: Callable[[Evidence, Reference], Decision]) -> Decide:
    """Return a function that judges by the paper's line and reports whether the other agrees."""

    def decide_by_both(evidence: Evidence) -> Decision:
        found, other = (decide(evidence, line) for line in (ZERO, CLASSIFIER))
        if other == found and found.verdict == UNDECIDED:
            return found  # there is nothing to compare with either line
        said = "gives the same verdict."
        if other.verdict != found.verdict:
            said = f"gives “{other.verdict}” instead: {other.evidence}"
        reference = f"Reference: the random-discard line to {ZERO.end}; the line to"
        return found._replace(evidence=f"{found.evidence} {reference} {CLASSIFIER.end} {said}")

    return decide_by_both
