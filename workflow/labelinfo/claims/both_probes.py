"""A verdict on C stands only where the paper's probe and the strong probe agree on it."""

from collections.abc import Callable

from labelinfo.claims.decision import UNDECIDED, Decision
from labelinfo.claims.evidence import Evidence
from labelinfo.tables.probe_views import PAPER, STRONG, has_strong_probe


def strong_c(evidence: Evidence) -> bool:
    """Return whether the strong probe measured C of some run."""
    return has_strong_probe(evidence.runs)


def strong_selection(evidence: Evidence) -> bool:
    """Return whether the strong probe measured some grid of principal components."""
    return has_strong_probe(evidence.baselines, "selection_excess_nats2")


def decide_by_both_probes(
    decide: Callable[[Evidence], Decision],
    measured: Callable[[Evidence], bool] | None,
    evidence: Evidence,
) -> Decision:
    """Decide a claim once per probe; a verdict stands if both agree.

    Where they differ, the verdict is ``not enough data`` and the evidence names both outcomes.
    Where the strong probe was not measured, the paper's probe decides and the evidence says so.

    Parameters
    ----------
    decide
        Decides the claim by the tables of one probe.
    measured
        Says whether the strong probe was measured; None where no probe has a say.
    evidence
        The tables with the columns of both probes.
    """
    found = Decision(*decide(evidence.of_probe(PAPER)))
    if measured is None:
        return found
    if not measured(evidence):
        return found._replace(evidence=f"{found.evidence} (paper's probe only)")
    other = Decision(*decide(evidence.of_probe(STRONG)))
    verdict = found.verdict if found.verdict == other.verdict else UNDECIDED
    number = found.number
    if other.number != number:
        number = f"{number or '–'}; strong probe: {other.number or '–'}"
    return Decision(
        verdict,
        f"By the paper's probe, {found.verdict}: {found.evidence} "
        f"By the strong probe, {other.verdict}: {other.evidence}",
        number,
        found.runs,
    )
