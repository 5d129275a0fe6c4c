"""Optimiser steps on D + βR, round by round: batches, schedules, validation, divergence."""

import math
import time
from typing import Any

import torch
from torch import Tensor

from labelinfo.data.dataset import Dataset
from labelinfo.errors import ConfigError
from labelinfo.models.contract import check_contract
from labelinfo.models.vae import VaeSpec
from labelinfo.provenance import versions
from labelinfo.seeds import derive_seed
from labelinfo.training.advance import Divergence
from labelinfo.training.compiling import compiled_once, is_compile_error, resolve_compile
from labelinfo.training.device import Hardware, device_name, resolve_precision
from labelinfo.training.engine import Engine
from labelinfo.training.objective import VaeObjective
from labelinfo.training.schedule import Steps

# A loss beyond this, in nats per image, has diverged: a coin toss per pixel costs 543.
EXPLODED_NATS = 1e6


class TrainingLoop:
    """A VAE, its objective and its optimiser, advanced by rounds of equally many steps.

    Every random number comes from ``identity`` and the number of the round or epoch, so that a
    training that resumes from a checkpoint gives the same bits as an undisturbed one.

    Parameters
    ----------
    spec, dataset
        The model and its images.
    settings
        The configuration's ``training`` section.
    identity
        Root of the seeds.
    round_steps, total_steps
        Steps of a round, None for those of an epoch; and of the training, which decides whether
        compiling pays.
    hardware
        Where to train, and where compiled code is kept.
    """

    remedy = "lower `training.learning_rate` or leave this β out"

    def __init__(
        self,
        spec: VaeSpec,
        dataset: Dataset,
        settings: dict[str, Any],
        identity: tuple[str | int, ...],
        *,
        round_steps: int | None,
        total_steps: int,
        hardware: Hardware,
    ) -> None:
        torch.manual_seed(derive_seed(*identity, "initialise"))
        model = spec.build()
        model.initialise(dataset.train.images.view(-1, 1, 28, 28))
        check_contract(model, spec, dataset.valid.images[:2].view(-1, 1, 28, 28).float())
        device, compiled_folder = hardware.device, hardware.compiled_folder
        self.name = "-".join(map(str, identity))
        self.spec, self.settings, self.identity, self.device = spec, settings, identity, device
        self.model = model.to(device)
        self.images = len(dataset.train)
        self.batch_size, self.epoch_steps = steps_of_epoch(self.images, settings["batch_size"])
        self.round_steps = round_steps or self.epoch_steps
        self.round_images = self.round_steps * self.batch_size
        self.compiled = resolve_compile(settings["compile"], device, total_steps, compiled_folder)
        self.compiled_folder = compiled_folder if self.compiled else None
        self.objective = VaeObjective(
            self.model,
            dataset.train.to(device),
            dataset.valid.to(device),
            # each round sets its own
            beta=1.0,
            batch_size=self.batch_size,
            precision=resolve_precision(settings["precision"], device),
            activations_mb=settings["activations_mb"] if device.type == "cpu" else None,
            compiled=self.compiled,
        )
        self.engine = Engine(
            self.model,
            self.objective.gradients,
            records=len(VaeObjective.RECORDS),
            learning_rate=settings["learning_rate"],
            gradient_norm_max=settings["gradient_norm_max"],
            scheduled=self.objective.training_beta,
            device=device,
        )
        self.optimizer = self.engine.optimizer
        self.prepare_seconds = 0.0

    @property
    def arithmetic(self) -> dict[str, Any]:
        """What the machine decides and the last bits depend on."""
        return {"compiled": self.compiled, "decoder_chunk": self.objective.chunk}

    def prepare(self, code: str | None) -> None:
        """Compile and record a step.

        Raises
        ------
        ConfigError
            If the networks cannot be compiled.
        """
        started = time.perf_counter()
        self.model.train()
        # everything that the machine code depends on, and so not β
        key = [self.spec.as_dict(), code, self.batch_size, self.objective.chunk]
        key += [self.objective.precision, device_name(self.device), torch.get_num_threads()]
        try:
            with compiled_once(self.compiled_folder, [*key, versions()]):
                self.engine.prepare(self.round_steps, self.batch_size)
        except Exception as error:
            if not (self.compiled and is_compile_error(error)):
                raise
            raise ConfigError(
                f"The networks cannot be compiled ({' '.join(str(error).split())[:200]}): set the "
                "config key `training.compile` to 'never'."
            ) from error
        self.prepare_seconds = time.perf_counter() - started

    def batches(self, number: int) -> Tensor:
        """Seed torch for round ``number``, from 0, and return its batches (S, B) of indices.

        Rounds go through the images epoch by epoch; each epoch has an order of its own.
        """
        first = number * self.round_steps
        epochs = range(
            first // self.epoch_steps, -(-(first + self.round_steps) // self.epoch_steps)
        )
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

    def run(self, number: int, steps: Steps) -> tuple[dict[str, float], Divergence | None]:
        """Take the steps of round ``number`` and validate; return the curve's row, or the fault."""
        batches = self.batches(number)
        self.objective.beta = steps.valid_beta
        self.model.train()
        table = self.engine.run(batches, steps.learning_rates, steps.betas)
        losses, norms = table[:, 2], table[:, 3]
        bad = ~torch.isfinite(losses) | (losses > EXPLODED_NATS) | ~torch.isfinite(norms)
        if bad.any():
            step = int(bad.nonzero()[0])
            return {}, Divergence(step + 1, float(losses[step]))
        rate, distortion, loss = self.validate()
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

    def summary(self, row: dict[str, float]) -> str:
        """Return a row of the curve as a phrase for the log."""
        rate, distortion, loss = (
            row[f"valid_{name}_nats"] for name in ("rate", "distortion", "loss")
        )
        return (
            f"train D + βR {row['train_loss_nats']:.2f}, valid D {distortion:.2f} + "
            f"{self.objective.beta:g} · R {rate:.2f} = {loss:.2f} nats"
        )

    def validate(self) -> tuple[float, float, float]:
        """Return R, D and D + βR on the validation split, in nats, with the same z-noise always.

        Common random numbers make epochs comparable. Products have the training's precision, as
        the result only selects a state and is never reported.
        """
        self.model.eval()
        torch.manual_seed(derive_seed(*self.identity, "validate"))
        return self.objective.validate()


def steps_of_epoch(images: int, batch_size: int) -> tuple[int, int]:
    """Return the batch size and the number of whole batches in an epoch.

    Every step has one shape; the images left out differ from epoch to epoch.
    """
    batch_size = min(batch_size, images)
    return batch_size, images // batch_size
