"""The learning rate and β as functions of the step."""

import math
from dataclasses import dataclass
from typing import Protocol

from labelinfo.config.model_settings import PathPlan, TrainingSettings
from labelinfo.config.path_grid import log_linear

# with fewer optimiser steps, networks learn little (docs/faq.md)
FEW_STEPS = 500


@dataclass(frozen=True)
class Steps:
    """The steps of one round: a learning rate and a β for each, and β of the validation."""

    learning_rates: list[float]
    betas: list[float]
    valid_beta: float


class Schedule(Protocol):
    """The steps of each round of a training; ``unit`` is the log's word for a round."""

    rounds: int
    unit: str

    def steps(self, number: int) -> Steps:
        """Return the steps of a round, counted from 0."""

    def is_eligible(self, finished: int) -> bool:
        """Return whether the state after ``finished`` rounds may be the best."""


@dataclass(frozen=True)
class EpochSchedule:
    """Training at one β: a round is an epoch, β rises first, the learning rate decays to 0.

    ``beta`` is the final β.
    """

    settings: TrainingSettings
    beta: float
    epoch_steps: int
    unit = "epoch"

    @property
    def rounds(self) -> int:
        """Epochs."""
        return self.settings.epochs

    @property
    def beta_start(self) -> float:
        """β of the first step."""
        return min(self.settings.beta_start, self.beta)

    @property
    def beta_warmup_epochs(self) -> float:
        """Number of epochs in which β rises."""
        rises = self.beta_start < self.beta
        return rises * self.settings.beta_warmup * self.settings.epochs

    def steps(self, number: int) -> Steps:
        """Return the steps of an epoch, counted from 0."""
        of_epoch = range(number * self.epoch_steps, (number + 1) * self.epoch_steps)
        peak, total = self.settings.learning_rate, self.rounds * self.epoch_steps
        warmup = self.settings.warmup_epochs * self.epoch_steps
        rates = [
            learning_rate_at(step, peak=peak, warmup_steps=warmup, total_steps=total)
            for step in of_epoch
        ]
        rise = self.beta_warmup_epochs * self.epoch_steps
        betas = [
            beta_at(step, start=self.beta_start, target=self.beta, warmup_steps=rise)
            for step in of_epoch
        ]
        return Steps(rates, betas, self.beta)

    def is_eligible(self, finished: int) -> bool:
        """Return whether β had risen by the end of that epoch."""
        return finished >= self.beta_warmup_epochs


@dataclass(frozen=True)
class PathSchedule:
    """Training through all β: some rounds at the lowest, then one round from each β to the next.

    The learning rate warms up and stays at its peak; it decays to 0 when a run is cooled down.
    """

    plan: PathPlan
    epoch_steps: int
    unit = "round"

    @property
    def round_steps(self) -> int:
        """Number of steps from one snapshot to the next."""
        path = self.plan.path
        epochs = path.epochs_per_decade / path.snapshots_per_decade
        return max(1, round(epochs * self.epoch_steps))

    @property
    def first_rounds(self) -> int:
        """Rounds at the lowest β."""
        return max(1, math.ceil(self.plan.path.first_epochs * self.epoch_steps / self.round_steps))

    @property
    def rounds(self) -> int:
        """Rounds at the lowest β, and one for each further snapshot."""
        return self.first_rounds + len(self.plan.betas) - 1

    def steps(self, number: int) -> Steps:
        """Return the steps of a round, counted from 0."""
        of_round = range(number * self.round_steps, (number + 1) * self.round_steps)
        warmup = self.plan.training.warmup_epochs * self.epoch_steps
        peak = self.plan.training.learning_rate
        rates = [peak * min(1.0, (step + 1) / max(1.0, warmup)) for step in of_round]
        end = self.plan.betas[max(0, number + 1 - self.first_rounds)]
        start = self.plan.betas[max(0, number - self.first_rounds)]
        return Steps(rates, log_linear(start, end, self.round_steps), end)

    def is_eligible(self, finished: int) -> bool:
        """Return False: a path has no best state."""
        return False

    def reached(self, finished: int) -> float | None:
        """Return the β whose snapshot is due after ``finished`` rounds; None before the first."""
        past = finished - self.first_rounds
        return self.plan.betas[past] if past >= 0 else None

    def epochs(self, finished: int) -> float:
        """Return the number of passes over the training images in ``finished`` rounds."""
        return finished * self.round_steps / self.epoch_steps


def steps_of_epoch(images: int, batch_size: int) -> tuple[int, int]:
    """Return the batch size and the number of whole batches in an epoch.

    All steps have the same shape; the images left out differ from epoch to epoch.
    """
    batch_size = min(batch_size, images)
    return batch_size, images // batch_size


def learning_rate_at(step: int, *, peak: float, warmup_steps: float, total_steps: int) -> float:
    """Return the learning rate of a step: linear warm-up to ``peak``, then cosine decay to 0.

    lr(t) = peak · min(1, (t+1)/w) for t < w, else peak · ½(1 + cos π min(1, (t−w)/max(1, T−w))),
    with t = ``step`` from 0, w = ``warmup_steps`` up to T = ``total_steps``.
    """
    warmup_steps = min(warmup_steps, total_steps)
    if step < warmup_steps:
        return peak * min(1.0, (step + 1) / warmup_steps)
    progress = (step - warmup_steps) / max(1.0, total_steps - warmup_steps)
    return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def beta_at(step: int, *, start: float, target: float, warmup_steps: float) -> float:
    """Return β of a step: log-linear from ``start`` to ``target``, then constant.

    β(t) = start^(1 − t/w) · target^(t/w) for t < w, else target, with t = ``step`` from 0 and w =
    ``warmup_steps``. A target of at most ``start`` is used from the first step. A large β at the
    start switches off dimensions of z that return late or never, so D + βR at a fixed β depends on
    the schedule.
    """
    if start >= target or step >= warmup_steps:
        return target
    share = step / warmup_steps
    return start ** (1 - share) * target**share
