"""The rate at which the hull of a sweep comes within a tolerance of the image classifier."""

import numpy as np
import pandas as pd

from labelinfo.curves import Curve, crossing_rate, lower_hull
from labelinfo.tables.results import Level


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
    runs are of test. Between two runs one can take one or the other by the toss of a coin, so all
    on the hull can be reached, and the crossing does not hang on the grid of β as the smallest rate
    of a run does.

    The interval inverts two hulls. One has every R and C of a run smaller by z standard errors, the
    other larger; the errors of C hold those of the classifier's in quadrature. It covers errors of
    R and C of any correlation, so it holds as often as stated **or more**.

    Returns
    -------
    tuple
        Rate, lower and upper end in nats. The rate and the lower end are NaN where the hull does
        not come so low; the upper end is infinite where a hull of larger C does not.
    """
    rate, rate_error, rate_valid, c, error, valid = (
        runs[name].to_numpy(dtype=float)
        for name in (
            "rate_nats",
            "rate_nats_se",
            "rate_valid_nats",
            "label_distortion_nats",
            "label_distortion_nats_se",
            "label_distortion_valid_nats",
        )
    )
    kept = lower_hull(rate_valid, valid, label_entropy_nats)
    highest = ceiling.mean_nats + tolerance_nats
    margin = z * np.hypot(error[kept], ceiling.standard_error_nats)

    def crossing(side: float) -> float:
        x = np.maximum(rate[kept] + side * z * rate_error[kept], 0.0)
        order = np.argsort(x, kind="stable")
        points = (x[order], (c[kept] + side * margin)[order])
        start = (0.0, label_entropy_nats)
        curve = Curve(
            *(np.insert(part, 0, first) for part, first in zip(points, start, strict=True))
        )
        return crossing_rate(curve, highest)

    middle, low, high = crossing(0.0), crossing(-1.0), crossing(1.0)
    return middle, low, float("inf") if np.isnan(high) else high
