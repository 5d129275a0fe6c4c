"""The training of a VAE on D + βR: rounds of steps, validation, the best state, the record."""

import math
import time
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from labelinfo.config.model_settings import TrainingSettings
from labelinfo.data.dataset import Dataset
from labelinfo.errors import ConfigError
from labelinfo.models.contract import check_contract
from labelinfo.models.vae import VaeSpec
from labelinfo.seeds import derive_seed
from labelinfo.training.advance import Divergence, advance
from labelinfo.training.checkpoint import (
    NO_CHECKPOINTS,
    Checkpoints,
    Progress,
    Snapshot,
    snapshot,
)
from labelinfo.training.compiling import is_compile_error, resolve_compile
from labelinfo.training.device import resolve_precision
from labelinfo.training.engine import Engine
from labelinfo.training.objective import VaeObjective
from labelinfo.training.schedule import EpochSchedule, Steps, steps_of_epoch

# A larger loss, in nats per image, counts as divergence: a coin toss per pixel costs 543.
EXPLODED_NATS = 1e6
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
    """Parameters at the lowest validation objective and at the end, the curve and the record.

    After a divergence the last state is the last good one. The curve has one row per finished
    epoch; the record has the columns of one row.
    """

    best_state: dict[str, Tensor]
    last_state: dict[str, Tensor]
    curve: pd.DataFrame
    record: dict[str, Any]


def train(
    spec: VaeSpec,
    dataset: Dataset,
    beta: float,
    settings: TrainingSettings,
    identity: tuple[str | int, ...],
    *,
    device: torch.device,
    checkpoints: Checkpoints = NO_CHECKPOINTS,
    start: Snapshot | None = None,
) -> TrainingResult:
    """Minimise D + βR on the training split; keep the state of the best validation objective.

    β rises from a low value first (:func:`~labelinfo.training.schedule.beta_at`). Epochs that end
    during this rise cannot be the best. The test split is not used.

    Parameters
    ----------
    identity
        The run's identity, the root of its seeds.
    checkpoints
        The file to resume from, bit for bit.
    start
        Weights and Adam's moments to start from; None starts from random weights.

    Returns
    -------
    TrainingResult
        With status ``ok``, or ``diverged`` if a loss or a gradient norm was not finite or a loss
        exceeded 10⁶ nats.
    """
    epoch_steps = steps_of_epoch(len(dataset.train), settings.batch_size)[1]
    schedule = EpochSchedule(settings, beta, epoch_steps)
    loop = TrainingLoop(
        spec,
        dataset,
        settings,
        identity,
        total_steps=schedule.rounds * epoch_steps,
        device=device,
    )
    if start is not None:
        start.restore(loop.model, loop.optimizer)
    progress, divergence = advance(loop, schedule, checkpoints)
    record = loop.record(progress, divergence) | {
        "beta_start": schedule.beta_start,
        "beta_warmup_epochs": schedule.beta_warmup_epochs,
    }
    return TrainingResult(progress.best_state, snapshot(loop.model), curve_of(progress), record)


def curve_of(progress: Progress) -> pd.DataFrame:
    """Return the learning curve, one row per finished round."""
    return pd.DataFrame(progress.curve, columns=list(CURVE_COLUMNS))


