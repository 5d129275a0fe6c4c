"""The paper's probe and the strong one on the same codes, and whether each has converged."""

import logging
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from labelinfo.probes.codes import Codes, TaskLabels
from labelinfo.probes.fit import fit_probes
from labelinfo.probes.label_distortion import LabelDistortion
from labelinfo.probes.measure import measure_probes
from labelinfo.probes.mlp import BatchedMLP
from labelinfo.probes.recipe import Identity, PaperRecipe, StrongRecipe
from labelinfo.seeds import derive_seed

logger = logging.getLogger(__name__)

KINDS = ("paper", "strong")
# which of a job's files has the losses of each
LOSSES = {"paper": "losses", "strong": "strong_losses"}
# C on train is of so many training images at most, drawn at random, with so many draws of z
TRAIN_IMAGES_MAX = 10_000
_TRAIN_SAMPLES = 4


@dataclass(frozen=True)
class ProbeSettings:
    """How the probes of one task are trained and measured.

    C on test and validation is measured with ``samples`` draws of z per image; 1 for a
    deterministic code. See :class:`Probed` for ``converged_nats``.
    """

    paper: PaperRecipe
    strong: StrongRecipe
    samples: int
    converged_nats: float

    @classmethod
    def of(cls, probe: dict[str, Any], strong: dict[str, Any]) -> "ProbeSettings":
        """Return the settings of the configuration's ``probe`` and a task's strong recipe."""
        return cls(
            PaperRecipe.of(probe),
            StrongRecipe.of(strong | {"precision": probe["precision"]}),
            **{key: probe[key] for key in ("samples", "converged_nats")},
        )

    def resolved(self, images: int, device: torch.device) -> "ProbeSettings":
        """Return the settings with the precision of both recipes resolved."""
        paper, strong = (recipe.resolved(images, device) for recipe in (self.paper, self.strong))
        return replace(self, paper=paper, strong=strong)

    @property
    def precisions(self) -> dict[str, str]:
        """The precision of each kind's products in training."""
        return {"paper": self.paper.precision, "strong": self.strong.precision}


@dataclass(frozen=True)
class Probed:
    """C of P probes of one kind on each split, and whether they have converged.

    Attributes
    ----------
    splits
        C by split; of train on a seeded subset of at most :data:`TRAIN_IMAGES_MAX` images.
    converged
        (P,) bool. A paper's probe has converged if the strong probe's C on validation is not lower
        by more than ``converged_nats``. A strong probe has converged if it is not better on
        validation by more than that than one of half its epochs, whose learning rate ends at 0 too.
        So neither rule mistakes a decayed learning rate for convergence.
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
        """Return the mean over probe seeds as one probe, converged if most of them have."""
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
    settings: ProbeSettings,
    identities: list[Identity],
    names: list[str],
) -> dict[str, Probed]:
    """Train and measure P probes of each of the two :data:`KINDS`.

    Parameters are those of :func:`~labelinfo.probes.fit.fit_probes`. The precision of both recipes
    is resolved.
    """
    paper = fit_probes(codes, labels, settings.paper, identities, names)
    strong = fit_probes(codes, labels, settings.strong, identities, names)
    splits = {
        kind: measure_splits(fitted.probes, codes, labels, identities[0], settings.samples)
        for kind, fitted in (("paper", paper), ("strong", strong))
    }
    # one seed is enough to see whether length matters
    few = 1 if len(identities) > 1 else len(names)
    shorter = replace(settings.strong, epochs=-(-settings.strong.epochs // 2))
    half = fit_probes(codes, labels, shorter, identities[:1], names[:few])
    gain = half.best_valid_nats - strong.best_valid_nats[:few]
    behind = splits["paper"]["valid"].nats - splits["strong"]["valid"].nats
    # so phrased that a probe that has diverged has not converged
    converged = {
        "paper": behind <= settings.converged_nats,
        "strong": np.broadcast_to(gain <= settings.converged_nats, behind.shape),
    }
    return {kind: Probed(splits[kind], converged[kind]) for kind in KINDS}


def both_columns(probed: dict[str, Probed], probe: int = 0) -> dict[str, float | bool]:
    """Return the columns of one probe's row, of both kinds; the strong one's begin ``strong_``."""
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
    """Measure P probes on test and validation, and on a seeded part of train.

    Each image of test and validation has ``samples`` draws of z, seeded by ``identity``.
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
