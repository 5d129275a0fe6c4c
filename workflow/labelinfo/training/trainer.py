"""Trainings of a VAE: rounds of steps with checkpoints, and the best state by validation."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from labelinfo.data.dataset import Dataset
from labelinfo.models.vae import VaeSpec
from labelinfo.training.checkpoint import Progress, load_checkpoint, save_checkpoint, snapshot
from labelinfo.training.loop import Divergence, TrainingLoop, steps_of_epoch
from labelinfo.training.schedule import EpochSchedule, Schedule
from labelinfo.training.snapshots import Snapshot

logger = logging.getLogger(__name__)

CURVE_COLUMNS = (
    "epoch",
    "train_rate_nats",
    "train_distortion_nats",
    "train_loss_nats",
    "valid_rate_nats",
    "valid_distortion_nats",
    "valid_loss_nats",
    "beta",
    "learning_rate",
    "gradient_norm",
    "seconds",
    "images_per_second",
)


@dataclass(frozen=True)
class TrainingResult:
    """What one training gives.

    Attributes
    ----------
    best_state, last_state
        Parameters at the lowest validation objective, and at the end (if diverged: the last
        state that was good).
    curve
        One row per finished epoch.
    record
        One row's worth of facts: status, epochs, best_epoch, seconds, images per second,
        precision, where it diverged.
    """

    best_state: dict[str, Tensor]
    last_state: dict[str, Tensor]
    curve: pd.DataFrame
    record: dict[str, Any]


@dataclass(frozen=True)
class Checkpoints:
    """Where a training keeps the state that it can resume from.

    Attributes
    ----------
    file
        The checkpoint; None keeps nothing.
    seconds
        Minimum age of a checkpoint before the next is written. The last one is written if the
        training took that long in all.
    fingerprint
        What a checkpoint must have been made with to be used.
    """

    file: Path | None = None
    seconds: float = 0.0
    fingerprint: dict[str, Any] | None = None


def train(
    spec: VaeSpec,
    dataset: Dataset,
    beta: float,
    settings: dict[str, Any],
    identity: tuple[str | int, ...],
    *,
    device: torch.device,
    checkpoint: Path | None = None,
    checkpoint_seconds: float = 0.0,
    compiled_folder: Path | None = None,
    fingerprint: dict[str, Any] | None = None,
    after_epoch: Callable[[int], None] | None = None,
    start: Snapshot | None = None,
) -> TrainingResult:
    """Minimise D + βR on the training split; keep the state of the best validation objective.

    β rises from a low value in the first part of the training
    (:func:`~labelinfo.training.schedule.beta_at`). Epochs that end before that are not eligible as
    the best.

    Every random number comes from ``identity`` and the epoch's number, so that a training that
    goes on from a checkpoint gives the same bits as one that was never stopped.

    Parameters
    ----------
    spec
        The model.
    dataset
        Train and validation splits are used; the test split is not touched.
    beta
        β of the objective D + βR.
    settings
        The configuration's ``training`` section.
    identity
        The run's identity, the root of its seeds.
    device
        Where to train.
    checkpoint
        File to go on from, and to write after an epoch; None keeps nothing.
    checkpoint_seconds
        How old a checkpoint gets, at least, before the next is written. The last one is written if
        the training took that long in all.
    compiled_folder
        Where compiled code is kept for the other trainings of this architecture; None keeps none.
    fingerprint
        What a checkpoint must have been made with to be used.
    after_epoch
        Called with the number of each finished epoch, after its checkpoint is written.
    start
        Weights and Adam's moments to start from; None starts from random weights.

    Returns
    -------
    TrainingResult
        With status ``ok``, or ``diverged`` if a loss or a gradient's norm was not finite, or a loss
        above 10⁶ nats.
    """
    epoch_steps = steps_of_epoch(len(dataset.train), settings["batch_size"])[1]
    schedule = EpochSchedule(settings, beta, epoch_steps)
    loop = TrainingLoop(
        spec,
        dataset,
        settings,
        identity,
        round_steps=None,
        total_steps=schedule.rounds * epoch_steps,
        device=device,
        compiled_folder=compiled_folder,
    )
    if start is not None:
        start.restore(loop.model, loop.engine.optimizer)
    checkpoints = Checkpoints(checkpoint, checkpoint_seconds, fingerprint)
    progress, divergence = advance(loop, schedule, checkpoints, after_round=after_epoch)
    record = training_record(loop, progress, divergence) | {
        "beta_start": schedule.beta_start,
        "beta_warmup_epochs": schedule.beta_warmup_epochs,
    }
    return TrainingResult(progress.best_state, snapshot(loop.model), curve_of(progress), record)


def advance(
    loop: TrainingLoop,
    schedule: Schedule,
    checkpoints: Checkpoints,
    *,
    keep: Callable[[int], None] | None = None,
    after_round: Callable[[int], None] | None = None,
) -> tuple[Progress, Divergence | None]:
    """Take all rounds of a schedule, from a checkpoint if there is one that fits.

    After a divergence the model has the last good state.

    Parameters
    ----------
    loop, schedule, checkpoints
        What is trained, how, and where its state is kept.
    keep, after_round
        Called with the number of finished rounds, before and after a checkpoint is written. What
        ``keep`` writes is there whenever a checkpoint is.
    """
    # what the machine decides moves the last bits
    fingerprint = {**(checkpoints.fingerprint or {}), **loop.arithmetic}
    model, optimizer = loop.model, loop.engine.optimizer
    progress = checkpoints.file and load_checkpoint(checkpoints.file, model, optimizer, fingerprint)
    if progress:
        logger.info("Resuming after round %d.", progress.epoch)
    else:
        progress = Progress(best_state=snapshot(model))
    loop.prepare(fingerprint.get("code"))
    checkpointed = time.monotonic()
    good = snapshot(model)
    name = "-".join(map(str, loop.identity))
    bar = tqdm(
        desc=name,
        total=schedule.rounds,
        initial=progress.epoch,
        unit=schedule.unit,
        leave=False,
        disable=None,
    )
    with bar:
        while progress.epoch < schedule.rounds:
            divergence = _one_round(loop, schedule, progress)
            if divergence:
                model.load_state_dict(good)
                _report_divergence(name, progress.epoch + 1, divergence)
                return progress, divergence
            good = snapshot(model)
            if keep:
                keep(progress.epoch)
            # at the end so that a training that took long is not lost with its job's outputs
            last = progress.epoch == schedule.rounds
            age = progress.seconds if last else time.monotonic() - checkpointed
            if checkpoints.file and age >= checkpoints.seconds:
                save_checkpoint(checkpoints.file, model, optimizer, progress, fingerprint)
                checkpointed = time.monotonic()
            bar.update()
            if after_round:
                after_round(progress.epoch)
    return progress, None


def _one_round(loop: TrainingLoop, schedule: Schedule, progress: Progress) -> Divergence | None:
    started = time.perf_counter()
    row, divergence = loop.run(progress.epoch, schedule.steps(progress.epoch))
    if divergence:
        return divergence
    progress.epoch += 1
    seconds = time.perf_counter() - started
    progress.seconds += seconds
    images = loop.round_steps * loop.batch_size
    row |= {"seconds": seconds, "images_per_second": images / seconds}
    progress.curve.append({"epoch": progress.epoch, **row})
    if schedule.is_eligible(progress.epoch) and row["valid_loss_nats"] < progress.best_loss_nats:
        progress.best_loss_nats = row["valid_loss_nats"]
        progress.best_epoch = progress.epoch
        progress.best_state = snapshot(loop.model)
    logger.info(
        "%s %d/%d: train D + βR %.2f, valid D %.2f + %g · R %.2f = %.2f nats, %.1f s",
        schedule.unit,
        progress.epoch,
        schedule.rounds,
        row["train_loss_nats"],
        row["valid_distortion_nats"],
        loop.objective.beta,
        row["valid_rate_nats"],
        row["valid_loss_nats"],
        seconds,
    )
    return None


def _report_divergence(name: str, epoch: int, divergence: Divergence) -> None:
    logger.warning(
        "The training %s diverged in epoch %d, step %d, with a loss of %g nats: lower "
        "`training.learning_rate` or leave this β out. The last good state is kept.",
        name,
        epoch,
        divergence.step,
        divergence.loss_nats,
    )


def training_record(
    loop: TrainingLoop, progress: Progress, divergence: Divergence | None
) -> dict[str, Any]:
    """Return one row's worth of facts on a training."""
    images = loop.round_steps * loop.batch_size * progress.epoch
    return {
        "status": "diverged" if divergence else "ok",
        "epochs": progress.epoch,
        "best_epoch": progress.best_epoch,
        "train_seconds": progress.seconds,
        "images_per_second": images / progress.seconds if progress.seconds else math.nan,
        "prepare_seconds": loop.prepare_seconds,
        "precision": loop.objective.precision,
        "compiled": loop.compiled,
        "diverged_epoch": progress.epoch + 1 if divergence else None,
        "diverged_step": divergence.step if divergence else None,
        "diverged_loss_nats": divergence.loss_nats if divergence else None,
    }


def curve_of(progress: Progress) -> pd.DataFrame:
    """Return the learning curve, one row a finished round."""
    return pd.DataFrame(progress.curve, columns=list(CURVE_COLUMNS))
