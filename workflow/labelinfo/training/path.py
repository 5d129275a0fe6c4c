"""A path: one training through all β, from the lowest to the highest, with snapshots on the way."""

import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from labelinfo.data.dataset import Dataset, load_dataset
from labelinfo.io.checkpoints import checkpoint_of, collected_snapshots, lock_of
from labelinfo.io.locks import alone
from labelinfo.io.tables import write_table
from labelinfo.models.vae import VaeSpec
from labelinfo.provenance import describe
from labelinfo.training.checkpoint import training_fingerprint
from labelinfo.training.device import device_name, resolve_device, resolve_precision
from labelinfo.training.loop import TrainingLoop, steps_of_epoch
from labelinfo.training.schedule import PathSchedule
from labelinfo.training.snapshots import save_snapshot, snapshot_file
from labelinfo.training.trainer import Checkpoints, advance, curve_of, training_record

logger = logging.getLogger(__name__)


def train_path(
    spec: VaeSpec,
    dataset: Dataset,
    settings: dict[str, Any],
    betas: list[float],
    *,
    of: Mapping[str, Any],
    folder: Path,
    checkpoints: Checkpoints,
    device: torch.device,
    compiled_folder: Path | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Train through all β and keep a snapshot at each.

    At a small β all of z is in use. β then rises so slowly that the network lets go of it step by
    step, which a training at one large β from the start does not (SPEC: hysteresis).

    Parameters
    ----------
    spec, dataset
        The model and its images; the test split is not touched.
    settings
        ``training`` and ``path``, sections of the configuration.
    betas
        β of the snapshots, ascending.
    of
        Names the path: the root of its seeds, kept with each snapshot.
    folder
        Where the snapshots are kept.
    checkpoints, device, compiled_folder
        As for :func:`~labelinfo.training.trainer.train`.

    Returns
    -------
    DataFrame
        The learning curve, one row a round.
    dict
        One row's worth of facts; ``beta_reached`` is β of the last snapshot.
    """
    training = settings["training"]
    epoch_steps = steps_of_epoch(len(dataset.train), training["batch_size"])[1]
    schedule = PathSchedule(training, settings["path"], betas, epoch_steps)
    loop = TrainingLoop(
        spec,
        dataset,
        training,
        (*of.values(), "path"),
        round_steps=schedule.round_steps,
        total_steps=schedule.rounds * schedule.round_steps,
        device=device,
        compiled_folder=compiled_folder,
    )

    def keep(finished: int) -> None:
        beta = schedule.reached(finished)
        if beta is not None:
            model, optimizer = loop.model, loop.engine.optimizer
            save_snapshot(folder, beta, model, optimizer, of=of, epochs=schedule.epochs(finished))

    progress, divergence = advance(loop, schedule, checkpoints, keep=keep)
    record = training_record(loop, progress, divergence) | {
        "epochs": schedule.epochs(progress.epoch),
        "beta_reached": schedule.reached(progress.epoch),
    }
    return curve_of(progress).rename(columns={"epoch": "round"}), record


def train_path_files(
    of: Mapping[str, Any],
    spec: VaeSpec,
    settings: dict[str, Any],
    betas: list[float],
    *,
    dataset_file: Path | str,
    snapshots: Path | str,
    curve_file: Path | str,
    record_file: Path | str,
    device: str,
    code: str,
    threads: int,
    checkpoint_seconds: float = 0.0,
    compiled_folder: Path | str | None = None,
) -> None:
    """Train a path, or resume it, and write its snapshots, learning curve and record.

    Snapshots are collected next to the checkpoint, where a killed job leaves them, and linked into
    ``snapshots`` at the end.

    Parameters
    ----------
    of, spec, settings, betas
        As for :func:`train_path`.
    dataset_file
        The prepared data set.
    snapshots, curve_file, record_file
        The folder of snapshots, and tables: one row a round, and one row in all.
    device, code, threads
        Where to compute, digest of the stage's code, threads that torch uses.
    checkpoint_seconds, compiled_folder
        Minimum age of a checkpoint, and where compiled code is kept.
    """
    where, dataset = resolve_device(device), load_dataset(dataset_file)
    config = settings | {"model": spec.as_dict(), "betas": betas}
    fingerprint = training_fingerprint(
        tuple(of.values()),
        config,
        code=code,
        dataset_file=dataset_file,
        device=where,
        precision=resolve_precision(settings["training"]["precision"], where),
        threads=threads,
    )
    snapshots = Path(snapshots)
    collected = collected_snapshots(record_file)
    logger.info("Training the path %s on %s.", "-".join(map(str, of.values())), device_name(where))
    with alone(lock_of(record_file)):
        curve, record = train_path(
            spec,
            dataset,
            settings,
            betas,
            of=of,
            folder=collected,
            checkpoints=Checkpoints(checkpoint_of(record_file), checkpoint_seconds, fingerprint),
            device=where,
            compiled_folder=compiled_folder and Path(compiled_folder),
        )
        origin = describe("train_path", code=code, config=config, data=dataset.digests)
        write_table(curve_file, curve, origin)
        row = {**of, **record, "device": device_name(where)}
        write_table(record_file, pd.DataFrame([row]), origin)
        snapshots.mkdir(parents=True, exist_ok=True)
        for beta in betas:
            if record["beta_reached"] is not None and beta <= record["beta_reached"]:
                _link(snapshot_file(collected, beta), snapshot_file(snapshots, beta))


def _link(source: Path, target: Path) -> None:
    """Give a file a second name: whoever removes one of them leaves the other."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        # a file system without links
        shutil.copyfile(source, target)
