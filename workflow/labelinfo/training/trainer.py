"""The training loop of one VAE."""

import logging
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from labelinfo.bounds import objective_nats
from labelinfo.data.dataset import Dataset, Split, draw_binary
from labelinfo.models.vae import VAE, VaeSpec
from labelinfo.seeds import derive_seed
from labelinfo.training.checkpoint import Progress, load_checkpoint, save_checkpoint, snapshot
from labelinfo.training.device import resolve_precision
from labelinfo.training.schedule import learning_rate_at

logger = logging.getLogger(__name__)

# A loss beyond this, in nats per image, has diverged: a coin toss per pixel costs 543.
EXPLODED_NATS = 1e6

CURVE_COLUMNS = (
    "epoch",
    "train_rate_nats",
    "train_distortion_nats",
    "train_loss_nats",
    "valid_rate_nats",
    "valid_distortion_nats",
    "valid_loss_nats",
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
class _Divergence:
    epoch: int
    step: int
    loss_nats: float


def train(
    spec: VaeSpec,
    dataset: Dataset,
    beta: float,
    settings: dict[str, Any],
    identity: tuple[str | int, ...],
    *,
    device: torch.device,
    checkpoint: Path | None = None,
    fingerprint: dict[str, Any] | None = None,
    after_epoch: Callable[[int], None] | None = None,
) -> TrainingResult:
    """Minimise D + βR on the training split; keep the state of the best validation objective.

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
        File to write after each epoch and to go on from; None keeps nothing.
    fingerprint
        What a checkpoint must have been made with to be used.
    after_epoch
        Called with the number of each finished epoch, after its checkpoint is written.

    Returns
    -------
    TrainingResult
        With status ``ok``, or ``diverged`` if a loss was not finite or above 10⁶ nats.
    """
    torch.manual_seed(derive_seed(*identity, "initialise"))
    model = spec.build()
    model.initialise(dataset.train.images.view(-1, 1, 28, 28))
    model = model.to(device)
    # built outside the loop, so that its per-parameter state can be restored into it
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["learning_rate"], fused=True)
    fingerprint = fingerprint or {}
    progress = checkpoint and load_checkpoint(checkpoint, model, optimizer, fingerprint)
    if progress:
        logger.info("Going on after epoch %d.", progress.epoch)
    else:
        progress = Progress(best_state=snapshot(model))
    engine = _Engine(model, optimizer, dataset, beta, settings, identity, device)
    divergence = None
    last_state = snapshot(model)
    bar = tqdm(
        desc="-".join(map(str, identity)),
        total=settings["epochs"],
        initial=progress.epoch,
        unit="epoch",
        leave=False,
        disable=None,
    )
    with bar:
        while progress.epoch < settings["epochs"]:
            started = time.perf_counter()
            row, divergence = engine.run_epoch(progress.epoch)
            if divergence:
                break
            progress.epoch += 1
            seconds = time.perf_counter() - started
            progress.seconds += seconds
            row |= {"seconds": seconds, "images_per_second": engine.images_per_epoch / seconds}
            progress.curve.append({"epoch": progress.epoch, **row})
            if row["valid_loss_nats"] < progress.best_loss_nats:
                progress.best_loss_nats = row["valid_loss_nats"]
                progress.best_epoch = progress.epoch
                progress.best_state = snapshot(model)
            last_state = snapshot(model)
            if checkpoint:
                save_checkpoint(checkpoint, model, optimizer, progress, fingerprint)
            logger.info(
                "epoch %d/%d: train D + βR %.2f, valid D %.2f + %g · R %.2f = %.2f nats, %.1f s",
                progress.epoch,
                settings["epochs"],
                row["train_loss_nats"],
                row["valid_distortion_nats"],
                beta,
                row["valid_rate_nats"],
                row["valid_loss_nats"],
                seconds,
            )
            bar.update()
            bar.set_postfix(loss=f"{row['valid_loss_nats']:.1f}", refresh=False)
            if after_epoch:
                after_epoch(progress.epoch)
    if divergence:
        logger.warning(
            "The training %s diverged in epoch %d, step %d, with a loss of %g nats: lower "
            "`training.learning_rate` or leave this β out. The last good state is kept.",
            "-".join(map(str, identity)),
            divergence.epoch,
            divergence.step,
            divergence.loss_nats,
        )
    images = engine.images_per_epoch * progress.epoch
    record = {
        "status": "diverged" if divergence else "ok",
        "epochs": progress.epoch,
        "best_epoch": progress.best_epoch,
        "train_seconds": progress.seconds,
        "images_per_second": images / progress.seconds if progress.seconds else math.nan,
        "precision": engine.precision,
        "diverged_epoch": divergence.epoch if divergence else None,
        "diverged_step": divergence.step if divergence else None,
        "diverged_loss_nats": divergence.loss_nats if divergence else None,
    }
    curve = pd.DataFrame(progress.curve, columns=list(CURVE_COLUMNS))
    return TrainingResult(progress.best_state, last_state, curve, record)


