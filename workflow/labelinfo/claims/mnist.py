"""The claims about static MNIST alone, but for those that compare one run with a network."""

import numpy as np
import pandas as pd

from labelinfo import paper
from labelinfo.claims.decision import (
    UNDECIDED,
    Decision,
    all_of,
    count,
    lacking,
    three_way,
)
from labelinfo.claims.errors import gaps_below, seed_note
from labelinfo.claims.evidence import (
    POINT,
    Evidence,
    best_runs,
    explorer_address,
    name_of,
    no_runs,
    numbers,
)
from labelinfo.claims.first_rates import first_rates, median_rate, smallest_rate
from labelinfo.claims.reference import Reference
from labelinfo.curves import Curve
from labelinfo.tables.results import TaskResults

MNIST = "static MNIST"


def below_both_lines(evidence: Evidence, reference: Reference) -> Decision:
    """Claim 1: many runs below the random-discard line and the PCA hull, small C at small R."""
    data = evidence.results("mnist", "digit")
    if data is None:
        return no_runs(evidence, MNIST)
    chance = reference.of(data)
    if chance is None or data.pca_hull is None:
        return Decision(
            UNDECIDED,
            "The random-discard line or the PCA hull is missing.",
            runs=explorer_address(data),
        )
    settings = evidence.settings
    by_line = [gaps_below(data.pca_hull, data.runs), gaps_below(chance, data.runs, flat=True)]
    gaps, errors = np.array(by_line).swapaxes(0, 1)
    comparable = np.isfinite(gaps).all(axis=0)
    if comparable.sum() < settings.runs_min:
        return lacking(runs_within_the_rates_of_the_PCA_hull=int(comparable.sum()))
    gaps, margins = gaps[:, comparable], settings.standard_errors * errors[:, comparable]
    found = count((gaps > margins).all(axis=0), (gaps < -margins).any(axis=0))
    small = _small_at_small(data, evidence)
    return Decision(
        all_of([found.at_least(settings.many_share), small.verdict]),
        f"Of {found.total} runs within the rates of the PCA hull, {found.so} lie below both lines, "
        f"{found.not_so} above one of them, {found.undecided} are undecided. {small.evidence}"
        f"{seed_note(data.runs)}",
        f"{found.so} of {found.total} runs lie below both lines",
        explorer_address(data, rate=f"..{data.pca_hull.rate_nats[-1]:.4g}"),
    )


def _small_at_small(data: TaskResults, evidence: Evidence) -> Decision:
    """Decide whether some run has nearly all of the label at R ≤ H(X)/4."""
    settings = evidence.settings
    rate_max = data.data_entropy_nats / paper.GENERIC_FACTOR
    c_max = (1 - settings.nearly_all_share) * data.label_entropy_nats
    runs = data.runs[data.runs["rate_valid_nats"] <= rate_max]
    if runs.empty:
        return Decision(UNDECIDED, f"No run has R ≤ {rate_max:.1f} nats.")
    best = runs.loc[runs["label_distortion_valid_nats"].idxmin()]
    c, error = (float(best[name]) for name in POINT[1:])
    over, rate_error = best["rate_nats"] - rate_max, float(best["rate_nats_se"])
    times = settings.standard_errors
    # at much smaller rates a larger C says nothing of these
    visited = runs["rate_valid_nats"].max() >= (1 - settings.about_share) * rate_max
    outcome = three_way(
        c + times * error <= c_max and over <= times * rate_error,
        visited and c - times * error > c_max,
    )
    return Decision(
        outcome,
        f"Of the runs with R ≤ {rate_max:.1f} nats, the best on validation has C = {c:.3f} ± "
        f"{error:.3f} nats; nearly all of the label is C ≤ {c_max:.3f}.",
    )


def rates_that_retain_the_digit(evidence: Evidence) -> Decision:
    """Claim 2: from which rates on nearly all of the digit is retained."""
    data = evidence.results("mnist", "digit")
    if data is None:
        return no_runs(evidence, MNIST)
    settings = evidence.settings
    deconv, pixelcnn = (
        data.runs[data.runs["decoder"] == decoder] for decoder in ("deconv", "pixelcnn")
    )
    if min(len(deconv), len(pixelcnn)) < settings.runs_min:
        return lacking(
            runs_with_the_deconv_decoder=len(deconv), with_the_pixelcnn_decoder=len(pixelcnn)
        )
    generic_max, earliest_max = (
        nats * (1 + settings.about_share)
        for nats in (paper.GENERIC_RATE_NATS, paper.EARLIEST_RATE_NATS)
    )
    generic = median_rate(first_rates(deconv, settings.nearly_all_share, generic_max))
    earliest = smallest_rate(first_rates(pixelcnn, settings.nearly_all_share, earliest_max))
    outcomes = [
        three_way(found.high <= limit, found.low > limit)
        for found, limit in ((generic, generic_max), (earliest, earliest_max))
    ]
    return Decision(
        all_of(outcomes),
        f"deconv: median of the first rates of {generic.trainings} architectures and seeds "
        f"{generic}, at most {generic_max:.1f} nats is asked for; pixelcnn: smallest first rate of "
        f"{earliest.trainings} {earliest}, at most {earliest_max:.1f} nats is asked for.",
        f"first rates: deconv {generic}, pixelcnn {earliest}",
        explorer_address(data, label=_nearly_all(data, settings.nearly_all_share)),
    )


