"""A path: one training through all β, from the lowest to the highest, with a snapshot at each."""

import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from labelinfo.config.model_settings import PathPlan
from labelinfo.data.dataset import Dataset, load_dataset
from labelinfo.io.checkpoints import alone, collected_snapshots, lock_of
from labelinfo.io.tables import write_table
from labelinfo.models.vae import VaeSpec
from labelinfo.provenance import describe
from labelinfo.training.advance import advance
from labelinfo.training.checkpoint import Checkpoints, save_snapshot, snapshot_file
from labelinfo.training.device import device_name
from labelinfo.training.job import TrainingJob
from labelinfo.training.schedule import PathSchedule, steps_of_epoch
from labelinfo.training.trainer import TrainingLoop, curve_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PathFiles:
    """Files of a path: a folder of snapshots, a table of one row, and a learning curve.

    A stage that only reads snapshots needs no ``curve``.
    """

    snapshots: Path | str
    record: Path | str
    curve: Path | str = ""


def train_path(
    spec: VaeSpec,
    dataset: Dataset,
    plan: PathPlan,
    *,
    of: Mapping[str, Any],
    folder: Path,
    checkpoints: Checkpoints,
    device: torch.device,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Train through all β and keep a snapshot at each.

    At a small β the network uses all dimensions of z. β then rises slowly enough for the network
    to switch them off one by one. A training that starts at a large β does not do so.

    Parameters
    ----------
    folder
        Folder of the snapshots.
    of
        Identifies the path. It is the root of the path's seeds and is stored with each snapshot.

    Returns
    -------
    DataFrame
        The learning curve, one row per round.
    dict
        The columns of one row; ``beta_reached`` is the β of the last snapshot.
    """
    epoch_steps = steps_of_epoch(len(dataset.train), plan.training.batch_size)[1]
    schedule = PathSchedule(plan, epoch_steps)
    loop = TrainingLoop(
        spec,
        dataset,
        plan.training,
        (*of.values(), "path"),
        round_steps=schedule.round_steps,
        total_steps=schedule.rounds * schedule.round_steps,
        device=device,
    )

    def keep(finished: int) -> None:
        beta = schedule.reached(finished)
        if beta is not None:
            epochs = schedule.epochs(finished)
            save_snapshot(folder, beta, loop.model, loop.optimizer, of=of, epochs=epochs)

    progress, divergence = advance(loop, schedule, checkpoints, keep=keep)
    record = loop.record(progress, divergence) | {
        "epochs": schedule.epochs(progress.epoch),
        "beta_reached": schedule.reached(progress.epoch),
    }
    return curve_of(progress).rename(columns={"epoch": "round"}), record


def train_path_files(
    of: Mapping[str, Any],
    spec: VaeSpec,
    plan: PathPlan,
    *,
    files: PathFiles,
    job: TrainingJob,
) -> None:
    """Train a path, or resume it, and write its snapshots, learning curve and record.

    Parameters are those of :func:`train_path`. Snapshots are written next to the checkpoint, where
    they survive a killed job, and are linked into the folder of snapshots at the end.
    """
    dataset, device = load_dataset(job.dataset_file), device_name(job.where)
    config = plan.as_dict() | {"model": spec.as_dict()}
    identity = tuple(of.values())
    snapshots, collected = Path(files.snapshots), collected_snapshots(files.record)
    logger.info("Training the path %s on %s.", "-".join(map(str, identity)), device)
    with alone(lock_of(files.record)):
        curve, record = train_path(
            spec,
            dataset,
            plan,
            of=of,
            folder=collected,
            checkpoints=job.checkpoints(files.record, identity, config, plan.training.precision),
            device=job.where,
        )
        origin = describe("train_path", code=job.code, config=config, data=dataset.digests)
        write_table(files.curve, curve, origin)
        row = {**of, **record, "device": device}
        write_table(files.record, pd.DataFrame([row]), origin)
        snapshots.mkdir(parents=True, exist_ok=True)
        for beta in plan.betas:
            if record["beta_reached"] is not None and beta <= record["beta_reached"]:
                _link(snapshot_file(collected, beta), snapshot_file(snapshots, beta))


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, which outlives the first."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        # a file system without links
        shutil.copyfile(source, target)
