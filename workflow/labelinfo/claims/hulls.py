"""Numbers of the lower convex hull of a sweep: its preference score and its crossing."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from labelinfo.curves import Curve, crossing_rate, lower_hull
from labelinfo.tables.lines import Level, numbers


@dataclass(frozen=True)
class Preference:
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

    S = 1 − A / (½ H(X) H(Y)), where A is the area under the straight lines that join (0, H(Y)), the
    runs in order of rate, and (H(X), 0). S = 0 where codes keep the label no better than chance, 1
    where all of the label comes with the first bits. Values outside [0, 1] are cut.

    A is linear in the C of the runs, so it is a mean over images, whose standard error comes from
    the images' own contributions. The errors of the rates, propagated to S, are added. Rates and C
    are of the same images, so all may err in the same direction: the **sum** bounds the standard
    error for any correlation, whereas the root of the sum of squares may be too small.
    H(X) and H(Y) are taken as known exactly. S grows with H(X), so with an upper bound in place of
    H(X) it is an **upper** bound on the score.

    Parameters
    ----------
    rates, rate_errors
        R of the runs on the hull and its standard error, (M,), in nats. The runs must be chosen on
        other images than those of ``losses``: see :func:`labelinfo.curves.lower_hull`.
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
    """Return the rate at which the hull's C equals the classifier's plus a tolerance.

    The hull is the lower convex one of the runs and (0, H(Y)), chosen on validation; R and C of its
    runs are of test. A coin toss between two codes reaches every point between them, so the whole
    hull can be reached, and the crossing depends less on the grid of β than the smallest rate of a
    run does.

    The interval inverts two hulls. One has every R and C of a run smaller by z standard errors, the
    other larger; the errors of C hold those of the classifier's in quadrature. It covers errors of
    R and C of any correlation, so it holds as often as stated **or more**.

    Returns
    -------
    tuple
        Rate, lower and upper end in nats. The rate and the lower end are NaN where the hull does
        not come so low; the upper end is infinite where a hull of larger C does not.
    """
    rate, rate_error = numbers(runs, "rate_nats", "rate_nats_se")
    c, error = numbers(runs, "label_distortion_nats", "label_distortion_nats_se")
    choosing = numbers(runs, "rate_valid_nats", "label_distortion_valid_nats")
    kept = lower_hull(*choosing, label_entropy_nats)
    highest = ceiling.mean_nats + tolerance_nats
    margin = z * np.hypot(error[kept], ceiling.standard_error_nats)

    def crossing(side: float) -> float:
        x = np.maximum(rate[kept] + side * z * rate_error[kept], 0.0)
        order = np.argsort(x, kind="stable")
        y = (c[kept] + side * margin)[order]
        curve = Curve(np.append(0.0, x[order]), np.append(label_entropy_nats, y))
        return crossing_rate(curve, highest)

    middle, low, high = crossing(0.0), crossing(-1.0), crossing(1.0)
    return middle, low, float("inf") if np.isnan(high) else high
