"""The claims about Omniglot."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from labelinfo import paper
from labelinfo.claims.decision import (
    UNDECIDED,
    Decision,
    above_or_below,
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
    caveat,
    explorer_address,
    no_runs,
    numbers,
)
from labelinfo.claims.reference import Reference
from labelinfo.curves import Curve, interpolate
from labelinfo.tables.results import TaskResults

_TASKS = (("mnist", "digit"), ("omniglot", "alphabet"), ("omniglot", "character"))


def alphabet_near_chance(evidence: Evidence, reference: Reference) -> Decision:
    """Claim 7: most alphabets no better than chance, a few at small rates better."""
    data = evidence.results("omniglot", "alphabet")
    if data is None:
        return no_runs(evidence, "Omniglot")
    chance = reference.of(data)
    if chance is None:
        return Decision(UNDECIDED, "The random-discard line is missing.")
    settings, nats = evidence.settings, paper.ALPHABET_RATE_NATS
    runs = data.runs
    if len(runs) < settings.runs_min:
        return lacking(runs=len(runs))
    gaps, errors = gaps_below(chance, runs, flat=True)
    margins = settings.standard_errors * errors
    near = settings.near_line_share * data.label_entropy_nats
    most = count(gaps + margins < near, gaps - margins > near)
    around = (abs(runs["rate_valid_nats"] - nats) <= settings.about_share * nats).to_numpy()
    if not around.any():
        return Decision(UNDECIDED, f"No run has a rate near {nats:g} nats.")
    # of many runs some lie below by chance, so one is chosen on validation and judged on test
    rate, c = numbers(runs, "rate_valid_nats", "label_distortion_valid_nats")
    ahead = interpolate(chance, rate, flat=True) - c
    lowest = int(np.where(around, ahead, -np.inf).argmax())
    above = (gaps < -margins)[around].all()
    few = three_way(gaps[lowest] > margins[lowest], bool(above))
    return Decision(
        all_of([most.more_than(settings.many_share), few]),
        f"Of {most.total} runs, {most.so} lie near the random-discard line or to its right, "
        f"{most.not_so} far below it, {most.undecided} are undecided; of {around.sum()} with R "
        f"near {nats:g} nats, the lowest on validation lies {above_or_below(-gaps[lowest])} it, ± "
        f"{errors[lowest]:.3f} nats{caveat([data])}.{seed_note(runs)}",
        f"{most.so} of {most.total} runs lie near the line or to its right",
        explorer_address(data),
    )


def gaussian_tracks_pca(evidence: Evidence, reference: Reference) -> Decision:
    """Claim 8: autoregressive decoder, Gaussian marginal, as good as PCA."""
    settings = evidence.settings
    tracks, strays, seen = [], [], []
    for task in ("alphabet", "character"):
        data = evidence.results("omniglot", task)
        if data is None or reference.of(data) is None or data.pca_hull is None:
            continue
        seen.append(data)
        found = _tracking(data, reference.of(data), evidence)
        tracks.append(found[0])
        strays.append(found[1])
    total = sum(map(len, tracks))
    if total < settings.runs_min:
        return lacking(such_runs_at_rates_where_PCA_and_chance_differ=total)
    found = count(np.concatenate(tracks), np.concatenate(strays))
    return Decision(
        found.at_least(settings.as_a_rule_share),
        f"Of {total} such runs, {found.so} lie within {settings.near_line_share:.0%} of H(Y) of "
        f"the PCA hull and nearer to it than to the random-discard line, {found.not_so} do not, "
        f"{found.undecided} are undecided{caveat(seen)}."
        f"{seed_note(pd.concat([data.runs for data in seen]))}",
        f"{found.so} of {total} runs track the PCA hull",
        explorer_address(seen[0], decoder="pixelcnn", marginal="gaussian"),
    )


def _tracking(
    data: TaskResults, chance: Curve, evidence: Evidence
) -> tuple[np.ndarray, np.ndarray]:
    """Return which runs track the PCA hull and which do not, where PCA differs from chance."""
    settings = evidence.settings
    runs = data.runs[(data.runs["decoder"] == "pixelcnn") & (data.runs["marginal"] == "gaussian")]
    from_pca, error = gaps_below(data.pca_hull, runs)
    from_chance, chance_error = gaps_below(chance, runs, flat=True)
    between = from_chance - from_pca
    # where chance is as good as PCA, nothing tells which of them a run tracks
    distinct = abs(between) > settings.standard_errors * np.hypot(error, chance_error)
    from_pca, between = from_pca[distinct], between[distinct]
    margin = settings.standard_errors * np.fmax(error, chance_error)[distinct]
    near = settings.near_line_share * data.label_entropy_nats
    # how much nearer PCA is than chance: from the middle between both, towards PCA
    nearer = np.sign(between) * from_pca + abs(between) / 2
    tracks = (abs(from_pca) + margin <= near) & (nearer > margin)
    strays = (abs(from_pca) - margin > near) | (nearer < -margin)
    return tracks, strays


@dataclass(frozen=True)
class _Spread:
    """How much C differs between marginals, as a share of H(Y), and within which bounds."""

    mean: float
    low: float
    high: float


def _spread_over_marginals(data: TaskResults, standard_errors: float) -> _Spread | None:
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


def marginal_matters_more(evidence: Evidence) -> Decision:
    """Claim 9: marginals differ by more than on MNIST."""
    results = [evidence.results(*pair) for pair in _TASKS]
    if any(data is None or len(data.runs) < evidence.settings.runs_min for data in results):
        counts = {task: 0 if data is None else len(data.runs)
                  for (_, task), data in zip(_TASKS, results, strict=True)}  # fmt: skip
        return lacking(**{f"runs_on_{task}": number for task, number in counts.items()})
    spreads = [_spread_over_marginals(data, evidence.settings.standard_errors) for data in results]
    if None in spreads:
        return Decision(UNDECIDED, "Some task has no rates at which several marginals have runs.")
    digit, *others = spreads
    texts = [f"{each.mean:.1%} ({each.low:.1%} to {each.high:.1%})" for each in spreads]
    outcome = three_way(
        min(each.low for each in others) > digit.high,
        max(each.high for each in others) < digit.low,
    )
    return Decision(
        outcome,
        f"At equal rate and decoder, C differs between marginals by {texts[0]} of H(Y) for digits, "
        f"{texts[1]} for alphabets and {texts[2]} for characters{caveat(results)}."
        f"{seed_note(pd.concat([data.runs for data in results]))}",
        f"{digit.mean:.1%} of H(Y) for digits, {others[0].mean:.1%} and {others[1].mean:.1%} for "
        "Omniglot",
        explorer_address(results[1]),
    )


def preferences(evidence: Evidence, reference: Reference) -> Decision:
    """Claim 10: characters preferred over alphabets, and less than digits."""
    settings, name = evidence.settings, reference.score
    results = [evidence.results(*pair) for pair in _TASKS]
    found = [None if data is None else evidence.headline(data) for data in results]
    if any(row is None or pd.isna(row[name]) or row["runs"] < settings.runs_min for row in found):
        return Decision(
            UNDECIDED,
            "A preference score needs more runs on static MNIST and both Omniglot tasks.",
        )
    (digit_low, digit_high), (_, alphabet_high), (low, high) = (
        (row[f"{name}_low"], row[f"{name}_high"]) for row in found
    )
    alphabet_low = found[1][f"{name}_low"]
    share = settings.much_weaker_share
    outcome = three_way(
        low > alphabet_high and high < share * digit_low,
        high < alphabet_low or low > share * digit_high,
    )
    scores = ", ".join(
        f"{task} {row[name]:.3f} ({row[f'{name}_low']:.3f} to {row[f'{name}_high']:.3f})"
        for (_, task), row in zip(_TASKS, found, strict=True)
    )
    kinds = ", ".join(dict.fromkeys(data.data_entropy_kind.replace("_", " ") for data in results))
    return Decision(
        outcome,
        f"Preference scores, each an upper bound as H(X) is ({kinds}): {scores}{caveat(results)}.",
        "scores: "
        + ", ".join(
            f"{task} {row[name]:.2f}" for (_, task), row in zip(_TASKS, found, strict=True)
        ),
        explorer_address(results[2]),
    )
