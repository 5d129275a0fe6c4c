"""The claims about Omniglot."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from labelinfo import paper
from labelinfo.claims.curves import at
from labelinfo.claims.decision import FAILS, HOLDS, UNDECIDED, Decision, lacking, verdict
from labelinfo.claims.sweep import POINT, Sweep, best_runs, caveat, numbers
from labelinfo.tables.panels import PanelData

_NO_OMNIGLOT = (UNDECIDED, "This experiment has no finished run on Omniglot.")
_TASKS = (("mnist", "digit"), ("omniglot", "alphabet"), ("omniglot", "character"))


def alphabet_near_chance(sweep: Sweep) -> Decision:
    """Claim 7: most alphabets no better than chance, a few at small rates better."""
    data = sweep.results("omniglot", "alphabet")
    if data is None:
        return _NO_OMNIGLOT
    if data.discard is None:
        return UNDECIDED, "The random-discard line is missing."
    settings, nats = sweep.settings, paper.ALPHABET_RATE_NATS
    rate, c, error = numbers(data.runs, *POINT)
    chance = at(data.discard, rate, flat=True)
    known = np.isfinite(chance)
    if known.sum() < settings.runs_min:
        return lacking(runs_with_a_rate_above_0=int(known.sum()))
    around = known & (abs(rate - nats) <= settings.about_share * nats)
    if not around.any():
        return UNDECIDED, f"No run has a rate near {nats:g} nats."
    near = settings.near_line_share * data.label_entropy_nats
    most = int((known & (c > chance - near)).sum())
    few = int((around & (c + settings.standard_errors * error < chance)).sum())
    return (
        verdict(most > settings.many_share * known.sum() and few > 0),
        f"{most} of {known.sum()} runs lie near the random-discard line or to its right; {few} of "
        f"{around.sum()} with R near {nats:g} nats lie below it{caveat([data])}.",
    )


def gaussian_tracks_pca(sweep: Sweep) -> Decision:
    """Claim 8: autoregressive decoder, Gaussian marginal, as good as PCA."""
    settings = sweep.settings
    close, total, seen = 0, 0, []
    for task in ("alphabet", "character"):
        data = sweep.results("omniglot", task)
        if data is None or data.discard is None or "pca" not in data.curves:
            continue
        seen.append(data)
        runs = data.runs[data.runs["decoder"] == "pixelcnn"]
        runs = runs[runs["marginal"] == "gaussian"]
        rate, c, error = numbers(runs, *POINT)
        pca, chance = at(data.curves["pca"], rate), at(data.discard, rate)
        # where chance is as good as PCA, nothing tells which of them a run tracks
        apart = abs(pca - chance) > settings.standard_errors * error
        from_pca = abs(c - pca)
        near = from_pca <= settings.near_line_share * data.label_entropy_nats
        total += int(apart.sum())
        close += int((apart & near & (from_pca < abs(c - chance))).sum())
    if total < settings.runs_min:
        return lacking(such_runs_at_rates_where_PCA_and_chance_differ=total)
    return (
        verdict(close >= settings.as_a_rule_share * total),
        f"{close} of {total} such runs lie within {settings.near_line_share:.0%} of H(Y) of the "
        f"PCA curve and nearer to it than to the random-discard line{caveat(seen)}.",
    )


@dataclass(frozen=True)
class _Spread:
    """How much C differs between marginals, as a share of H(Y), and within which bounds."""

    mean: float
    low: float
    high: float


def _spread_over_marginals(data: PanelData, standard_errors: float) -> _Spread | None:
    """Return the mean of (largest − smallest C over marginals) / H(Y) at equal decoder and rate.

    The bounds are so many standard errors of the difference of two runs away at each rate. The
    largest of three equal curves is above the smallest by their noise alone, on average by less.
    """
    spreads, margins = [], []
    for _, group in data.runs.groupby("decoder"):
        curves = [numbers(best_runs(runs), *POINT) for _, runs in group.groupby("marginal")]
        if len(curves) < 2:
            continue
        low = max(rate[0] for rate, _, _ in curves)
        high = min(rate[-1] for rate, _, _ in curves)
        if high > low:
            grid = np.linspace(low, high, 50)
            cs = np.array([np.interp(grid, rate, c) for rate, c, _ in curves])
            errors = np.array([np.interp(grid, rate, error) for rate, _, error in curves])
            largest, smallest = (
                np.take_along_axis(errors, pick[None], axis=0)[0]
                for pick in (cs.argmax(axis=0), cs.argmin(axis=0))
            )
            spreads.append(np.ptp(cs, axis=0) / data.label_entropy_nats)
            margins.append(standard_errors * np.hypot(largest, smallest) / data.label_entropy_nats)
    if not spreads:
        return None
    spread, margin = np.array(spreads), np.array(margins)
    return _Spread(
        float(spread.mean()),
        float(np.maximum(spread - margin, 0.0).mean()),
        float((spread + margin).mean()),
    )


def marginal_matters_more(sweep: Sweep) -> Decision:
    """Claim 9: marginals differ by more than on MNIST."""
    results = [sweep.results(*pair) for pair in _TASKS]
    if any(data is None or len(data.runs) < sweep.settings.runs_min for data in results):
        counts = {task: 0 if data is None else len(data.runs)
                  for (_, task), data in zip(_TASKS, results, strict=True)}  # fmt: skip
        return lacking(**{f"runs_on_{task}": count for task, count in counts.items()})
    spreads = [_spread_over_marginals(data, sweep.settings.standard_errors) for data in results]
    if None in spreads:
        return UNDECIDED, "Some task has no rates at which several marginals have runs."
    digit, *others = spreads
    told = [f"{each.mean:.1%} ({each.low:.1%} to {each.high:.1%})" for each in spreads]
    evidence = (
        f"At equal rate and decoder, C differs between marginals by {told[0]} of H(Y) for digits, "
        f"{told[1]} for alphabets and {told[2]} for characters{caveat(results)}."
    )
    if min(each.low for each in others) > digit.high:
        return HOLDS, evidence
    return (FAILS if max(each.high for each in others) < digit.low else UNDECIDED), evidence


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
    share = sweep.settings.much_weaker_share
    weaker = character["preference_score_high"] < share * digit["preference_score_low"]
    not_above = character["preference_score_high"] < alphabet["preference_score_low"]
    not_weaker = character["preference_score_low"] > share * digit["preference_score_high"]
    evidence += f"{caveat(results)}."
    if above and weaker:
        return HOLDS, evidence
    return (FAILS if not_above or not_weaker else UNDECIDED), evidence
