"""The claims about static MNIST."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from labelinfo import paper
from labelinfo.claims.curves import at
from labelinfo.claims.decision import FAILS, HOLDS, UNDECIDED, Decision, lacking, verdict
from labelinfo.claims.sweep import POINT, Settings, Sweep, best_runs, name_of, numbers
from labelinfo.tables.panels import Curve

_NO_MNIST = (UNDECIDED, "This experiment has no finished run on static MNIST.")


def below_both_lines(sweep: Sweep) -> Decision:
    """Claim 1: many runs below the random-discard line and the PCA curve."""
    data = sweep.results("mnist", "digit")
    if data is None:
        return _NO_MNIST
    if data.discard is None or "pca" not in data.curves:
        return UNDECIDED, "The random-discard line or the PCA curve is missing."
    rate, c, error = numbers(data.runs, *POINT)
    pca, chance = at(data.curves["pca"], rate), at(data.discard, rate)
    comparable = np.isfinite(pca) & np.isfinite(chance)
    count, needed = int(comparable.sum()), sweep.settings.runs_min
    if count < needed:
        return lacking(runs_within_the_rates_of_the_PCA_curve=count)
    highest = c + sweep.settings.standard_errors * error
    below = comparable & (highest < pca) & (highest < chance)
    return (
        verdict(below.sum() >= sweep.settings.many_share * count),
        f"{int(below.sum())} of {count} runs within the rates of the PCA curve lie below both.",
    )


def _first_to_retain(runs: pd.DataFrame, share: float) -> pd.Series | None:
    """Return the run of the smallest rate that retains so much, both by the validation split."""
    c, entropy = runs["label_distortion_valid_nats"], runs["label_entropy_nats"]
    enough = runs[1 - c / entropy >= share]
    return None if enough.empty else enough.loc[enough["rate_valid_nats"].idxmin()]


def rates_that_retain_the_digit(sweep: Sweep) -> Decision:
    """Claim 2: from which rates on nearly all of the digit is retained."""
    data = sweep.results("mnist", "digit")
    if data is None:
        return _NO_MNIST
    settings, held, parts = sweep.settings, [], []
    wanted = {"deconv": paper.GENERIC_RATE_NATS, "pixelcnn": paper.EARLIEST_RATE_NATS}
    groups = {decoder: data.runs[data.runs["decoder"] == decoder] for decoder in wanted}
    if min(map(len, groups.values())) < settings.runs_min:
        return lacking(
            runs_with_the_deconv_decoder=len(groups["deconv"]),
            with_the_pixelcnn_decoder=len(groups["pixelcnn"]),
        )
    for decoder, nats in wanted.items():
        first = _first_to_retain(groups[decoder], settings.nearly_all_share)
        near = abs(groups[decoder]["rate_nats"] - nats) <= settings.about_share * nats
        if not near.any():
            return UNDECIDED, f"No run with the {decoder} decoder has a rate near {nats:g} nats."
        if first is None:
            held.append(False)
            parts.append(f"{decoder}: no run retains that much")
            continue
        held.append(bool(near.loc[first.name]))
        parts.append(
            f"{decoder}: from R = {first['rate_nats']:.1f} ± {first['rate_nats_se']:.1f} nats on "
            f"({name_of(first)})"
        )
    return verdict(all(held)), "; ".join(parts) + "."


def compression_factors(sweep: Sweep) -> Decision:
    """Claim 5: the compression factors at which it is."""
    data = sweep.results("mnist", "digit")
    if data is None:
        return _NO_MNIST
    if data.data_entropy_nats is None:
        return UNDECIDED, "H(X) is not known: the random-discard line is missing."
    if len(data.runs) < sweep.settings.runs_min:
        return lacking(runs=len(data.runs))
    runs = data.runs
    least = paper.GENERIC_FACTOR * (1 - sweep.settings.about_share)
    reached = data.data_entropy_nats / runs["rate_nats"]
    small = reached > paper.LARGEST_FACTOR
    if not small.any() or not ((reached >= least) & ~small).any():
        return UNDECIDED, "No runs have rates that such factors ask for."
    c, entropy = runs["label_distortion_valid_nats"], runs["label_entropy_nats"]
    enough = runs[1 - c / entropy >= sweep.settings.nearly_all_share]
    if enough.empty:
        return FAILS, "No run retains nearly all of the label."
    factors = data.data_entropy_nats / enough["rate_nats"]
    best = enough.loc[enough["rate_valid_nats"].idxmin()]
    factor = data.data_entropy_nats / best["rate_nats"]
    near = int((factors >= least).sum())
    return (
        verdict(factor > paper.LARGEST_FACTOR and near > 1),
        f"Of {len(enough)} runs that retain nearly all, {near} compress by about "
        f"{paper.GENERIC_FACTOR:g} or more; the largest factor is {factor:.1f}, at R = "
        f"{best['rate_nats']:.1f} ± {best['rate_nats_se']:.1f} nats ({name_of(best)}).",
    )


def beside(baseline: str, highest: Callable[[Settings], float]) -> Callable[[Sweep], Decision]:
    """Return what decides claims 3 and 4: the run best on validation beside a network.

    ``highest`` gives the difference in nats that its interval has to stay below.
    """

    def decide(sweep: Sweep) -> Decision:
        data = sweep.results("mnist", "digit")
        if data is None:
            return _NO_MNIST
        best = data.runs.loc[data.runs["label_distortion_valid_nats"].idxmin()]
        found = sweep.difference(data, best, baseline)
        if found is None:
            return UNDECIDED, f"There is no comparison with the baseline {baseline}."
        low, high = found["difference_low_nats"], found["difference_high_nats"]
        limit = highest(sweep.settings)
        outcome = HOLDS if high < limit else FAILS if low > limit else UNDECIDED
        if outcome == FAILS and len(data.runs) < sweep.settings.runs_min:
            return lacking(runs=len(data.runs))
        return outcome, (
            f"The run of the smallest C on validation ({name_of(best)}, R = "
            f"{best['rate_nats']:.1f} nats) has a C of {found['difference_nats']:+.3f} nats beside "
            f"it, {found['confidence']:.0%} interval {low:+.3f} to {high:+.3f}, on test."
        )

    return decide


def factorised_below_autoregressive(sweep: Sweep) -> Decision:
    """Claim 6: factorised decoders below autoregressive ones at equal rate."""
    data = sweep.results("mnist", "digit")
    if data is None:
        return _NO_MNIST
    settings = sweep.settings
    fronts = {}
    for decoder in ("deconv", "pixelcnn"):
        runs = data.runs[data.runs["decoder"] == decoder]
        if len(runs) < settings.runs_min:
            return lacking(**{f"runs_with_the_{decoder}_decoder": len(runs)})
        fronts[decoder] = best_runs(runs)
    rate, c, error = numbers(fronts["pixelcnn"], *POINT)
    rates, cs, errors = numbers(fronts["deconv"], *POINT)
    gaps = c - at(Curve(rates, cs), rate, flat=True)
    margins = settings.standard_errors * np.hypot(error, np.interp(rate, rates, errors))
    count = int(np.isfinite(gaps).sum())
    if count < settings.runs_min // 2:
        return lacking(rates_at_which_both_decoders_have_runs=count)
    above, below = int((gaps > margins).sum()), int((gaps < -margins).sum())
    evidence = (
        f"At {count} rates of the best autoregressive runs, the best factorised ones have the "
        f"smaller C at {above} and the larger at {below}; the mean difference is "
        f"{np.nanmean(gaps):+.3f} nats."
    )
    needed = settings.as_a_rule_share * count
    if above >= needed:
        return HOLDS, evidence
    return (FAILS if below >= needed else UNDECIDED), evidence
