"""The claims that need no β-VAE: principal components, and balls."""

from labelinfo import paper
from labelinfo.claims.balls import chance_of_all_red
from labelinfo.claims.decision import FAILS, HOLDS, UNDECIDED, Decision, verdict
from labelinfo.claims.sweep import Sweep
from labelinfo.tables.baselines import setting_of


def best_dimensions(sweep: Sweep) -> Decision:
    """Claim 11: the best numbers of principal components."""
    parts, outcomes = [], []
    for kind, task in (("mnist", "digit"), ("omniglot", "alphabet"), ("omniglot", "character")):
        dataset, papers = sweep.dataset(kind, task), paper.BEST_PCA_DIMENSION[task]
        rows = sweep.baselines[
            (sweep.baselines["dataset"] == dataset)
            & (sweep.baselines["task"] == task)
            & (sweep.baselines["baseline"] == "pca")
        ]
        settings = [setting_of(row) for row in rows.to_dict("records")]
        theirs = rows[[setting["k"] == papers for setting in settings]]
        if theirs.empty:
            outcomes.append(None)
            parts.append(f"{task}: not measured with k = {papers}")
            continue
        best = next(setting["k"] for setting in settings if setting["selected"])
        excess, error = (
            float(theirs[name].iloc[0])
            for name in ("selection_excess_nats2", "selection_excess_nats2_se")
        )
        outcomes.append(excess <= sweep.settings.standard_errors * error)
        behind = f", {papers} is behind by {excess:.2f} ± {error:.2f} nats²"
        behind = "" if best == papers else behind
        stand_in = ", another split" if dataset == "omniglot_rebuilt" else ""
        parts.append(f"{task}: {best} is best{behind}{stand_in}")
    evidence = "; ".join(parts) + "."
    if False in outcomes:
        return FAILS, evidence
    return (UNDECIDED if None in outcomes else HOLDS), evidence


def balls(_sweep: Sweep) -> Decision:
    """Claim 12: the chances of the balls."""
    percents = {drawn: 100 * chance_of_all_red(drawn) for drawn in paper.BALLS_PERCENT}
    held = all(
        f"{percents[drawn]:.{len(printed.partition('.')[2])}f}" == printed
        for drawn, printed in paper.BALLS_PERCENT.items()
    )
    odds = 1 / chance_of_all_red(10) - 1
    return verdict(held), (
        f"70 balls: {percents[70]:.2f} %; 10 balls: {percents[10]:.4f} %, odds of {odds:,.0f} to 1 "
        "(the paper prints 979 to 1)."
    )
