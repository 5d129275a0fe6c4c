"""The best number of principal components, by a criterion on the validation split."""

import numpy as np
import pandas as pd


def area_under_curve_nats2(
    rates: np.ndarray, distortions: np.ndarray, entropy: float, rate_max: float
) -> float:
    """Return the area under C against R from 0 to ``rate_max``, the criterion for the best k.

    The curve starts at (0, H(Y)), joins the measured points by straight lines in order of rate,
    and beyond the last of them stays flat, since a code of a smaller rate can be used there too.
    All k are compared over the same range, although each covers another one.

    Parameters
    ----------
    rates, distortions
        R and C of the measured points, in nats.
    entropy
        H(Y) in nats, of the split on which C was measured.
    rate_max
        Upper end in nats.

    Returns
    -------
    float
        Square nats.
    """
    order = np.argsort(rates)
    x = np.concatenate([[0.0], rates[order]])
    y = np.concatenate([[entropy], distortions[order]])
    inside = x < rate_max
    x_end = np.append(x[inside], rate_max)
    y_end = np.append(y[inside], np.interp(rate_max, x, y))
    return float(np.trapezoid(y_end, x_end))


def select_dimension(
    table: pd.DataFrame, valid_losses: np.ndarray, entropy: float, rate_max: float
) -> pd.DataFrame:
    """Add to the points of a grid which k is best and how far the others lie behind.

    The best k has the smallest area A_k (:func:`area_under_curve_nats2`) on validation. A_k is
    linear in the C of its points, so it is a mean over images of a_ki = Σ_j w_kj ℓ_kji, and the
    excess A_k − A_best has the standard error s/√N of the paired differences a_ki − a_best,i: what
    is hard about an image for all k cancels. That the best was picked by the same images is not in
    it.

    Parameters
    ----------
    table
        One row per point: ``k``, ``rate_nats``, ``label_distortion_valid_nats``.
    valid_losses
        (points, N), the losses of the validation images in nats, row by row.
    entropy
        H(Y) of the validation split in nats.
    rate_max
        Upper end of the area in nats.

    Returns
    -------
    DataFrame
        The table with ``selection_area_nats2``, ``selection_excess_nats2`` and its ``_se``, equal
        for all points of a k, and ``selected``, true for those of the best.
    """
    areas: dict[int, float] = {}
    contributions: dict[int, np.ndarray] = {}
    for k, group in table.groupby("k"):
        rates = group["rate_nats"].to_numpy()
        distortions = group["label_distortion_valid_nats"].to_numpy()
        areas[k] = area_under_curve_nats2(rates, distortions, entropy, rate_max)
        units = np.eye(len(rates))
        weights = [area_under_curve_nats2(rates, unit, 0.0, rate_max) for unit in units]
        contributions[k] = np.array(weights) @ valid_losses[table["k"] == k]
    best = min(areas, key=areas.__getitem__)
    root = np.sqrt(valid_losses.shape[1])
    excess = {k: area - areas[best] for k, area in areas.items()}
    errors = {
        k: float((each - contributions[best]).std(ddof=1) / root)
        for k, each in contributions.items()
    }
    return table.assign(
        selection_area_nats2=table["k"].map(areas),
        selection_excess_nats2=table["k"].map(excess),
        selection_excess_nats2_se=table["k"].map(errors),
        selected=table["k"] == best,
    )
