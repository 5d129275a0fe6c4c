"""Train a batch of probes and measure their label distortion."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from labelinfo.data.dataset import Dataset
from labelinfo.probes.bfloat16 import Bfloat16Steps
from labelinfo.probes.gradients import ProbeGradients
from labelinfo.probes.mlp import BatchedMLP, label_distortion_nats
from labelinfo.provenance import versions
from labelinfo.seeds import derive_seed
from labelinfo.training.compiling import compiled_once, resolve_compile
from labelinfo.training.device import device_name
from labelinfo.training.engine import Engine

# What seeds are derived from.
Identity = tuple[str | int, ...]
# Of one probe: columns of its row, and losses (1, N) of the test images in nats.
Point = tuple[dict[str, float], np.ndarray]

# Images per step when nothing is learned.
_EVALUATION_BATCH = 1000


class Codes(Protocol):
    """Codes z ~ p(z|x) of a data set, for P probes at once."""

    probes: int
    in_features: int
    device: torch.device
    binarizations: int

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return fresh codes (P, B, F) of the images ``index`` (B,) of a split.

        The draw comes from torch's global random state. Of the N training images there are
        ``binarizations`` draws of pixels; the d-th of image i has index d · N + i. Where each probe
        has batches of its own, ``index`` is (P, B).
        """


@dataclass(frozen=True)
class LabelDistortion:
    """C on one split, for each of P probes.

    Attributes
    ----------
    per_image_nats, per_image_accuracy
        (P, N) means over the draws of z of −log c(y|z) and of whether the likeliest class is right.
    """

    per_image_nats: np.ndarray
    per_image_accuracy: np.ndarray

    def row(self, probe: int) -> dict[str, float]:
        """Return means and standard errors s/√N over images, for one probe."""
        losses, hits = self.per_image_nats[probe], self.per_image_accuracy[probe]
        root = np.sqrt(len(losses))
        return {
            "label_distortion_nats": float(losses.mean()),
            "label_distortion_nats_se": float(losses.std(ddof=1) / root),
            "label_accuracy": float(hits.mean()),
            "label_accuracy_se": float(hits.std(ddof=1) / root),
        }


def fit_probes(
    codes: Codes,
    labels: Tensor,
    classes: int,
    settings: dict[str, Any],
    identity: Identity,
    probe_names: list[str],
    *,
    compiled_folder: Path | None = None,
) -> BatchedMLP:
    """Train P probes with cross-entropy on fresh codes of the training split.

    Parameters are float32 whatever the precision of products in training, and C is measured with
    them in float32. Adam; the learning rate is multiplied by ``decay_factor`` every
    ``decay_epochs``. The sum of the P losses is minimised, which is each one on its own. Only whole
    batches are taken; the images left out differ from epoch to epoch.

    Parameters
    ----------
    codes
        Where inputs come from.
    labels
        (N,) int64 of the training split.
    classes
        K.
    settings
        The configuration's ``probe`` section, with ``precision`` resolved.
    identity
        Root of the seeds of order and noise, shared by the probes.
    probe_names
        One name per probe, which seeds its initial parameters.
    compiled_folder
        Where compiled code is kept for other probes of this shape; None keeps none.
    """
    seeds = [initial_seed(identity, name) for name in probe_names]
    batches = partial(epoch_batches, identity, codes, len(labels), settings)
    name = "-".join(map(str, identity))
    return fit_batches(
        codes, labels, classes, settings, seeds, batches, name, compiled_folder=compiled_folder
    )


def initial_seed(identity: Identity, name: str) -> int:
    """Return the seed of the initial parameters of a probe of that name."""
    return derive_seed(*identity, "initialise", name)


def epoch_batches(
    identity: Identity, codes: Codes, count: int, settings: dict[str, Any], epoch: int
) -> Tensor:
    """Seed an epoch's random numbers and return its batches (S, B) of indices for ``codes.draw``.

    ``count`` is the number N of training images.
    """
    torch.manual_seed(derive_seed(*identity, "epoch", epoch))
    steps, batch_size = _shape(count, settings)
    order = torch.randperm(count, device=codes.device)[: steps * batch_size]
    order += count * (epoch % codes.binarizations)
    return order.view(steps, batch_size)


