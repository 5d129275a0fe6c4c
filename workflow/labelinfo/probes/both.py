"""The paper's probe and the strong probe on the same codes, and their convergence."""

import logging
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from labelinfo.config.probe_settings import TaskProbeSettings
from labelinfo.probes.codes import Codes, TaskLabels
from labelinfo.probes.fit import fit_probes
from labelinfo.probes.label_distortion import LabelDistortion
from labelinfo.probes.measure import measure_probes
from labelinfo.probes.mlp import BatchedMLP
from labelinfo.probes.recipe import Identity, PaperRecipe, StrongRecipe
from labelinfo.seeds import derive_seed

logger = logging.getLogger(__name__)

KINDS = ("paper", "strong")
# key of the losses of each kind among a job's files
LOSSES = {"paper": "losses", "strong": "strong_losses"}
# C on train uses at most TRAIN_IMAGES_MAX random training images, with few draws of z each
TRAIN_IMAGES_MAX = 10_000
_TRAIN_SAMPLES = 4


@dataclass(frozen=True)
class ProbeRecipes:
    """Recipes for the training and measurement of one task's probes.

    C on test and validation uses ``samples`` draws of z per image, 1 for a deterministic code.
    See :class:`Probed` for ``converged_nats``.
    """

    paper: PaperRecipe
    strong: StrongRecipe
    samples: int
    converged_nats: float

    @classmethod
    def of(cls, settings: TaskProbeSettings) -> "ProbeRecipes":
        """Return the recipes of a task's settings."""
        probe = settings.probe
        return cls(
            PaperRecipe.of(probe),
            StrongRecipe.of(settings.strong_probe, probe.precision),
            samples=probe.samples,
            converged_nats=probe.converged_nats,
        )

    def resolved(self, images: int, device: torch.device) -> "ProbeRecipes":
        """Return the recipes with their precision resolved."""
        paper, strong = (recipe.resolved(images, device) for recipe in (self.paper, self.strong))
        return replace(self, paper=paper, strong=strong)

    @property
    def precisions(self) -> dict[str, str]:
        """The training precision of each kind."""
        return {"paper": self.paper.precision, "strong": self.strong.precision}


@dataclass(frozen=True)
class Probed:
    """C of P probes of one kind on each split, and whether they have converged.

    Attributes
    ----------
    splits
        C by split; on train, of a seeded subset of at most :data:`TRAIN_IMAGES_MAX` images.
    converged
        (P,) bool, judged by C on validation with the tolerance ``converged_nats``. A paper probe
        has converged if the strong probe's C is at most that much lower. A strong probe has
        converged if its C is at most that much lower than that of a probe with half the epochs,
        whose learning rate also ends at 0. So neither rule mistakes a decayed learning rate for
        convergence.
    """

    splits: dict[str, LabelDistortion]
    converged: np.ndarray

    @property
    def losses(self) -> np.ndarray:
        """Losses of the test images, (P, N), in nats."""
        return self.splits["test"].per_image_nats

    def columns(self, probe: int) -> dict[str, float | bool]:
        """Return the columns of one probe's row."""
        return {
            **self.splits["test"].row(probe),
            "label_distortion_valid_nats": float(self.splits["valid"].nats[probe]),
            "label_distortion_train_nats": float(self.splits["train"].nats[probe]),
            "probe_converged": bool(self.converged[probe]),
        }

    def over_seeds(self) -> "Probed":
        """Return the mean over probe seeds as one probe, converged if most seeds have converged."""
        means = {name: split.mean() for name, split in self.splits.items()}
        return Probed(means, np.array([2 * self.converged.sum() > len(self.converged)]))

    @property
    def seed_sd_nats(self) -> float:
        """Standard deviation of C on test over the probes (divisor P − 1); NaN for one probe."""
        nats = self.splits["test"].nats
        return float(nats.std(ddof=1)) if len(nats) > 1 else float("nan")


def probe_both(
    codes: Codes,
    labels: TaskLabels,
    recipes: ProbeRecipes,
    identities: list[Identity],
    names: list[str],
) -> dict[str, Probed]:
    """Train and measure P probes of each of the two :data:`KINDS`.

    Parameters are those of :func:`~labelinfo.probes.fit.fit_probes`. Both recipes need a resolved
    precision.
    """
    paper = fit_probes(codes, labels, recipes.paper, identities, names)
    strong = fit_probes(codes, labels, recipes.strong, identities, names)
    splits = {
        kind: measure_splits(fitted.probes, codes, labels, identities[0], recipes.samples)
        for kind, fitted in (("paper", paper), ("strong", strong))
    }
    # one seed is enough to see whether more epochs lower C
    few = 1 if len(identities) > 1 else len(names)
    shorter = replace(recipes.strong, epochs=-(-recipes.strong.epochs // 2))
    half = fit_probes(codes, labels, shorter, identities[:1], names[:few])
    gain = half.best_valid_nats - strong.best_valid_nats[:few]
    behind = splits["paper"]["valid"].nats - splits["strong"]["valid"].nats
    # written so that a diverged probe (NaN) has not converged
    converged = {
        "paper": behind <= recipes.converged_nats,
        "strong": np.broadcast_to(gain <= recipes.converged_nats, behind.shape),
    }
    return {kind: Probed(splits[kind], converged[kind]) for kind in KINDS}


def both_columns(probed: dict[str, Probed], probe: int = 0) -> dict[str, float | bool]:
    """Return one probe's columns of both kinds; the strong probe's have the prefix ``strong_``."""
    strong = probed["strong"].columns(probe)
    return probed["paper"].columns(probe) | {f"strong_{key}": strong[key] for key in strong}


def log_point(row: dict[str, Any], name: str = "") -> None:
    """Log the main numbers of a row with the columns of both kinds."""
    logger.info(
        "%sC = %.3f ± %.3f nats, accuracy %.1f %%; strong probe %.3f ± %.3f nats",
        name,
        row["label_distortion_nats"],
        row["label_distortion_nats_se"],
        100 * row["label_accuracy"],
        row["strong_label_distortion_nats"],
        row["strong_label_distortion_nats_se"],
    )


def measure_splits(
    probes: BatchedMLP, codes: Codes, labels: TaskLabels, identity: Identity, samples: int
) -> dict[str, LabelDistortion]:
    """Measure P probes on test, validation and a seeded part of train.

    Test and validation use ``samples`` draws of z per image, seeded by ``identity``.
    """
    train = labels.splits["train"]
    generator = torch.Generator().manual_seed(derive_seed(*identity, "measure", "train subset"))
    part = torch.randperm(len(train), generator=generator)[:TRAIN_IMAGES_MAX].sort().values
    places = {
        "test": (labels.splits["test"], None, samples),
        "valid": (labels.splits["valid"], None, samples),
        "train": (train[part], part, min(samples, _TRAIN_SAMPLES)),
    }
    return {
        name: measure_probes(
            probes,
            codes,
            name,
            own,
            samples=draws,
            seed=derive_seed(*identity, "measure", name),
            index=index,
        )
        for name, (own, index, draws) in places.items()
    }
