"""Label distortion as a function of rate: fronts, hulls, and the area below chance."""

from dataclasses import dataclass

import numpy as np

from labelinfo.tables.panels import Curve


def front(rates: np.ndarray, distortions: np.ndarray) -> np.ndarray:
    """Return the points that no other beats in both R and C, as indices in order of rate.

    Of two points of equal rate the one of smaller C remains.
    """
    order = np.lexsort((distortions, rates))
    best, kept = np.inf, []
    for index in order:
        if distortions[index] < best:
            best = distortions[index]
            kept.append(int(index))
    return np.array(kept, dtype=int)


def at(curve: Curve, rates: np.ndarray, *, flat: bool = False) -> np.ndarray:
    """Return C at some rates by straight lines between the curve's points, NaN outside.

    ``flat`` continues the last point to larger rates, as a code of a smaller rate can be used there
    too.
    """
    if len(curve.rate_nats) == 0:
        return np.full(np.shape(rates), np.nan)
    right = curve.label_distortion_nats[-1] if flat else np.nan
    return np.interp(rates, curve.rate_nats, curve.label_distortion_nats, left=np.nan, right=right)


def lower_hull(
    rates: np.ndarray, distortions: np.ndarray, *, label_entropy: float, data_entropy: float
) -> np.ndarray:
    """Return the points on the lower convex hull of the runs and both ends of random discarding.

    Between two codes one can take one or the other by the toss of a coin, so all on the hull can be
    had; the ends are (0, H(Y)) and (H(X), 0), as on the random-discard line. Points with R outside
    (0, H(X)) cannot be on it.

    Returns
    -------
    ndarray
        Indices of runs in order of rate, without the ends.
    """
    ends = [(0.0, label_entropy, -1)]
    inside = [
        (float(rate), float(distortion), index)
        for index, (rate, distortion) in enumerate(zip(rates, distortions, strict=True))
        if 0 < rate < data_entropy and distortion < label_entropy
    ]
    points = [*ends, *sorted(inside), (float(data_entropy), 0.0, -1)]
    hull: list[tuple[float, float, int]] = []
    for point in points:
        while len(hull) > 1 and _turn(hull[-2], hull[-1], point) <= 0:
            hull.pop()
        hull.append(point)
    return np.array([index for _, _, index in hull if index >= 0], dtype=int)


def _turn(a: tuple, b: tuple, c: tuple) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


@dataclass(frozen=True)
class Preference:
    """The preference score and what its standard error is at most."""

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
    the images' own contributions. To it is added what the standard errors of the rates make. All of
    them are of the same images, so they may err in the same direction, each with the others and
    with C: the **sum** bounds the standard error whatever their correlations, where a root of the
    sum of squares would be too small. H(X) and H(Y) are taken as known exactly.

    Parameters
    ----------
    rates, rate_errors
        R of the runs on the hull and its standard error, (M,), in nats. **Which** runs these are
        has to come from other images than ``losses``: see :func:`lower_hull`.
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
    # of each point between the ends: dA/dC is half the way from its left neighbour to its right one
    weights = 0.5 * (x[2:] - x[:-2])
    slopes = 0.5 * (y[:-2] - y[2:])
    error = float(np.abs(slopes) @ rate_errors[order])
    if len(losses):
        contributions = weights @ losses[order]
        error += float(contributions.std(ddof=1) / np.sqrt(losses.shape[1]))
    score = 1 - float(np.trapezoid(y, x)) / triangle
    return Preference(min(1.0, max(0.0, score)), error / triangle)