def fit_batches(
    codes: Codes,
    labels: Tensor,
    classes: int,
    settings: dict[str, Any],
    seeds: list[int],
    batches: Callable[[int], Tensor],
    name: str,
    *,
    own_batches: bool = False,
    epochs: int | None = None,
    compiled_folder: Path | None = None,
) -> BatchedMLP:
    """Train P probes on the batches that they are given.

    Parameters
    ----------
    codes, labels, classes, settings, compiled_folder
        As for :func:`fit_probes`.
    seeds
        P seeds of initial parameters.
    batches
        Called with the number of an epoch, whose random numbers it seeds: the indices (S, B) of its
        batches, or (S, P, B) with ``own_batches``.
    name
        Shown beside the progress.
    own_batches
        Whether each probe has batches of its own, which only steps in bfloat16 can have.
    epochs
        Stop after so many of those in the settings, whose steps these are.
    """
    probes = BatchedMLP(seeds, codes.in_features, settings["hidden_units"], classes)
    probes = probes.to(codes.device)
    count = len(labels)
    steps, batch_size = _shape(count, settings)
    labels = labels.to(codes.device).repeat(codes.binarizations)

    def draw(index: Tensor) -> Tensor:
        return codes.draw("train", index)

    if settings["precision"] == "bfloat16":
        compiled = compiles(count, settings, codes.device, compiled_folder)
        engine = Bfloat16Steps(probes, draw, labels, compiled=compiled, own_batches=own_batches)
        # what the machine code depends on, and so not the number of features
        shape = [codes.probes, batch_size, settings["hidden_units"], classes, own_batches]
        key = ["probe", shape, device_name(codes.device), torch.get_num_threads(), versions()]
        with compiled_once(compiled_folder if compiled else None, key):
            engine.prepare(steps, batch_size)
    else:
        backpropagate = ProbeGradients(probes, batch_size)
        engine = Engine(
            probes,
            lambda index: backpropagate(draw(index), labels[index]),
            records=codes.probes,
            learning_rate=settings["learning_rate"],
            device=codes.device,
        )
        engine.prepare(steps, batch_size)
    planned = settings["epochs"] if epochs is None else epochs
    progress = tqdm(range(planned), desc=f"probe {name}", unit="epoch", leave=False, disable=None)
    for epoch in progress:
        rate = settings["learning_rate"] * settings["decay_factor"] ** (
            epoch // settings["decay_epochs"]
        )
        engine.run(batches(epoch), [rate] * steps)
    return probes


def compiles(
    images: int, settings: dict[str, Any], device: torch.device, folder: Path | None
) -> bool:
    """Return whether steps in bfloat16 are compiled for a training on so many images."""
    steps, _ = _shape(images, settings)
    return resolve_compile("auto", device, steps * settings["epochs"], folder)


def _shape(images: int, settings: dict[str, Any]) -> tuple[int, int]:
    """Return the number of steps an epoch, and of images a step."""
    batch_size = min(settings["batch_size"], images)
    return images // batch_size, batch_size


@torch.no_grad()
def measure_probes(
    probes: BatchedMLP, codes: Codes, split: str, labels: Tensor, *, samples: int, seed: int
) -> LabelDistortion:
    """Measure C of each probe on a split, averaged over ``samples`` draws of z per image."""
    torch.manual_seed(seed)
    losses, hits = [], []
    for index in torch.arange(len(labels), device=codes.device).split(_EVALUATION_BATCH):
        target = labels.to(codes.device)[index]
        loss = torch.zeros(codes.probes, len(index), dtype=torch.float64, device=codes.device)
        hit = torch.zeros_like(loss)
        for _ in range(samples):
            logits = probes(codes.draw(split, index))
            loss += label_distortion_nats(logits, target).double()
            hit += (logits.argmax(dim=-1) == target).double()
        losses.append((loss / samples).cpu())
        hits.append((hit / samples).cpu())
    return LabelDistortion(torch.cat(losses, dim=1).numpy(), torch.cat(hits, dim=1).numpy())


def fit_and_measure(
    codes: Codes,
    dataset: Dataset,
    task: str,
    settings: dict[str, Any],
    identity: Identity,
    name: str,
    *,
    samples: int,
    compiled_folder: Path | None = None,
) -> Point:
    """Train the one probe ``name`` and measure it.

    Return C and accuracy on test and C on validation; and the losses (1, N) of the test images, in
    nats.

    Parameters
    ----------
    codes, settings, identity, compiled_folder
        As for :func:`fit_probes`.
    dataset, task
        Where the labels come from.
    name
        Seeds the probe's initial parameters.
    samples
        Draws of z per image when C is measured; 1 for a deterministic code.
    """
    probes = fit_probes(
        codes,
        dataset.train.labels[task],
        len(dataset.classes[task]),
        settings,
        identity,
        [name],
        compiled_folder=compiled_folder,
    )
    return measure_one(probes, codes, dataset, task, identity, samples=samples)


def measure_one(
    probes: BatchedMLP,
    codes: Codes,
    dataset: Dataset,
    task: str,
    identity: Identity,
    *,
    samples: int,
) -> Point:
    """Measure the one probe of a batch as :func:`fit_and_measure` does."""
    test, valid = (
        measure_probes(
            probes,
            codes,
            split,
            dataset.split(split).labels[task],
            samples=samples,
            seed=derive_seed(*identity, "measure", split),
        )
        for split in ("test", "valid")
    )
    return tested_row(test, valid), test.per_image_nats


def tested_row(test: LabelDistortion, valid: LabelDistortion) -> dict[str, float]:
    """Return C and accuracy of the one probe on test, and its C on validation."""
    by_valid = valid.row(0)["label_distortion_nats"]
    return {**test.row(0), "label_distortion_valid_nats": by_valid}