def compression_factors(evidence: Evidence) -> Decision:
    """Claim 5: the compression factors at which it is."""
    data = evidence.results("mnist", "digit")
    if data is None:
        return no_runs(evidence, MNIST)
    if data.data_entropy_nats is None:
        return Decision(
            UNDECIDED,
            "H(X) is not known: the random-discard line is missing.",
            runs=explorer_address(data),
        )
    settings = evidence.settings
    if len(data.runs) < settings.runs_min:
        return lacking(runs=len(data.runs))
    generic = paper.GENERIC_FACTOR * (1 - settings.about_share)
    rates = [data.data_entropy_nats / factor for factor in (generic, paper.LARGEST_FACTOR)]
    share = settings.nearly_all_share
    earliest = smallest_rate(first_rates(data.runs, share, rates[1]))
    enough = _retaining(data.runs, share)
    near = int((enough["rate_nats"] <= rates[0]).sum())
    visited = bool(data.runs["rate_nats"].between(rates[1], rates[0]).any())
    autoregressive = (data.runs["decoder"] == "pixelcnn").sum() >= settings.runs_min
    outcomes = [
        three_way(near > 1, visited and near == 0),
        # the paper's case has an autoregressive decoder: other runs do not refute it
        three_way(earliest.high < rates[1], autoregressive and earliest.low >= rates[1]),
    ]
    if enough.empty:
        none = "No run retains nearly all of the label."
        return Decision(all_of(outcomes), none, "no run retains nearly all", explorer_address(data))
    best = enough.loc[enough["rate_valid_nats"].idxmin()]
    factor = data.data_entropy_nats / best["rate_nats"]
    return Decision(
        all_of(outcomes),
        f"Of {len(enough)} runs that retain nearly all, {near} compress by {generic:g} or more; "
        f"the largest factor is at most {factor:.1f}, at R = {best['rate_nats']:.1f} ± "
        f"{best['rate_nats_se']:.1f} nats ({name_of(best)}). {data.entropy_note}"
        f"{'' if autoregressive else ' There are too few runs with the pixelcnn decoder.'}",
        f"largest factor H(X)/R at most {factor:.1f}",
        explorer_address(data, label=_nearly_all(data, share)),
    )


def _nearly_all(data: TaskResults, share: float) -> str:
    """Return the range of C, as the explorer writes it, of runs that keep this share or more."""
    return f"..{(1 - share) * data.label_entropy_nats:.4g}"


def _retaining(runs: pd.DataFrame, share: float) -> pd.DataFrame:
    c, entropy = runs["label_distortion_valid_nats"], runs["label_entropy_nats"]
    return runs[1 - c / entropy >= share]


def factorised_below_autoregressive(evidence: Evidence) -> Decision:
    """Claim 6: factorised decoders below autoregressive ones at equal rate."""
    data = evidence.results("mnist", "digit")
    if data is None:
        return no_runs(evidence, MNIST)
    settings = evidence.settings
    fronts = {}
    for decoder in ("deconv", "pixelcnn"):
        runs = data.runs[data.runs["decoder"] == decoder]
        if len(runs) < settings.runs_min:
            return lacking(**{f"runs_with_the_{decoder}_decoder": len(runs)})
        fronts[decoder] = best_runs(runs)
    rate, _, error = numbers(fronts["deconv"], *POINT)
    factorised = Curve(rate, numbers(fronts["deconv"], POINT[1])[0], error)
    # a code of a smaller rate can be used at a larger one
    above, errors = gaps_below(factorised, fronts["pixelcnn"], flat=True)
    known = np.isfinite(above)
    if known.sum() < settings.runs_min // 2:
        return lacking(rates_at_which_both_decoders_have_runs=int(known.sum()))
    below, margins = -above[known], settings.standard_errors * errors[known]
    found = count(below > margins, below < -margins)
    lower = f"{abs(below.mean()):.3f} nats {'lower' if below.mean() > 0 else 'higher'}"
    return Decision(
        found.at_least(settings.as_a_rule_share),
        f"Of {found.total} rates of the best autoregressive runs, the best factorised ones have "
        f"the smaller C at {found.so}, the larger at {found.not_so}, and {found.undecided} are "
        f"undecided; on average the factorised C is {lower}.{seed_note(data.runs)}",
        f"the factorised C is lower at {found.so} of {found.total} rates",
        explorer_address(data),
    )
