"""Recipes of the paper's probe and of the strong probe: epochs, learning rate, precision."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Self

import torch

from labelinfo.config.probe_settings import ProbeSettings, RecipeSettings
from labelinfo.training.compiling import resolve_compile
from labelinfo.training.device import resolve_precision
from labelinfo.training.schedule import learning_rate_at, steps_of_epoch

# the root of seeds
Identity = tuple[str | int, ...]


@dataclass(frozen=True)
class Recipe(ABC):
    """The common part of both recipes.

    Attributes
    ----------
    hidden_units
        H, in each of the two hidden layers.
    epochs, batch_size
        Passes over the training images, and images per step.
    learning_rate
        Adam's largest.
    precision
        Precision of matrix products in training: ``float32``, ``bfloat16``, or ``auto`` until
        :meth:`resolved`.
    """

    hidden_units: int
    epochs: int
    batch_size: int
    learning_rate: float
    precision: str

    # share of hidden activations that each step sets to 0
    dropout = 0.0
    # whether to keep the epoch of the smallest C on validation, instead of the last
    keeps_best = False

    @abstractmethod
    def rate(self, epoch: int, step: int, steps: int) -> float:
        """Return the learning rate of a step (from 0) of an epoch (from 0) of ``steps`` steps."""

    def compiles(self, images: int, device: torch.device) -> bool:
        """Return whether to compile bfloat16 steps for a training on ``images`` images."""
        _, steps = steps_of_epoch(images, self.batch_size)
        return resolve_compile("auto", device, steps * self.epochs)

    def resolved(self, images: int, device: torch.device) -> Self:
        """Return the recipe with ``auto`` replaced by ``float32`` or ``bfloat16``.

        On a CPU, ``auto`` means bfloat16 if its products are faster, there is a compiler, and the
        training is long enough to repay compilation: only compiled steps gain from the faster
        products. On a GPU, which records float32 steps, it means float32.
        """
        if self.precision != "auto":
            return self
        low = (
            device.type == "cpu"
            and resolve_precision("auto", device) == "bfloat16"
            and self.compiles(images, device)
        )
        return replace(self, precision="bfloat16" if low else "float32")


@dataclass(frozen=True)
class PaperRecipe(Recipe):
    """The paper's recipe: learning rate times ``decay_factor`` every ``decay_epochs``, last epoch.

    References
    ----------
    Fertig, Arbabi & Alemi (2018), https://arxiv.org/abs/1812.02682, section 3.

    Examples
    --------
    >>> recipe = PaperRecipe(200, 100, 128, 1e-4, "float32", decay_factor=0.1, decay_epochs=25)
    >>> [f"{recipe.rate(epoch, step=0, steps=390):.0e}" for epoch in (0, 24, 25, 50)]
    ['1e-04', '1e-04', '1e-05', '1e-06']
    """

    decay_factor: float
    decay_epochs: int

    @classmethod
    def of(cls, settings: ProbeSettings) -> "PaperRecipe":
        """Return the recipe of a configuration's ``probe`` section."""
        return cls(**{name: getattr(settings, name) for name in cls.__dataclass_fields__})

    def rate(self, epoch: int, step: int, steps: int) -> float:
        """Return the learning rate of a step."""
        return self.learning_rate * self.decay_factor ** (epoch // self.decay_epochs)


@dataclass(frozen=True)
class StrongRecipe(Recipe):
    """Dropout after both hidden layers; linear warm-up, cosine decay to 0; best epoch kept.

    Attributes
    ----------
    dropout
        Share p of hidden activations that each step sets to 0, rounded to a multiple of 1/256; the
        others are divided by 1 − p.
    warmup_share
        Share of the warm-up in all steps.

    Examples
    --------
    The warm-up ends at step 2 of 100; halfway through the rest, the cosine is at half its peak:

    >>> recipe = StrongRecipe(512, 10, 128, 2e-3, "float32")
    >>> [f"{recipe.rate(0, step, steps=10):.4f}" for step in (0, 2, 51)]
    ['0.0010', '0.0020', '0.0010']
    """

    dropout: float = 0.0
    warmup_share: float = 0.02
    keeps_best = True

    @classmethod
    def of(cls, settings: RecipeSettings, precision: str) -> "StrongRecipe":
        """Return the recipe of one task's section under a configuration's ``strong_probe``."""
        given = {name: getattr(settings, name) for name in RecipeSettings.model_fields}
        return cls(**given, precision=precision)

    def rate(self, epoch: int, step: int, steps: int) -> float:
        """Return the learning rate of a step."""
        total = self.epochs * steps
        return learning_rate_at(
            epoch * steps + step,
            peak=self.learning_rate,
            warmup_steps=self.warmup_share * total,
            total_steps=total,
        )
