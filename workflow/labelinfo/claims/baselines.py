"""The claims that need no β-VAE: principal components, and balls."""

import numpy as np
import pandas as pd

from labelinfo import paper
from labelinfo.baselines.rate_axes import AXES
from labelinfo.claims.balls import chance_of_all_red
from labelinfo.claims.claim import Claim
from labelinfo.claims.decision import FAILS, HOLDS, UNDECIDED, Decision, all_of, three_way
from labelinfo.claims.evidence import TASKS, Evidence
from labelinfo.tables.baselines import data_entropy_of
from labelinfo.tables.lines import is_selected
from labelinfo.tables.probe_views import has_strong_probe


def best_dimensions(evidence: Evidence) -> Decision:
    """Decide whether the paper's numbers of principal components are the best."""
    found = [_of_task(evidence, *pair) for pair in TASKS]
    grounds = "; ".join(each.evidence for each in found) + "."
    number = ", ".join(each.number for each in found if each.number)
    dataset = evidence.dataset("mnist", "digit")
    runs = f"panel={dataset}/digit" if dataset and number else ""
    return Decision(all_of(each.verdict for each in found), grounds, number, runs)


def _of_task(evidence: Evidence, kind: str, task: str) -> Decision:
    dataset, papers = evidence.dataset(kind, task), paper.BEST_PCA_DIMENSION[task]
    rows = evidence.baseline(dataset, task, "pca")
    theirs = rows[rows["k"] == papers]
    if theirs.empty:
        return Decision(UNDECIDED, f"{task}: not measured with k = {papers}")
    entropy = data_entropy_of(evidence.baseline(dataset, task, "random_discard"))
    ends = {axis: entropy if end is None else end for axis, end in AXES.items()}
    best = int(rows.loc[is_selected(rows), "k"].iloc[0])
    found = {
        axis: _of_axis(rows, theirs.iloc[0], axis, end, evidence.settings.standard_errors)
        for axis, end in ends.items()
    }
    outcomes = {each.verdict for each in found.values()}
    by_axis = ", ".join(
        f"{'H(X)' if AXES[axis] is None else f'{AXES[axis]:g} nats'} {each.evidence}"
        for axis, each in found.items()
    )
    stand_in = f", on {paper.STAND_INS[dataset]}" if dataset in paper.STAND_INS else ""
    outcome = three_way(outcomes == {HOLDS}, outcomes == {FAILS})
    return Decision(
        outcome,
        f"{task}: {best} is best to {theirs['selection_rate_max_nats'].iloc[0]:.1f} nats; "
        f"{papers} is behind by, to {by_axis}{stand_in}",
        f"{task}: best k = {best}, the paper's {papers}",
    )


def _of_axis(
    rows: pd.DataFrame, theirs: pd.Series, axis: str, end: float | None, standard_errors: float
) -> Decision:
    """Decide whether the paper's k has the smallest area on one rate axis, within its errors."""
    name = f"selection_excess_{axis}_nats2"
    excess, error = float(theirs[name]), float(theirs[f"{name}_se"])
    if end is None or not np.isfinite(excess):
        return Decision(UNDECIDED, "unknown")
    groups = rows.groupby(rows["k"].astype(int))
    reaches, flat = groups["rate_nats"].max() >= end, groups["selection_flat"].first() == 1
    steep = list(reaches.index[~reaches & ~flat])
    grounds = f"{excess:.2f} ± {error:.2f} nats²"
    if steep:
        named = ", ".join(map(str, steep))
        return Decision(UNDECIDED, f"{grounds} (but C still falls at the last σ of k = {named})")
    held = excess <= standard_errors * error
    return Decision(three_way(held, not held), grounds)


def balls(_evidence: Evidence) -> Decision:
    """Decide whether the chances of the balls are the paper's."""
    percents = {drawn: 100 * chance_of_all_red(drawn) for drawn in paper.BALLS_PERCENT}
    held = all(
        f"{percents[drawn]:.{len(printed.partition('.')[2])}f}" == printed
        for drawn, printed in paper.BALLS_PERCENT.items()
    )
    odds = 1 / chance_of_all_red(10) - 1
    return Decision(
        three_way(held, not held),
        f"70 balls: {percents[70]:.2f} %; 10 balls: {percents[10]:.4f} %, odds of {odds:,.0f} to 1 "
        "(the paper prints 979 to 1).",
        f"{percents[70]:.0f} % and {percents[10]:.1f} %",
    )


BEST_DIMENSIONS = Claim(
    11,
    "The best PCA dimension is 30 (MNIST) and 42 (both Omniglot tasks).",
    lambda s: (
        "The area under C against R on validation is compared up to 20 nats, 40 nats and H(X). The "
        "claim holds if each of the paper's dimensions has, on all three axes, the smallest area "
        f"of the grid, or one larger by at most {s.standard_errors:g} standard errors of the "
        "difference; it fails if the area of one dimension is larger by more on all three. An axis "
        "decides nothing if it ends beyond the rates of a k whose C still falls at its smallest σ."
    ),
    best_dimensions,
    lambda evidence: has_strong_probe(evidence.baselines, "selection_excess_nats2"),
)
BALLS = Claim(
    12,
    "Of 100 balls, 70 at random hold all 3 red ones with a chance of 34 %, 10 with 0.1 %.",
    lambda _s: "The hypergeometric chances, rounded as printed, are these.",
    balls,
    None,
)
