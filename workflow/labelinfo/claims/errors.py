"""Standard errors that cover test images, seeds of trainings, and seeds of probes."""

import numpy as np
import pandas as pd

from labelinfo.curves import Curve, interpolate, interpolate_error
from labelinfo.tables.lines import numbers
from labelinfo.tables.results import CELL


def with_total_errors(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs whose error of C covers images, probe seeds, and training seeds.

    The errors over images and over probe seeds, s_probe/√n, add in quadrature. In a cell with two
    seeds or more, the standard deviation of C over seeds replaces the sum if it is larger.

    Returns
    -------
    DataFrame
        The runs with the total in ``label_distortion_nats_se``, and ``probe_error_nats``,
        ``seed_deviation_nats`` (NaN with one seed), and ``cell_seeds``.
    """
    deviation, number = (
        runs.get(name, pd.Series(np.nan, index=runs.index)).astype(float)
        for name in ("label_distortion_probe_sd_nats", "probe_seeds")
    )
    probe = (deviation / np.sqrt(number)).fillna(0.0)
    measured = np.hypot(runs["label_distortion_nats_se"].astype(float), probe)
    cells = runs.groupby(CELL, dropna=False)["label_distortion_nats"]
    seeds = cells.transform("std").astype(float)
    return runs.assign(
        label_distortion_nats_se=np.fmax(measured, seeds),
        probe_error_nats=probe,
        seed_deviation_nats=seeds,
        cell_seeds=cells.transform("size"),
    )


def seed_note(runs: pd.DataFrame) -> str:
    """Return a sentence on the runs whose errors cover test images alone, if there are any."""
    single = int((runs["cell_seeds"] == 1).sum())
    if not single:
        return ""
    return f" {single} of {len(runs)} runs have one seed: their errors cover test images alone."


def gaps_below(
    curve: Curve, runs: pd.DataFrame, *, flat: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return each run's gap below a curve at its own rate, and the standard error of the gap.

    gap = C of the curve − C of the run, NaN where the curve has no such rate; ``flat`` continues
    the curve to larger rates. The errors of the run's C, of the curve, and of the run's R times the
    curve's slope add in quadrature. C on the same images correlate positively, so the true error is
    not larger.
    """
    rate, rate_error = numbers(runs, "rate_nats", "rate_nats_se")
    c, error = numbers(runs, "label_distortion_nats", "label_distortion_nats_se")
    before, after = (
        interpolate(curve, rate + shift, flat=flat) for shift in (-rate_error, rate_error)
    )
    by_rate = np.nan_to_num(before - after) / 2
    total = np.sqrt(error**2 + interpolate_error(curve, rate) ** 2 + by_rate**2)
    return interpolate(curve, rate, flat=flat) - c, total
