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
    verdict, grounds = decide(evidence.of_probe(PAPER))
    if measured is None:
        return verdict, grounds
    if not measured(evidence):
        return verdict, f"{grounds} (paper's probe only)"
    other, others_grounds = decide(evidence.of_probe(STRONG))
    both = f"By the paper's probe, {verdict}: {grounds} By the strong probe, {other}: "
    return (verdict if verdict == other else UNDECIDED), f"{both}{others_grounds}"
