"""The claims that compare runs with lines: random discarding and principal components."""

import numpy as np
import pandas as pd

from labelinfo import paper
from labelinfo.claims.claim import Claim, Reference, by_reference
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
from labelinfo.claims.evidence import MNIST, POINT, Evidence, caveat, explorer_address, no_runs
from labelinfo.curves import Curve, interpolate
from labelinfo.tables.lines import numbers
from labelinfo.tables.results import TaskResults


def below_both_lines(evidence: Evidence, reference: Reference) -> Decision:
    """Decide whether many runs lie below both lines, and one has small C at small R."""
    data = evidence.results("mnist", "digit")
    if data is None:
        return no_runs(evidence, MNIST)
    chance = reference.of(data)
    if chance is None or data.pca_hull is None:
        missing = "The random-discard line or the PCA hull is missing."
        return Decision(UNDECIDED, missing, runs=explorer_address(data))
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
    # a larger C at much smaller rates does not refute the claim
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


def alphabet_near_chance(evidence: Evidence, reference: Reference) -> Decision:
    """Decide whether most runs are no better than chance, and the best near 10 nats is."""
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
    rate, c = numbers(runs, "rate_valid_nats", "label_distortion_valid_nats")
    around = abs(rate - nats) <= settings.about_share * nats
    if not around.any():
        return Decision(UNDECIDED, f"No run has a rate near {nats:g} nats.")
    # of many runs some lie below by chance, so one is chosen on validation and judged on test
    ahead = interpolate(chance, rate, flat=True) - c
    lowest = int(np.where(around, ahead, -np.inf).argmax())
    few = three_way(gaps[lowest] > margins[lowest], (gaps < -margins)[around].all())
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
    """Decide whether runs with pixelcnn decoder and Gaussian marginal are as good as PCA."""
    settings = evidence.settings
    results = [evidence.results("omniglot", task) for task in ("alphabet", "character")]
    seen = [data for data in results if data and reference.of(data) and data.pca_hull]
    parts = [_tracking(data, reference.of(data), evidence) for data in seen]
    found = count(*np.hstack([np.empty((2, 0), dtype=bool), *parts]))
    total = found.total
    if total < settings.runs_min:
        return lacking(such_runs_at_rates_where_PCA_and_chance_differ=total)
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
    # where chance is as good as PCA, a run cannot track one and not the other
    distinct = abs(between) > settings.standard_errors * np.hypot(error, chance_error)
    from_pca, between = from_pca[distinct], between[distinct]
    margin = settings.standard_errors * np.fmax(error, chance_error)[distinct]
    near = settings.near_line_share * data.label_entropy_nats
    # how much nearer PCA is than chance: from the middle between both, towards PCA
    nearer = np.sign(between) * from_pca + abs(between) / 2
    tracks = (abs(from_pca) + margin <= near) & (nearer > margin)
    strays = (abs(from_pca) - margin > near) | (nearer < -margin)
    return tracks, strays


MANY_BELOW = Claim(
    1,
    "MNIST: many runs beat every baseline of bounded rate and reach small C at small R.",
    lambda s: (
        f"At least {s.runs_min} runs must have rates within those of the PCA hull. Of these, "
        f"{s.many_share:.0%} or more lie over {s.standard_errors:g} standard errors below both the "
        "random-discard line and the lower convex hull of all PCA points; the claim fails if they "
        "and all undecided runs together are fewer. In addition, the run with R ≤ H(X)/4 that is "
        f"best on validation has 1 − C / H(Y) ≥ {s.nearly_all_share:g}, even if C is "
        f"{s.standard_errors:g} standard errors larger."
    ),
    by_reference(below_both_lines),
    on_digits=True,
)
ALPHABET_NEAR_CHANCE = Claim(
    7,
    "Omniglot alphabet: most runs are near or to the right of the random-discard line; a few near "
    "R ≈ 10 nats lie below it.",
    lambda s: (
        f"Of at least {s.runs_min} runs, more than {s.many_share:.0%} have C above the line less "
        f"{s.near_line_share:.0%} of H(Y). Validation picks the run furthest below the line among "
        f"those with R within {s.about_share:.0%} of 10 nats; it lies below the line on test. Both "
        f"hold by over {s.standard_errors:g} standard errors. The claim fails if the runs of the "
        f"first part and all undecided ones together are not more than {s.many_share:.0%}, or if "
        "every run near 10 nats lies above the line."
    ),
    by_reference(alphabet_near_chance),
)
GAUSSIAN_TRACKS_PCA = Claim(
    8,
    "Omniglot: autoregressive decoders with the fixed Gaussian marginal track the randomised-PCA "
    "curve.",
    lambda s: (
        f"At least {s.runs_min} such runs must have rates at which the PCA hull and random "
        f"discarding are over {s.standard_errors:g} standard errors apart. Of these, "
        f"{s.as_a_rule_share:.0%} or more have a C within {s.near_line_share:.0%} of H(Y) of the "
        "hull and nearer to it than to the random-discard line, both by over "
        f"{s.standard_errors:g} standard errors; the claim fails if they and all undecided runs "
        "together are fewer."
    ),
    by_reference(gaussian_tracks_pca),
)
