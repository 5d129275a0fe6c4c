"""The best number of principal components, by a criterion on the validation split."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from labelinfo.baselines.rate_axes import AXES


def area_under_curve_nats2(
    rates: np.ndarray, distortions: np.ndarray, entropy: float, rate_max: float
) -> float:
    """Return the area under C against R from 0 to ``rate_max``, in nats²: the criterion for k.

    The curve starts at (0, H(Y)) and joins the measured points by straight lines in order of rate.
    It is flat beyond the last point, because a code of smaller rate is also allowed there. So all k
    are compared over the same range, although their points cover different ranges. R, C, H(Y) and
    ``rate_max`` are in nats; C and H(Y) are of the same split.
    """
    order = np.argsort(rates)
    x = np.concatenate([[0.0], rates[order]])
    y = np.concatenate([[entropy], distortions[order]])
    inside = x < rate_max
    x_end = np.append(x[inside], rate_max)
    y_end = np.append(y[inside], np.interp(rate_max, x, y))
    return float(np.trapezoid(y_end, x_end))


@dataclass(frozen=True)
class Areas:
    """Areas under the curves of all k, and their excess over the best k, in nats²."""

    area: dict[int, float]
    excess: dict[int, float]
    standard_error: dict[int, float]

    @property
    def best(self) -> int:
        """The k of the smallest area."""
        return min(self.area, key=self.area.__getitem__)


def compare_areas(
    table: pd.DataFrame, valid_losses: np.ndarray, entropy: float, rate_max: float
) -> Areas:
    """Compare all k by the area A_k under C against R up to ``rate_max``, on validation.

    A_k is linear in the C of its points, so it is a mean over images of a_ki = Σ_j w_kj ℓ_kji, and
    the excess A_k − A_best has the standard error s/√N of the paired differences a_ki − a_best,i.
    The common difficulty of an image cancels. The error does not cover that the same images chose
    the best k.
    """
    areas: dict[int, float] = {}
    contributions: dict[int, np.ndarray] = {}
    for k, group in table.groupby("k"):
        rates = group["rate_nats"].to_numpy()
        distortions = group["label_distortion_valid_nats"].to_numpy()
        areas[k] = area_under_curve_nats2(rates, distortions, entropy, rate_max)
        units = np.eye(len(rates))
        weights = [area_under_curve_nats2(rates, unit, 0.0, rate_max) for unit in units]
        contributions[k] = np.array(weights) @ valid_losses[(table["k"] == k).to_numpy()]
    best = min(areas, key=areas.__getitem__)
    root = np.sqrt(valid_losses.shape[1])
    return Areas(
        area=areas,
        excess={k: area - areas[best] for k, area in areas.items()},
        standard_error={
            k: float((each - contributions[best]).std(ddof=1) / root)
            for k, each in contributions.items()
        },
    )


def flat_dimensions(table: pd.DataFrame, entropy: float, share: float) -> dict[int, bool]:
    """Return for each k whether C on validation is flat at its smallest noise.

    C is flat if it falls by at most ``share`` · H(Y) between the two points of largest rate. The
    area assumes a flat C beyond the last point, so it is too large for a k whose C still falls
    there. A curve of one point is not flat.
    """
    flat = {}
    for k, group in table.groupby("k"):
        last = group.sort_values("rate_nats")["label_distortion_valid_nats"].to_numpy()[-2:]
        flat[k] = len(last) == 2 and bool(last[0] - last[1] <= share * entropy)
    return flat


def select_dimension(
    table: pd.DataFrame,
    valid_losses: np.ndarray,
    entropy: float,
    *,
    rate_max_nats: float,
    data_entropy_nats: float | None,
    flat_share: float,
) -> pd.DataFrame:
    """Add the best k and the excess areas of all k to the points of a grid.

    The best k has the smallest area (:func:`area_under_curve_nats2`) on validation from R = 0 to
    ``rate_max_nats``. The excess is also given on each of
    :data:`labelinfo.baselines.rate_axes.AXES`; without H(X) its axis is empty.

    Parameters
    ----------
    table
        One row per point: ``k``, ``rate_nats``, ``label_distortion_valid_nats``.
    valid_losses
        (points, N), the losses of the validation images in nats, for each row of the table.
    entropy, data_entropy_nats
        H(Y) of the validation split and H(X), in nats.
    flat_share
        See :func:`flat_dimensions`.

    Returns
    -------
    DataFrame
        The table with the columns of :mod:`labelinfo.baselines.rate_axes`, equal for all points of
        a k, and ``selected``, true for the points of the best k.
    """
    k = table["k"]
    chosen = compare_areas(table, valid_losses, entropy, rate_max_nats)
    columns = {
        "selection_rate_max_nats": rate_max_nats,
        "selection_area_nats2": k.map(chosen.area),
        "selection_excess_nats2": k.map(chosen.excess),
        "selection_excess_nats2_se": k.map(chosen.standard_error),
        "selection_flat": k.map(flat_dimensions(table, entropy, flat_share)),
    }
    for axis, fixed in AXES.items():
        end = data_entropy_nats if fixed is None else fixed
        name = f"selection_excess_{axis}_nats2"
        columns |= {name: np.nan, f"{name}_se": np.nan}
        if end is not None:
            found = compare_areas(table, valid_losses, entropy, end)
            columns |= {name: k.map(found.excess), f"{name}_se": k.map(found.standard_error)}
    return table.assign(**columns, selected=k == chosen.best)
