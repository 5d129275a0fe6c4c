"""The claims about Omniglot."""

import numpy as np
import pandas as pd

from labelinfo import paper
from labelinfo.claims.curves import at
from labelinfo.claims.decision import FAILS, HOLDS, UNDECIDED, Decision, lacking, verdict
from labelinfo.claims.sweep import Sweep, best_curve, caveat, numbers
from labelinfo.tables.panels import PanelData

NEAR_SHARE = 0.1  # of H(Y): what counts as near a line (ours)

_NO_OMNIGLOT = (UNDECIDED, "This experiment has no finished run on Omniglot.")
_TASKS = (("mnist", "digit"), ("omniglot", "alphabet"), ("omniglot", "character"))


def alphabet_near_chance(sweep: Sweep) -> Decision:
    """Claim 7: most alphabets no better than chance, a few at small rates better."""
    data = sweep.results("omniglot", "alphabet")
    if data is None:
        return _NO_OMNIGLOT
    if data.discard is None:
        return UNDECIDED, "The random-discard line is missing."
    settings = sweep.settings
    rate, c, error = numbers(
        data.runs, "rate_nats", "label_distortion_nats", "label_distortion_nats_se"
    )
    chance = at(data.discard, rate, flat=True)
    known = np.isfinite(chance)
    if known.sum() < settings.runs_min:
        return lacking(runs_with_a_rate_above_0=int(known.sum()))
    near = NEAR_SHARE * data.label_entropy_nats
    most = int((known & (c > chance - near)).sum())
    around = abs(rate - paper.ALPHABET_RATE_NATS) <= 0.5 * paper.ALPHABET_RATE_NATS
    few = int((known & around & (c + settings.standard_errors * error < chance)).sum())
    return (
        verdict(2 * most > known.sum() and few > 0),
        f"{most} of {known.sum()} runs lie near the random-discard line or to its right; {few} "
        f"with R from 5 to 15 nats lie below it{caveat([data])}.",
    )


def gaussian_tracks_pca(sweep: Sweep) -> Decision:
    """Claim 8: autoregressive decoder, Gaussian marginal, as good as PCA."""
    close, total, seen = 0, 0, []
    for task in ("alphabet", "character"):
        data = sweep.results("omniglot", task)
        if data is None or "pca" not in data.curves:
            continue
        seen.append(data)
        runs = data.runs[data.runs["decoder"] == "pixelcnn"]
        runs = runs[runs["marginal"] == "gaussian"]
        rate, c = numbers(runs, "rate_nats", "label_distortion_nats")
        pca = at(data.curves["pca"], rate)
        total += int(np.isfinite(pca).sum())
        close += int((abs(c - pca) <= NEAR_SHARE * data.label_entropy_nats).sum())
    if total < sweep.settings.runs_min:
        return lacking(such_runs_within_the_rates_of_the_PCA_curves=total)
    return (
        verdict(4 * close >= 3 * total),
        f"{close} of {total} such runs lie within {NEAR_SHARE:.0%} of H(Y) of the PCA curve"
        f"{caveat(seen)}.",
    )


def _spread_over_marginals(data: PanelData) -> float | None:
    """Return the mean of (largest − smallest C over marginals) / H(Y) at equal decoder and rate."""
    spreads = []
    for _, group in data.runs.groupby("decoder"):
        curves = [best_curve(runs) for _, runs in group.groupby("marginal")]
        if len(curves) < 2:
            continue
        low = max(curve.rate_nats[0] for curve in curves)
        high = min(curve.rate_nats[-1] for curve in curves)
        if high > low:
            values = [at(curve, np.linspace(low, high, 50)) for curve in curves]
            spreads.append(float(np.mean(np.ptp(values, axis=0))) / data.label_entropy_nats)
    return float(np.mean(spreads)) if spreads else None


def marginal_matters_more(sweep: Sweep) -> Decision:
    """Claim 9: marginals differ by more than on MNIST."""
    results = [sweep.results(*pair) for pair in _TASKS]
    if any(data is None or len(data.runs) < sweep.settings.runs_min for data in results):
        counts = {task: 0 if data is None else len(data.runs)
                  for (_, task), data in zip(_TASKS, results, strict=True)}  # fmt: skip
        return lacking(**{f"runs_on_{task}": count for task, count in counts.items()})
    spreads = [_spread_over_marginals(data) for data in results]
    if None in spreads:
        return UNDECIDED, "Some task has no rates at which several marginals have runs."
    digit, *others = spreads
    evidence = (
        f"At equal rate and decoder, C differs between marginals by {digit:.1%} of H(Y) for "
        f"digits, {others[0]:.1%} for alphabets and {others[1]:.1%} for characters"
        f"{caveat(results)}."
    )
    if min(others) > digit:
        return HOLDS, evidence
    return (FAILS if max(others) <= digit else UNDECIDED), evidence


def preferences(sweep: Sweep) -> Decision:
    """Claim 10: characters preferred over alphabets, and less than digits."""
    results = [sweep.results(*pair) for pair in _TASKS]
    found = [None if data is None else sweep.headline(data) for data in results]
    if any(
        row is None or pd.isna(row["preference_score"]) or row["runs"] < sweep.settings.runs_min
        for row in found
    ):
        return (
            UNDECIDED,
            "A preference score needs more runs on static MNIST and both Omniglot tasks.",
        )
    digit, alphabet, character = found
    evidence = "Preference scores: " + ", ".join(
        f"{task} {row['preference_score']:.3f} ({row['preference_score_low']:.3f} to "
        f"{row['preference_score_high']:.3f})"
        for (_, task), row in zip(_TASKS, found, strict=True)
    )
    above = character["preference_score_low"] > alphabet["preference_score_high"]
    weaker = character["preference_score_high"] < 0.5 * digit["preference_score_low"]
    not_above = character["preference_score_high"] < alphabet["preference_score_low"]
    not_weaker = character["preference_score_low"] > 0.5 * digit["preference_score_high"]
    evidence += f"{caveat(results)}."
    if above and weaker:
        return HOLDS, evidence
    return (FAILS if not_above or not_weaker else UNDECIDED), evidence
