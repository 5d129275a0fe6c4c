"""One point of a baseline of unbounded rate: a task and a seed."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.data.dataset import Dataset
from labelinfo.io.losses import write_losses
from labelinfo.io.tables import write_table
from labelinfo.tables.baselines import baseline_rows

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Point:
    """A point of a baseline: task, name of the baseline, and number of the seed.

    ``setting`` has further identifying columns of
    :data:`~labelinfo.tables.baselines.SETTING_COLUMNS`.
    """

    task: str
    baseline: str
    seed: int
    setting: dict[str, Any]


def write_point(
    target: Path | str,
    losses: dict[Path | str, tuple[np.ndarray, dict[str, str]]],
    dataset: Dataset,
    point: Point,
    row: dict[str, Any],
    origin: dict[str, Any],
) -> None:
    """Write one point of a baseline as a table of one row and tables of losses.

    ``losses`` maps each target to the losses (1, N) of the test images in nats and to further keys
    of their identity.
    """
    logger.info(
        "%s, %s, seed %d: C = %.3f ± %.3f nats, accuracy %.1f %%",
        point.baseline,
        point.task,
        point.seed,
        row["label_distortion_nats"],
        row["label_distortion_nats_se"],
        100 * row["label_accuracy"],
    )
    of = {
        "dataset": dataset.name,
        "task": point.task,
        "baseline": point.baseline,
        "seed": point.seed,
    }
    for losses_target, (nats, more) in losses.items():
        write_losses(losses_target, nats, of | more, origin)
    rows = pd.DataFrame([row | point.setting])
    table = baseline_rows(dataset.name, point.task, point.baseline, rows, seed=point.seed)
    write_table(target, table, origin)