class _Engine:
    """One epoch at a time, with the data on the device and no waiting for it inside an epoch."""

    def __init__(
        self,
        model: VAE,
        optimizer: torch.optim.Optimizer,
        dataset: Dataset,
        beta: float,
        settings: dict[str, Any],
        identity: tuple[str | int, ...],
        device: torch.device,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.beta = beta
        self.settings = settings
        self.identity = identity
        self.device = device
        self.train: Split = dataset.train.to(device)
        self.valid: Split = dataset.valid.to(device)
        self.batch_size = min(settings["batch_size"], len(self.train))
        # Only whole batches, so that every step has one shape; the images left out differ from
        # epoch to epoch.
        self.steps = len(self.train) // self.batch_size
        self.images_per_epoch = self.steps * self.batch_size
        self.precision = resolve_precision(settings["precision"], device)

    def run_epoch(self, epoch: int) -> tuple[dict[str, float], _Divergence | None]:
        """Train epoch number ``epoch`` (from 0) and validate; return the curve's row."""
        torch.manual_seed(derive_seed(*self.identity, "epoch", epoch))
        order = torch.randperm(len(self.train), device=self.device)
        losses = torch.zeros(self.steps, 3, device=self.device)
        norms = torch.zeros(self.steps, device=self.device)
        self.model.train()
        for step in range(self.steps):
            batch = order[step * self.batch_size : (step + 1) * self.batch_size]
            losses[step], norms[step] = self._step(
                epoch, step, draw_binary(self.train.images[batch])
            )
        table = losses.cpu()
        bad = (
            ~torch.isfinite(table[:, 2])
            | (table[:, 2] > EXPLODED_NATS)
            | ~torch.isfinite(norms.cpu())
        )
        if bad.any():
            step = int(bad.nonzero()[0])
            return {}, _Divergence(epoch + 1, step + 1, float(table[step, 2]))
        rate, distortion, loss = self.validate()
        if not (math.isfinite(loss) and loss <= EXPLODED_NATS):
            return {}, _Divergence(epoch + 1, self.steps, loss)
        means = table.double().mean(0).tolist()
        return {
            "train_rate_nats": means[0],
            "train_distortion_nats": means[1],
            "train_loss_nats": means[2],
            "valid_rate_nats": rate,
            "valid_distortion_nats": distortion,
            "valid_loss_nats": loss,
            "learning_rate": self._learning_rate(epoch, self.steps - 1),
            "gradient_norm": float(norms.double().mean()),
        }, None

    def _learning_rate(self, epoch: int, step: int) -> float:
        return learning_rate_at(
            epoch * self.steps + step,
            peak=self.settings["learning_rate"],
            warmup_steps=self.settings["warmup_epochs"] * self.steps,
            total_steps=self.settings["epochs"] * self.steps,
        )

    def _autocast(self) -> AbstractContextManager:
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"
        )

    def _step(self, epoch: int, step: int, x: Tensor) -> tuple[Tensor, Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate(epoch, step)
        with self._autocast():
            terms = self.model(x)
        loss = objective_nats(terms.rate_nats, terms.distortion_nats, self.beta).mean()
        self.optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(
            self.model.parameters(), self.settings["gradient_norm_max"]
        )
        self.optimizer.step()
        means = (terms.rate_nats.detach().mean(), terms.distortion_nats.detach().mean())
        return torch.stack([*means, loss.detach()]), norm.detach()

    @torch.no_grad()
    def validate(self) -> tuple[float, float, float]:
        """Return R, D and D + βR on the validation split, in nats, with the same z-noise always.

        Common random numbers make epochs comparable; products are taken in the training's
        precision, as this only picks a state and is never reported as a result.
        """
        torch.manual_seed(derive_seed(*self.identity, "validate"))
        self.model.eval()
        sums = torch.zeros(2, dtype=torch.float64, device=self.device)
        with self._autocast():
            marginal = self.model.marginal(self.model.encoder)
        for images in self.valid.images.split(4 * self.batch_size):
            with self._autocast():
                terms = self.model(draw_binary(images), marginal)
            sums += torch.stack(
                [terms.rate_nats.double().sum(), terms.distortion_nats.double().sum()]
            )
        rate, distortion = (sums / len(self.valid)).tolist()
        return rate, distortion, distortion + self.beta * rate
