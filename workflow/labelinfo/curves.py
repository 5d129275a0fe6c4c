"""Label distortion C as a function of rate R: interpolation, Pareto fronts and convex hulls."""

from dataclasses import dataclass, field

import numpy as np

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """Points of C against R in nats, (P,) each, sorted by rate.

    The standard errors of C, (P,), are empty if C is exact.
    """

    rate_nats: np.ndarray
    label_distortion_nats: np.ndarray
    label_distortion_nats_se: np.ndarray = field(default_factory=lambda: np.empty(0))


def interpolate(curve: Curve, rates: np.ndarray, *, flat: bool = False) -> np.ndarray:
    """Return C at some rates by linear interpolation between the curve's points, NaN outside.

    ``flat`` extends the last point to larger rates, because a code of smaller rate is also allowed
    there.

    >>> line = Curve(np.array([0.0, 10.0]), np.array([2.0, 1.0]))
    >>> interpolate(line, np.array([5.0, 20.0])), interpolate(line, np.array([20.0]), flat=True)
    (array([1.5, nan]), array([1.]))
    """
    if len(curve.rate_nats) == 0:
        return np.full(np.shape(rates), np.nan)
    right = curve.label_distortion_nats[-1] if flat else np.nan
    return np.interp(rates, curve.rate_nats, curve.label_distortion_nats, left=np.nan, right=right)


def interpolate_error(curve: Curve, rates: np.ndarray) -> np.ndarray:
    """Return an **upper** bound on the standard error of :func:`interpolate`.

    Between two points it is the mean of their errors, with the weights of the interpolation. This
    is a bound for any correlation of the two C, which are measured on the same images.

    >>> line = Curve(np.array([0.0, 10.0]), np.array([2.0, 1.0]), np.array([0.0, 0.2]))
    >>> interpolate_error(line, np.array([5.0]))
    array([0.1])
    """
    if len(curve.label_distortion_nats_se) == 0:
        return np.zeros(np.shape(rates))
    return np.interp(rates, curve.rate_nats, curve.label_distortion_nats_se)


def pareto_front(rates: np.ndarray, distortions: np.ndarray) -> np.ndarray:
    """Return the indices of the points that no other beats in both R and C, in order of rate.

    Of two points with equal rate, the point of smaller C remains.

    The point (2, 0.9) has a larger rate and a larger C than (1, 0.5):

    >>> pareto_front(np.array([3.0, 2.0, 1.0]), np.array([0.1, 0.9, 0.5]))
    array([2, 0])
    """
    order = np.lexsort((distortions, rates))
    best, kept = np.inf, []
    for index in order:
        if distortions[index] < best:
            best = distortions[index]
            kept.append(int(index))
    return np.array(kept, dtype=int)


def lower_hull(
    rates: np.ndarray, distortions: np.ndarray, label_entropy: float, end: Point | None = None
) -> np.ndarray:
    """Return the points on the lower convex hull of C against R that begins at (0, H(Y)).

    Choosing one of two codes at random reaches every point between them, so the whole hull is
    achievable. A code of rate 0 has C = H(Y), so points with R ≤ 0 or C ≥ H(Y) cannot be on it.

    The hull ends at a last point ``end`` (R, C), such as (H(X), 0), beyond which points are
    ignored, or else at the smallest C. Returns the indices of the other points in order of rate.

    The point (2, 0.9) is above the line from (0, 1) to (4, 0.2), so mixing those two is better:

    >>> lower_hull(np.array([2.0, 4.0]), np.array([0.9, 0.2]), label_entropy=1.0)
    array([1])
    """
    last = np.inf if end is None else end[0]
    inside = [
        (float(rate), float(distortion), index)
        for index, (rate, distortion) in enumerate(zip(rates, distortions, strict=True))
        if 0 < rate < last and distortion < label_entropy
    ]
    points = [(0.0, float(label_entropy), -1), *sorted(inside)]
    points += [] if end is None else [(float(end[0]), float(end[1]), -1)]
    hull: list[tuple[float, float, int]] = []
    for point in points:
        while len(hull) > 1 and _turn(hull[-2], hull[-1], point) <= 0:
            hull.pop()
        hull.append(point)
    if end is None:
        smallest = min(range(len(hull)), key=lambda place: hull[place][1])
        hull = hull[: smallest + 1]
    return np.array([index for _, _, index in hull if index >= 0], dtype=int)


def _turn(a: tuple, b: tuple, c: tuple) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def crossing_rate(curve: Curve, highest: float) -> float:
    """Return the smallest rate at which C falls to ``highest``, or NaN.

    C is interpolated linearly between the curve's points.

    >>> crossing_rate(Curve(np.array([0.0, 10.0]), np.array([2.0, 1.0])), highest=1.25)
    7.5
    """
    rate, c = curve.rate_nats, curve.label_distortion_nats
    low = np.flatnonzero(c <= highest)
    if not len(low):
        return float("nan")
    first = low[0]
    if first == 0:
        return float(rate[0])
    share = (c[first - 1] - highest) / (c[first - 1] - c[first])
    return float(rate[first - 1] + share * (rate[first] - rate[first - 1]))
