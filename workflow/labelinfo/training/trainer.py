"""The training of a VAE at one β: the best state by validation, its curve and its record."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
from torch import Tensor

from labelinfo.data.dataset import Dataset
from labelinfo.models.vae import VaeSpec
from labelinfo.training.advance import Divergence, advance
from labelinfo.training.checkpoint import NO_CHECKPOINTS, Checkpoints, Progress, snapshot
from labelinfo.training.device import Hardware
from labelinfo.training.loop import TrainingLoop, steps_of_epoch
from labelinfo.training.schedule import EpochSchedule
from labelinfo.training.snapshots import Snapshot

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


def train(
    spec: VaeSpec,
    dataset: Dataset,
    beta: float,
    settings: dict[str, Any],
    identity: tuple[str | int, ...],
    *,
    hardware: Hardware,
    checkpoints: Checkpoints = NO_CHECKPOINTS,
    start: Snapshot | None = None,
) -> TrainingResult:
    """Minimise D + βR on the training split; keep the state of the best validation objective.

    β rises from a low value in the first part of the training
    (:func:`~labelinfo.training.schedule.beta_at`). Epochs that end before that are not eligible as
    the best.

    Every random number comes from ``identity`` and the epoch's number, so that a training that
    resumes from a checkpoint gives the same bits as one that was never stopped.

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
    hardware
        Where to train.
    checkpoints
        The file to resume from and to write after an epoch.
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
        hardware=hardware,
    )
    if start is not None:
        start.restore(loop.model, loop.optimizer)
    progress, divergence = advance(loop, schedule, checkpoints)
    record = training_record(loop, progress, divergence) | {
        "beta_start": schedule.beta_start,
        "beta_warmup_epochs": schedule.beta_warmup_epochs,
    }
    return TrainingResult(progress.best_state, snapshot(loop.model), curve_of(progress), record)


def training_record(
    loop: TrainingLoop, progress: Progress, divergence: Divergence | None
) -> dict[str, Any]:
    """Return one row's worth of facts on a training."""
    images = loop.round_images * progress.epoch
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
