"""The training loop of one VAE."""

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
from labelinfo.errors import ConfigError
from labelinfo.models.contract import check_contract
from labelinfo.models.vae import VAE, VaeSpec
from labelinfo.provenance import versions
from labelinfo.seeds import derive_seed
from labelinfo.training.checkpoint import Progress, load_checkpoint, save_checkpoint, snapshot
from labelinfo.training.compiling import compiled_once, is_compile_error, resolve_compile
from labelinfo.training.device import device_name, resolve_precision
from labelinfo.training.engine import Engine
from labelinfo.training.objective import VaeObjective
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
    checkpoint_seconds: float = 0.0,
    compiled_folder: Path | None = None,
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

    Returns
    -------
    TrainingResult
        With status ``ok``, or ``diverged`` if a loss or a gradient's norm was not finite, or a loss
        above 10⁶ nats.
    """
    torch.manual_seed(derive_seed(*identity, "initialise"))
    model = spec.build()
    model.initialise(dataset.train.images.view(-1, 1, 28, 28))
    check_contract(model, spec, dataset.valid.images[:2].view(-1, 1, 28, 28).float())
    model = model.to(device)
    loop = _Epochs(model, dataset, beta, settings, identity, device, compiled_folder)
    # what they resolve to is the machine's to say, and both move the last bits
    fingerprint = {
        **(fingerprint or {}),
        "compiled": loop.compiled,
        "decoder_chunk": loop.objective.chunk,
    }
    optimizer = loop.engine.optimizer
    progress = checkpoint and load_checkpoint(checkpoint, model, optimizer, fingerprint)
    if progress:
        logger.info("Going on after epoch %d.", progress.epoch)
    else:
        progress = Progress(best_state=snapshot(model))
    loop.prepare(spec.as_dict(), fingerprint.get("code"))
    checkpointed = time.monotonic()
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
            row, divergence = loop.run(progress.epoch)
            if divergence:
                break
            progress.epoch += 1
            seconds = time.perf_counter() - started
            progress.seconds += seconds
            row |= {"seconds": seconds, "images_per_second": loop.images_per_epoch / seconds}
            progress.curve.append({"epoch": progress.epoch, **row})
            last_state = snapshot(model)
            if row["valid_loss_nats"] < progress.best_loss_nats:
                progress.best_loss_nats = row["valid_loss_nats"]
                progress.best_epoch = progress.epoch
                progress.best_state = last_state
            # at the end so that a training that took long is not lost with its job's outputs
            last = progress.epoch == settings["epochs"]
            age = progress.seconds if last else time.monotonic() - checkpointed
            if checkpoint and age >= checkpoint_seconds:
                save_checkpoint(checkpoint, model, optimizer, progress, fingerprint)
                checkpointed = time.monotonic()
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
    images = loop.images_per_epoch * progress.epoch
    record = {
        "status": "diverged" if divergence else "ok",
        "epochs": progress.epoch,
        "best_epoch": progress.best_epoch,
        "train_seconds": progress.seconds,
        "images_per_second": images / progress.seconds if progress.seconds else math.nan,
        "prepare_seconds": loop.prepare_seconds,
        "precision": loop.objective.precision,
        "compiled": loop.compiled,
        "diverged_epoch": divergence.epoch if divergence else None,
        "diverged_step": divergence.step if divergence else None,
        "diverged_loss_nats": divergence.loss_nats if divergence else None,
    }
    curve = pd.DataFrame(progress.curve, columns=list(CURVE_COLUMNS))
    return TrainingResult(progress.best_state, last_state, curve, record)


class _Epochs:
    """One epoch at a time: the batches, their learning rates, the validation."""

    def __init__(
        self,
        model: VAE,
        dataset: Dataset,
        beta: float,
        settings: dict[str, Any],
        identity: tuple[str | int, ...],
        device: torch.device,
        compiled_folder: Path | None,
    ) -> None:
        self.settings = settings
        self.identity = identity
        self.device = device
        self.images = len(dataset.train)
        self.batch_size = min(settings["batch_size"], self.images)
        # Only whole batches, so that every step has one shape; the images left out differ from
        # epoch to epoch.
        self.steps = self.images // self.batch_size
        self.images_per_epoch = self.steps * self.batch_size
        self.compiled = resolve_compile(
            settings["compile"], device, self.steps * settings["epochs"], compiled_folder
        )
        self.compiled_folder = compiled_folder if self.compiled else None
        self.objective = VaeObjective(
            model,
            dataset.train.to(device),
            dataset.valid.to(device),
            beta=beta,
            batch_size=self.batch_size,
            precision=resolve_precision(settings["precision"], device),
            activations_mb=settings["activations_mb"] if device.type == "cpu" else None,
            compiled=self.compiled,
        )
        self.engine = Engine(
            model,
            self.objective.gradients,
            records=len(VaeObjective.RECORDS),
            learning_rate=settings["learning_rate"],
            gradient_norm_max=settings["gradient_norm_max"],
            device=device,
        )
        self.prepare_seconds = 0.0

    def prepare(self, spec: dict[str, Any], code: str | None) -> None:
        """Compile and record what every epoch does."""
        started = time.perf_counter()
        self.objective.model.train()
        # everything that the machine code depends on, and so not β
        key = [spec, code, self.batch_size, self.objective.chunk, self.objective.precision]
        key += [device_name(self.device), torch.get_num_threads(), versions()]
        try:
            with compiled_once(self.compiled_folder, key):
                self.engine.prepare(self.steps, self.batch_size)
        except Exception as error:
            if not (self.compiled and is_compile_error(error)):
                raise
            raise ConfigError(
                f"The networks cannot be compiled ({' '.join(str(error).split())[:200]}): set the "
                "config key `training.compile` to 'never'."
            ) from error
        self.prepare_seconds = time.perf_counter() - started

    def run(self, epoch: int) -> tuple[dict[str, float], _Divergence | None]:
        """Train epoch number ``epoch`` (from 0) and validate; return the curve's row."""
        torch.manual_seed(derive_seed(*self.identity, "epoch", epoch))
        order = torch.randperm(self.images, device=self.device)[: self.images_per_epoch]
        rates = [self._learning_rate(epoch * self.steps + step) for step in range(self.steps)]
        self.objective.model.train()
        table = self.engine.run(order.view(self.steps, self.batch_size), rates)
        losses, norms = table[:, 2], table[:, 3]
        bad = ~torch.isfinite(losses) | (losses > EXPLODED_NATS) | ~torch.isfinite(norms)
        if bad.any():
            step = int(bad.nonzero()[0])
            return {}, _Divergence(epoch + 1, step + 1, float(losses[step]))
        rate, distortion, loss = self._validate()
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
            "learning_rate": rates[-1],
            "gradient_norm": means[3],
        }, None

    def _validate(self) -> tuple[float, float, float]:
        """Return R, D and D + βR on the validation split, in nats, with the same z-noise always.

        Common random numbers make epochs comparable; products are taken in the training's
        precision, as this only picks a state and is never reported as a result.
        """
        self.objective.model.eval()
        torch.manual_seed(derive_seed(*self.identity, "validate"))
        return self.objective.validate()

    def _learning_rate(self, step: int) -> float:
        return learning_rate_at(
            step,
            peak=self.settings["learning_rate"],
            warmup_steps=self.settings["warmup_epochs"] * self.steps,
            total_steps=self.settings["epochs"] * self.steps,
        )
