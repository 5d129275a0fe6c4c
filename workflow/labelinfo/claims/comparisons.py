"""The claims that compare decoders, marginals, and tasks with each other."""

from dataclasses import replace
from functools import reduce

import numpy as np
import pandas as pd

from labelinfo.claims.claim import Claim, Reference, by_reference
from labelinfo.claims.decision import UNDECIDED, Decision, count, lacking, three_way
from labelinfo.claims.errors import gaps_below, seed_note
from labelinfo.claims.evidence import (
    MNIST,
    POINT,
    TASKS,
    Evidence,
    best_runs,
    caveat,
    explorer_address,
    no_runs,
)
from labelinfo.curves import Curve
from labelinfo.tables.lines import numbers
from labelinfo.tables.results import TaskResults

_ARCHITECTURE = ["encoder", "decoder", "marginal"]


def factorised_below_autoregressive(evidence: Evidence) -> Decision:
    """Decide whether factorised decoders have lower C than autoregressive ones at equal rate."""
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
    factorised = Curve(*numbers(fronts["deconv"], *POINT))
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


def _spread_over_marginals(data: TaskResults, standard_errors: float) -> np.ndarray | None:
    """Return the mean of (largest − smallest C over marginals) / H(Y) at equal decoder and rate.

    Its lower and upper bounds follow, (3,): at each rate they are ``standard_errors`` errors of the
    difference of two runs away, which is more than noise alone spreads three equal curves.
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
    bounds = (spread, np.maximum(spread - margin, 0.0), spread + margin)
    return np.array([each.mean() for each in bounds])


def _with_shared_architectures(results: list[TaskResults]) -> list[TaskResults]:
    """Return the results with the runs of those architectures that all of them have.

    An architecture that one task lacks would move the mean of the others.
    """
    names = [pd.MultiIndex.from_frame(data.runs[_ARCHITECTURE]) for data in results]
    shared = reduce(pd.MultiIndex.intersection, names)
    return [
        replace(data, runs=data.runs[index.isin(shared)])
        for data, index in zip(results, names, strict=True)
    ]


def marginal_matters_more(evidence: Evidence) -> Decision:
    """Decide whether marginals differ by more than on MNIST."""
    results = [evidence.results(*pair) for pair in TASKS]
    if all(data is not None for data in results):
        results = _with_shared_architectures(results)
    counts = [0 if data is None else len(data.runs) for data in results]
    if min(counts) < evidence.settings.runs_min:
        names = (f"runs_on_{task}" for _, task in TASKS)
        return lacking(**dict(zip(names, counts, strict=True)))
    spreads = [_spread_over_marginals(data, evidence.settings.standard_errors) for data in results]
    if any(spread is None for spread in spreads):
        return Decision(UNDECIDED, "Some task has no rates at which several marginals have runs.")
    texts = ["{:.1%} ({:.1%} to {:.1%})".format(*each) for each in spreads]
    means, lows, highs = zip(*spreads, strict=True)
    return Decision(
        three_way(min(lows[1:]) > highs[0], max(highs[1:]) < lows[0]),
        "With the architectures that all three tasks have, at equal rate and decoder, C differs "
        f"between marginals by {texts[0]} of H(Y) for digits, "
        f"{texts[1]} for alphabets and {texts[2]} for characters{caveat(results)}."
        f"{seed_note(pd.concat([data.runs for data in results]))}",
        "{:.1%} of H(Y) for digits, {:.1%} and {:.1%} for Omniglot".format(*means),
        explorer_address(results[1]),
    )


def preferences(evidence: Evidence, reference: Reference) -> Decision:
    """Decide whether characters are preferred over alphabets, and much less than digits."""
    settings, name = evidence.settings, reference.score
    results = [evidence.results(*pair) for pair in TASKS]
    found = [None if data is None else evidence.headline(data) for data in results]
    if any(row is None or pd.isna(row[name]) or row["runs"] < settings.runs_min for row in found):
        needed = "A preference score needs more runs on static MNIST and both Omniglot tasks."
        return Decision(UNDECIDED, needed)
    scored = [(row[name], row[f"{name}_low"], row[f"{name}_high"]) for row in found]
    (_, digit_low, digit_high), (_, alphabet_low, alphabet_high), (_, low, high) = scored
    share = settings.much_weaker_share
    named = [(task, *each) for (_, task), each in zip(TASKS, scored, strict=True)]
    scores = ", ".join("{} {:.3f} ({:.3f} to {:.3f})".format(*each) for each in named)
    kinds = ", ".join(dict.fromkeys(data.data_entropy_kind.replace("_", " ") for data in results))
    return Decision(
        three_way(
            low > alphabet_high and high < share * digit_low,
            high < alphabet_low or low > share * digit_high,
        ),
        f"Preference scores, each an upper bound as H(X) is ({kinds}): {scores}{caveat(results)}.",
        "scores: " + ", ".join("{} {:.2f}".format(*each) for each in named),
        explorer_address(results[2]),
    )


FACTORISED_LOWER = Claim(
    6,
    "MNIST: at equal rate, factorised decoders reach lower C than autoregressive ones.",
    lambda s: (
        "The fronts of the factorised and of the autoregressive runs are chosen on validation. At "
        f"{s.as_a_rule_share:.0%} or more of the rates on the autoregressive front, the factorised "
        f"front is lower by over {s.standard_errors:g} standard errors; the claim fails if these "
        f"rates and all undecided ones together are fewer. At least {s.runs_min // 2} rates of the "
        "autoregressive front must be reached by the factorised one."
    ),
    factorised_below_autoregressive,
    on_digits=True,
)
MARGINAL_MATTERS = Claim(
    9,
    "Omniglot: the marginal matters more than on MNIST.",
    lambda s: (
        "The difference of C between marginals at equal rate and decoder, as a share of H(Y), is "
        f"larger for both Omniglot tasks than for digits (at least {s.runs_min} runs each), even "
        f"if each difference is off by {s.standard_errors:g} standard errors; the claim fails if "
        "it is in the same way smaller for both. Only architectures that all three tasks have "
        "count."
    ),
    marginal_matters_more,
)
PREFERENCES = Claim(
    10,
    "Omniglot character: the preference is stronger than for the alphabet, and much weaker than on "
    "MNIST.",
    lambda s: (
        "The interval of the character's preference score lies above the alphabet's interval and "
        f"below {s.much_weaker_share:.0%} of the digits' interval; the claim fails if it lies on "
        "the other side of either."
    ),
    by_reference(preferences),
)
