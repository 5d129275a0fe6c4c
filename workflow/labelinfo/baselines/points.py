"""One point of a baseline of unbounded rate: a task and a seed."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.data.dataset import Dataset
from labelinfo.io.losses import write_losses
from labelinfo.io.tables import write_table
from labelinfo.tables.baselines import baseline_rows

logger = logging.getLogger(__name__)


def write_point(
    target: Path | str,
    losses_target: Path | str,
    dataset: Dataset,
    task: str,
    baseline: str,
    seed: int,
    point: dict[str, Any],
    losses: np.ndarray,
    params: list[str],
    origin: dict[str, Any],
) -> None:
    """Write one point of a baseline as a table of one row; ``params`` of it describe the point.

    Its ``losses`` (1, N), of the test images, go into a table of their own.
    """
    logger.info(
        "%s, %s, seed %d: C = %.3f ± %.3f nats, accuracy %.1f %%",
        baseline,
        task,
        seed,
        point["label_distortion_nats"],
        point["label_distortion_nats_se"],
        100 * point["label_accuracy"],
    )
    of = {"dataset": dataset.name, "task": task, "baseline": baseline, "seed": seed}
    write_losses(losses_target, losses, of, origin)
    table = baseline_rows(
        dataset.name, task, baseline, pd.DataFrame([point]), params=params, seed=seed
    )
    write_table(target, table, origin)
