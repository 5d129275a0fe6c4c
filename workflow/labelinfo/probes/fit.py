"""Train a batch of probes."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from labelinfo.probes.bfloat16 import Bfloat16Steps
from labelinfo.probes.codes import Codes
from labelinfo.probes.label_distortion import label_distortion_nats
from labelinfo.probes.measure import TaskLabels, measure_probes
from labelinfo.probes.mlp import BatchedMLP
from labelinfo.probes.recipe import Identity, Recipe
from labelinfo.probes.streams import Streams
from labelinfo.provenance import versions
from labelinfo.seeds import derive_seed
from labelinfo.training.compiling import compiled_once
from labelinfo.training.device import device_name
from labelinfo.training.engine import Engine

# Of a training that keeps its best epoch, at most so many are measured on validation by default.
MEASURED_EPOCHS = 30


@dataclass(frozen=True)
class Fitted:
    """P trained probes.

    Attributes
    ----------
    probes
        The network.
    best_valid_nats
        C on validation of the epoch that was kept, (P,), with one draw of z per image; None where
        the last epoch is kept.
    """

    probes: BatchedMLP
    best_valid_nats: np.ndarray | None = None


def fit_probes(
    codes: Codes,
    labels: TaskLabels,
    recipe: Recipe,
    identities: list[Identity],
    names: list[str],
    *,
    compiled_folder: Path | None = None,
    valid_images_max: int | None = None,
    measured_epochs: int = MEASURED_EPOCHS,
) -> Fitted:
    """Train P probes with cross-entropy on fresh codes of the training split.

    Parameters are float32 whatever the precision of products in training, and C is measured with
    them in float32. Adam minimises the sum of the P losses, which is each one on its own. Only
    whole batches are taken; the images left out differ from epoch to epoch. Where the recipe keeps
    the best epoch, each probe keeps its own, by C on validation.

    Parameters
    ----------
    codes
        Where inputs come from: of P probes for one identity, of one probe for P identities.
    labels
        Of the task; those of test are not read.
    recipe
        How to train, with its precision resolved.
    identities
        Roots of the seeds of order, noise and dropout: one for all probes, or one for each.
    names
        One per probe, which seeds its initial parameters under its identity.
    compiled_folder
        Where compiled code is kept for other probes of this shape; None keeps none.
    valid_images_max
        Keep the epoch that is best on so many images of the validation split; None takes all.
    measured_epochs
        Of all epochs at most so many, evenly spaced, are measured on validation.
    """
    train = labels.splits["train"]
    roots = identities * (len(names) // len(identities))
    seeds = [
        derive_seed(*root, "initialise", name) for root, name in zip(roots, names, strict=True)
    ]
    probes = BatchedMLP(seeds, codes.in_features, recipe.hidden_units, labels.classes)
    probes = probes.to(codes.device)
    streams = Streams(codes, identities, len(train), recipe)
    steps = _Steps(probes, streams, train.to(codes.device), codes, recipe, compiled_folder)
    valid = labels.splits["valid"][:valid_images_max]
    best = _Best(probes, codes, valid, identities[0]) if recipe.keeps_best else None
    spacing = -(-recipe.epochs // measured_epochs)
    name = "-".join(map(str, identities[0]))
    progress = tqdm(
        range(recipe.epochs), desc=f"probe {name}", unit="epoch", leave=False, disable=None
    )
    for epoch in progress:
        steps.run(epoch)
        if best and ((epoch + 1) % spacing == 0 or epoch + 1 == recipe.epochs):
            best.keep()
    return best.fitted() if best else Fitted(probes)


class _Steps:
    """The steps of a training, in the precision of its recipe."""

    def __init__(
        self,
        probes: BatchedMLP,
        streams: Streams,
        labels: Tensor,
        codes: Codes,
        recipe: Recipe,
        compiled_folder: Path | None,
    ) -> None:
        self._streams, self._recipe = streams, recipe
        self._count, self._batch_size = recipe.shape(len(labels))
        self._own = streams.count > 1
        self._probes, self._labels = probes, labels.repeat(codes.binarizations)
        if recipe.precision == "bfloat16":
            self._engine = self._in_bfloat16(len(labels), codes.device, compiled_folder)
        else:
            self._engine = self._in_float32(codes.device)

    def run(self, epoch: int) -> None:
        """Take the steps of an epoch."""
        batches = self._streams.epoch(epoch)
        if isinstance(self._engine, Engine):
            # it knows batches of one dimension
            batches = batches.flatten(1)
        rate = partial(self._recipe.rate, epoch, steps=self._count)
        self._engine.run(batches, [rate(step) for step in range(self._count)])

    def _in_bfloat16(
        self, images: int, device: torch.device, compiled_folder: Path | None
    ) -> Bfloat16Steps:
        compiled = self._recipe.compiles(images, device, compiled_folder)
        scale = self._streams.mask_scale
        engine = Bfloat16Steps(
            self._probes, self._streams.draw, self._labels, compiled=compiled, mask_scale=scale
        )
        # what the machine code depends on, and so not the number of features
        shapes = [list(parameter.shape) for parameter in self._probes.biases]
        shape = [shapes, self._batch_size, self._own, self._recipe.dropout > 0]
        key = ["probe", shape, device_name(device), torch.get_num_threads(), versions()]
        with compiled_once(compiled_folder if compiled else None, key):
            engine.prepare(self._streams.epoch(0))
        return engine

    def _in_float32(self, device: torch.device) -> Engine:
        width = self._batch_size * self._streams.count
        engine = Engine(
            self._probes,
            self._gradients,
            records=len(self._probes.biases[0]),
            learning_rate=self._recipe.learning_rate,
            device=device,
        )
        engine.prepare(self._count, width)
        return engine

    def _gradients(self, index: Tensor) -> Tensor:
        if self._own:
            index = index.view(self._streams.count, -1)
        z, masks = self._streams.draw(index)
        logits = self._probes(z, masks, self._streams.mask_scale)
        losses = label_distortion_nats(logits, self._labels[index]).mean(dim=1)
        losses.sum().backward()
        return losses.detach()


class _Best:
    """The parameters of each probe at its smallest C on validation."""

    def __init__(
        self, probes: BatchedMLP, codes: Codes, labels: Tensor, identity: Identity
    ) -> None:
        self._probes, self._codes, self._labels = probes, codes, labels
        # the same draws after each epoch, so that epochs differ by their probes alone
        self._seed = derive_seed(*identity, "best epoch")
        self._kept = [parameter.detach().clone() for parameter in probes.parameters()]
        self._nats = np.full(len(self._kept[0]), np.inf)

    def keep(self) -> None:
        """Keep what is better than before."""
        nats = measure_probes(
            self._probes, self._codes, "valid", self._labels, samples=1, seed=self._seed
        ).nats
        # a probe that has diverged is never better
        better = torch.from_numpy(nats < self._nats)
        self._nats = np.fmin(self._nats, nats)
        for kept, parameter in zip(self._kept, self._probes.parameters(), strict=True):
            kept[better] = parameter.detach()[better.to(kept.device)]

    def fitted(self) -> Fitted:
        """Return the probes with the parameters that were kept."""
        with torch.no_grad():
            for kept, parameter in zip(self._kept, self._probes.parameters(), strict=True):
                parameter.copy_(kept)
        return Fitted(self._probes, self._nats)
