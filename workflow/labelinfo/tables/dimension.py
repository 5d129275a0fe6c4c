"""The best number of principal components, added to the rows of a measured grid."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from labelinfo.baselines.pca_selection import select_dimension
from labelinfo.baselines.rate_axes import SELECTION_COLUMNS
from labelinfo.io.losses import probe_of, read_losses
from labelinfo.tables.probe_views import PAPER, STRONG, baselines_of_probe

logger = logging.getLogger(__name__)


def with_selection(
    rows: pd.DataFrame,
    valid_losses: Mapping[str, np.ndarray],
    entropy: float,
    *,
    rate_max_nats: float,
    data_entropy_nats: float | None,
    flat_share: float,
) -> pd.DataFrame:
    """Return the rows of a PCA grid with the columns of the selection, by the validation split.

    The paper's probe selects the k of the figures; the strong probe's columns have the prefix
    ``strong_``. ``valid_losses`` has the losses of the validation images in nats, (rows, N), by
    probe. For other parameters see :func:`labelinfo.baselines.pca_selection.select_dimension`.
    """
    table = rows.copy()
    for probe, losses in valid_losses.items():
        found = select_dimension(
            baselines_of_probe(rows, probe)[["k", "rate_nats", "label_distortion_valid_nats"]],
            losses,
            entropy,
            rate_max_nats=rate_max_nats,
            data_entropy_nats=data_entropy_nats,
            flat_share=flat_share,
        )
        prefix = "strong_" if probe == STRONG else ""
        for name in SELECTION_COLUMNS:
            table[prefix + name] = found[name].astype(float)
        if probe == PAPER:
            table["selected"] = found["selected"].astype("boolean")
    return table


def losses_by_probe(files: Iterable[Path | str]) -> dict[str, np.ndarray]:
    """Return the losses (points, N) of each file, in nats, by the probe that measured them."""
    return {probe_of(of): losses for losses, of, _ in map(read_losses, files)}


def axis_end(configured: float | None, data_entropy_nats: float | None, dataset: str) -> float:
    """Return the end of the rate axis in nats: the configured one, else H(X), else 40 nats."""
    if configured is not None or data_entropy_nats is not None:
        return data_entropy_nats if configured is None else configured
    logger.warning(
        "H(X) of %s is not known, so the best k is selected up to 40 nats. Set "
        "`datasets.%s.entropy_nats` or `pca.selection_rate_max_nats`.", dataset, dataset,
    )  # fmt: skip
    return 40.0


def warn_of_slopes(rows: pd.DataFrame) -> None:
    """Log each k whose curve ends before the rate axis while C still falls."""
    for k, group in rows.groupby("k"):
        end, rate = group["selection_rate_max_nats"].iloc[0], group["rate_nats"].max()
        if group["selection_flat"].iloc[0] == 0 and rate < end:
            logger.warning(
                "k = %d: C still falls at the smallest σ, R = %.1f nats, and the axis ends at "
                "%.1f nats, so its area is too large: add smaller values to `pca.sigmas`.",
                k, rate, end,
            )  # fmt: skip
