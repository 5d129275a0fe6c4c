"""Numbers of the lower convex hull of a sweep: its preference score and its crossing."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from labelinfo.curves import Curve, crossing_rate, lower_hull
from labelinfo.tables.lines import Level, numbers


class Preference(NamedTuple):
    """The preference score and an upper bound on its standard error."""

    score: float
    standard_error: float


def preference(
    rates: np.ndarray,
    losses: np.ndarray,
    *,
    rate_errors: np.ndarray,
    label_entropy: float,
    data_entropy: float,
) -> Preference:
    """Return the area between the random-discard line and the runs' hull, as a share of all.

    S = 1 − A / (½ H(X) H(Y)), cut to [0, 1], where A is the area under the straight lines that join
    (0, H(Y)), the runs in order of rate, and (H(X), 0). S is an **upper** bound if H(X) is one.

    A is linear in C, so it is a mean over images with their standard error. Rates and C are of the
    same images: the **sum** of their errors bounds the standard error for any correlation. H(X) and
    H(Y) are taken as known exactly.

    Parameters
    ----------
    rates, rate_errors
        R of the runs on the hull and its standard error, (M,), in nats; the runs must be chosen on
        other images than those of ``losses``.
    losses
        (M, N), their losses on N test images, in nats.
    label_entropy, data_entropy
        H(Y) and H(X) in nats.
    """
    order = np.argsort(rates, kind="stable")
    x = np.concatenate([[0.0], rates[order], [data_entropy]])
    means = losses.mean(axis=1) if len(losses) else np.empty(0)
    y = np.concatenate([[label_entropy], means[order], [0.0]])
    triangle = 0.5 * data_entropy * label_entropy
    # dA/dC of a point between the ends is half the distance between its neighbours
    weights = 0.5 * (x[2:] - x[:-2])
    slopes = 0.5 * (y[:-2] - y[2:])
    error = float(np.abs(slopes) @ rate_errors[order])
    if len(losses):
        contributions = weights @ losses[order]
        error += float(contributions.std(ddof=1) / np.sqrt(losses.shape[1]))
    score = 1 - float(np.trapezoid(y, x)) / triangle
    return Preference(min(1.0, max(0.0, score)), error / triangle)


def hull_crossing(
    runs: pd.DataFrame,
    ceiling: Level,
    *,
    label_entropy_nats: float,
    tolerance_nats: float,
    z: float,
) -> tuple[float, float, float]:
    """Return the rate at which the hull's C equals the classifier's plus a tolerance, in nats.

    The hull of the runs and (0, H(Y)) is chosen on validation; its R and C are of test. The
    interval inverts two hulls: every R and C smaller by z standard errors, and larger. The errors
    of C include the classifier's in quadrature. It holds as often as stated **or more**, for any
    correlation.

    Returns
    -------
    tuple
        Rate, lower and upper end in nats. NaN, and infinite for the upper end, where the hull's C
        does not come so low.
    """
    rate, rate_error = numbers(runs, "rate_nats", "rate_nats_se")
    c, error = numbers(runs, "label_distortion_nats", "label_distortion_nats_se")
    choosing = numbers(runs, "rate_valid_nats", "label_distortion_valid_nats")
    kept = lower_hull(*choosing, label_entropy_nats)
    margin = z * np.hypot(error[kept], ceiling.standard_error_nats)

    def crossing(side: float) -> float:
        x = np.maximum(rate[kept] + side * z * rate_error[kept], 0.0)
        order = np.argsort(x, kind="stable")
        y = (c[kept] + side * margin)[order]
        curve = Curve(np.append(0.0, x[order]), np.append(label_entropy_nats, y))
        return crossing_rate(curve, ceiling.mean_nats + tolerance_nats)

    high = crossing(1.0)
    return crossing(0.0), crossing(-1.0), float("inf") if np.isnan(high) else high
