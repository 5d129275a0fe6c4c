"""The training loop of VAEs, paths and classifiers: rounds, checkpoints, the best state."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn
from tqdm import tqdm

from labelinfo.training.checkpoint import (
    Checkpoints,
    Progress,
    load_checkpoint,
    save_checkpoint,
    snapshot,
)
from labelinfo.training.schedule import Schedule, Steps

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Divergence:
    """The first step of a round whose loss or gradient is not finite, or far too large."""

    step: int
    loss_nats: float


class Loop(Protocol):
    """A model and its optimiser, advanced by rounds of ``round_images`` images.

    ``remedy`` is the log's advice after a divergence. ``arithmetic`` holds the machine-dependent
    choices that affect the last bits.
    """

    name: str
    remedy: str
    model: nn.Module
    optimizer: torch.optim.Optimizer
    round_images: int
    arithmetic: dict[str, Any]

    def prepare(self) -> None:
        """Compile and record a step."""

    def run(self, number: int, steps: Steps) -> tuple[dict[str, float], Divergence | None]:
        """Take the steps of a round and validate; return the curve's row, or the fault."""

    def summary(self, row: dict[str, float]) -> str:
        """Return a row of the curve as a phrase for the log."""


def advance(
    loop: Loop,
    schedule: Schedule,
    checkpoints: Checkpoints,
    *,
    keep: Callable[[int], None] | None = None,
) -> tuple[Progress, Divergence | None]:
    """Take all rounds of a schedule, from a matching checkpoint if there is one.

    The best state has the smallest ``valid_loss_nats`` among eligible rounds. After a divergence
    the model has the last good state. ``keep`` is called with the number of finished rounds before
    their checkpoint is written.
    """
    fingerprint = {**(checkpoints.fingerprint or {}), **loop.arithmetic}
    model, optimizer = loop.model, loop.optimizer
    progress = checkpoints.file and load_checkpoint(checkpoints.file, model, optimizer, fingerprint)
    if progress:
        logger.info("Resuming after %s %d.", schedule.unit, progress.epoch)
    else:
        progress = Progress(best_state=snapshot(model))
    loop.prepare()
    checkpointed = time.monotonic()
    good = snapshot(model)
    bar = tqdm(
        desc=loop.name,
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
                logger.warning(
                    "The training %s diverged in %s %d, step %d, with a loss of %g nats: %s. The "
                    "last good state is kept.",
                    loop.name,
                    schedule.unit,
                    progress.epoch + 1,
                    divergence.step,
                    divergence.loss_nats,
                    loop.remedy,
                )
                return progress, divergence
            good = snapshot(model)
            if keep:
                keep(progress.epoch)
            # a last checkpoint, so that a long training survives a job whose outputs are deleted
            last = progress.epoch == schedule.rounds
            age = progress.seconds if last else time.monotonic() - checkpointed
            if checkpoints.file and age >= checkpoints.seconds:
                save_checkpoint(checkpoints.file, model, optimizer, progress, fingerprint)
                checkpointed = time.monotonic()
            bar.update()
            if checkpoints.after_round:
                checkpoints.after_round(progress.epoch)
    return progress, None


def _one_round(loop: Loop, schedule: Schedule, progress: Progress) -> Divergence | None:
    started = time.perf_counter()
    row, divergence = loop.run(progress.epoch, schedule.steps(progress.epoch))
    if divergence:
        return divergence
    progress.epoch += 1
    seconds = time.perf_counter() - started
    progress.seconds += seconds
    row |= {"seconds": seconds, "images_per_second": loop.round_images / seconds}
    progress.curve.append({"epoch": progress.epoch, **row})
    if schedule.is_eligible(progress.epoch) and row["valid_loss_nats"] < progress.best_loss_nats:
        progress.best_loss_nats = row["valid_loss_nats"]
        progress.best_epoch = progress.epoch
        progress.best_state = snapshot(loop.model)
    place = (schedule.unit, progress.epoch, schedule.rounds)
    logger.info("%s %d/%d: %s, %.1f s", *place, loop.summary(row), seconds)
    return None