class TrainingLoop:
    """A VAE, its objective and its optimiser, advanced by rounds of ``round_steps`` steps.

    All seeds derive from ``identity`` and the number of the round or epoch, so a resumed training
    gives the same bits as an uninterrupted one. ``total_steps`` decides whether compiling pays;
    ``round_steps`` defaults to one epoch.
    """

    remedy = "lower `training.learning_rate` or leave this β out"

    def __init__(
        self,
        spec: VaeSpec,
        dataset: Dataset,
        settings: TrainingSettings,
        identity: tuple[str | int, ...],
        *,
        total_steps: int,
        device: torch.device,
        round_steps: int | None = None,
    ) -> None:
        torch.manual_seed(derive_seed(*identity, "initialise"))
        model = spec.build()
        model.initialise(dataset.train.images.view(-1, 1, 28, 28))
        check_contract(model, spec, dataset.valid.images[:2].view(-1, 1, 28, 28).float())
        self.name = "-".join(map(str, identity))
        self.identity, self.device = identity, device
        self.model = model.to(device)
        self.images = len(dataset.train)
        self.batch_size, self.epoch_steps = steps_of_epoch(self.images, settings.batch_size)
        self.round_steps = round_steps or self.epoch_steps
        self.round_images = self.round_steps * self.batch_size
        self.compiled = resolve_compile(settings.compile, device, total_steps)
        self.objective = VaeObjective(
            self.model,
            dataset.train.to(device),
            dataset.valid.to(device),
            # each round sets β
            beta=1.0,
            batch_size=self.batch_size,
            precision=resolve_precision(settings.precision, device),
            activations_mb=settings.activations_mb if device.type == "cpu" else None,
            compiled=self.compiled,
        )
        self.engine = Engine(
            self.model,
            self.objective.gradients,
            records=len(VaeObjective.RECORDS),
            learning_rate=settings.learning_rate,
            gradient_norm_max=settings.gradient_norm_max,
            scheduled=self.objective.training_beta,
            device=device,
        )
        self.optimizer = self.engine.optimizer
        self.prepare_seconds = 0.0
        # machine-dependent choices that affect the last bits
        self.arithmetic = {"compiled": self.compiled, "decoder_chunk": self.objective.chunk}

    def prepare(self) -> None:
        """Compile and record a step.

        Raises
        ------
        ConfigError
            If the networks cannot be compiled.
        """
        started = time.perf_counter()
        self.model.train()
        try:
            self.engine.prepare(self.round_steps, self.batch_size)
        except Exception as error:
            if not (self.compiled and is_compile_error(error)):
                raise
            raise ConfigError(
                f"The networks cannot be compiled ({' '.join(str(error).split())[:200]}): set the "
                "config key `training.compile` to 'never'."
            ) from error
        self.prepare_seconds = time.perf_counter() - started

    def run(self, number: int, steps: Steps) -> tuple[dict[str, float], Divergence | None]:
        """Take the steps of round ``number`` and validate; return the curve's row, or the fault."""
        batches = self._batches(number)
        self.objective.beta = steps.valid_beta
        self.model.train()
        table = self.engine.run(batches, steps.learning_rates, steps.betas)
        losses, norms = table[:, 2], table[:, 3]
        bad = ~torch.isfinite(losses) | (losses > EXPLODED_NATS) | ~torch.isfinite(norms)
        if bad.any():
            step = int(bad.nonzero()[0])
            return {}, Divergence(step + 1, float(losses[step]))
        # the same z-noise after every round, so that rounds are comparable
        self.model.eval()
        torch.manual_seed(derive_seed(*self.identity, "validate"))
        rate, distortion, loss = self.objective.validate()
        if not (math.isfinite(loss) and loss <= EXPLODED_NATS):
            return {}, Divergence(len(batches), loss)
        means = table.double().mean(0).tolist()
        return {
            "train_rate_nats": means[0],
            "train_distortion_nats": means[1],
            "train_loss_nats": means[2],
            "valid_rate_nats": rate,
            "valid_distortion_nats": distortion,
            "valid_loss_nats": loss,
            "beta": steps.betas[-1],
            "learning_rate": steps.learning_rates[-1],
            "gradient_norm": means[3],
        }, None

    def _batches(self, number: int) -> Tensor:
        """Seed torch for round ``number``, from 0, and return its batches (S, B) of indices.

        Consecutive rounds pass through the images epoch by epoch, each in its own random order.
        """
        first = number * self.round_steps
        last = first + self.round_steps
        epochs = range(first // self.epoch_steps, -(-last // self.epoch_steps))
        orders = []
        for epoch in epochs:
            torch.manual_seed(derive_seed(*self.identity, "epoch", epoch))
            order = torch.randperm(self.images, device=self.device)
            orders.append(order[: self.epoch_steps * self.batch_size])
        if self.round_steps != self.epoch_steps:
            torch.manual_seed(derive_seed(*self.identity, "round", number))
        rows = torch.cat(orders).view(-1, self.batch_size)
        start = first - epochs[0] * self.epoch_steps
        return rows[start : start + self.round_steps]

    def summary(self, row: dict[str, float]) -> str:
        """Return a row of the curve as a phrase for the log."""
        rate, distortion, loss = (
            row[f"valid_{name}_nats"] for name in ("rate", "distortion", "loss")
        )
        return (
            f"train D + βR {row['train_loss_nats']:.2f}, valid D {distortion:.2f} + "
            f"{self.objective.beta:g} · R {rate:.2f} = {loss:.2f} nats"
        )

    def record(self, progress: Progress, divergence: Divergence | None) -> dict[str, Any]:
        """Return the columns of the training's row."""
        images = self.round_images * progress.epoch
        return {
            "status": "diverged" if divergence else "ok",
            "epochs": progress.epoch,
            "best_epoch": progress.best_epoch,
            "train_seconds": progress.seconds,
            "images_per_second": images / progress.seconds if progress.seconds else math.nan,
            "prepare_seconds": self.prepare_seconds,
            "precision": self.objective.precision,
            "compiled": self.compiled,
            "diverged_epoch": progress.epoch + 1 if divergence else None,
            "diverged_step": divergence.step if divergence else None,
            "diverged_loss_nats": divergence.loss_nats if divergence else None,
        }
