"""Train a batch of probes."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from labelinfo.probes.bfloat16 import Bfloat16Steps
from labelinfo.probes.codes import Codes, TaskLabels
from labelinfo.probes.label_distortion import label_distortion_nats
from labelinfo.probes.measure import measure_probes
from labelinfo.probes.mlp import BatchedMLP
from labelinfo.probes.recipe import Identity, Recipe
from labelinfo.seeds import derive_seed
from labelinfo.training.engine import Engine
from labelinfo.training.schedule import steps_of_epoch

# Default maximum number of epochs that are measured on validation, to keep the best.
MEASURED_EPOCHS = 30
# dropout keeps a hidden activation if its random byte is below a threshold
_LEVELS = 256


@dataclass(frozen=True)
class Fitted:
    """P trained probes.

    Attributes
    ----------
    probes
        The network.
    best_valid_nats
        C on validation of the best epoch, (P,), with one draw of z per image; None if the recipe
        keeps the last epoch.
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
    valid_images_max: int | None = None,
    measured_epochs: int = MEASURED_EPOCHS,
) -> Fitted:
    """Train P probes with cross-entropy on fresh codes of the training split.

    Adam minimises the sum of the P losses, which share no parameters. The recipe's precision
    applies to products in training only; parameters and the measurement of C are float32. Only
    whole batches are used; the images left out differ from epoch to epoch. If the recipe keeps the
    best epoch, each probe keeps its own, by C on validation.

    Parameters
    ----------
    codes
        Inputs: of P probes for one identity, or of one probe for P identities.
    labels
        The task's labels; those of test are not read.
    recipe
        The recipe, with its precision resolved.
    identities
        Roots of the seeds of order, noise and dropout: one for all probes, or one for each.
    names
        One per probe; with the identity, it seeds the probe's initial parameters.
    valid_images_max
        Maximum number of validation images that choose the epoch; None uses all.
    measured_epochs
        Maximum number of epochs, evenly spaced, that are measured on validation.
    """
    train = labels.splits["train"]
    roots = identities * (len(names) // len(identities))
    seeds = [
        derive_seed(*root, "initialise", name) for root, name in zip(roots, names, strict=True)
    ]
    probes = BatchedMLP(seeds, codes.in_features, recipe.hidden_units, labels.classes)
    probes = probes.to(codes.device)
    streams = Streams(codes, identities, len(train), recipe)
    steps = _Steps(probes, streams, train.to(codes.device), codes, recipe)
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
        self, probes: BatchedMLP, streams: "Streams", labels: Tensor, codes: Codes, recipe: Recipe
    ) -> None:
        self._probes, self._streams, self._recipe = probes, streams, recipe
        batch_size, self._count = steps_of_epoch(len(labels), recipe.batch_size)
        self._labels = labels.repeat(codes.binarizations)
        self._engine: Bfloat16Steps | Engine
        if recipe.precision == "bfloat16":
            self._engine = Bfloat16Steps(
                probes,
                streams.draw,
                self._labels,
                compiled=recipe.compiles(len(labels), codes.device),
                mask_scale=streams.mask_scale,
            )
            self._engine.prepare(streams.epoch(0))
        else:
            self._engine = Engine(
                probes,
                self._gradients,
                records=len(probes.biases[0]),
                learning_rate=recipe.learning_rate,
                device=codes.device,
            )
            self._engine.prepare(self._count, batch_size * streams.count)

    def run(self, epoch: int) -> None:
        """Take the steps of an epoch."""
        batches = self._streams.epoch(epoch)
        if isinstance(self._engine, Engine):
            # an engine's batches have one dimension
            batches = batches.flatten(1)
        rates = [self._recipe.rate(epoch, step, self._count) for step in range(self._count)]
        self._engine.run(batches, rates)

    def _gradients(self, index: Tensor) -> Tensor:
        if self._streams.count > 1:
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
        # the same draws after each epoch, so that epochs differ only by their probes
        self._seed = derive_seed(*identity, "best epoch")
        self._kept = [parameter.detach().clone() for parameter in probes.parameters()]
        self._nats = np.full(len(self._kept[0]), np.inf)

    def keep(self) -> None:
        """Keep the parameters of the probes that have improved."""
        nats = measure_probes(
            self._probes, self._codes, "valid", self._labels, samples=1, seed=self._seed
        ).nats
        # NaN compares false: a diverged probe is never better
        better = torch.from_numpy(nats < self._nats)
        self._nats = np.fmin(self._nats, nats)
        for kept, parameter in zip(self._kept, self._probes.parameters(), strict=True):
            kept[better] = parameter.detach()[better.to(kept.device)]

    def fitted(self) -> Fitted:
        """Return the probes with their best parameters."""
        with torch.no_grad():
            for kept, parameter in zip(self._kept, self._probes.parameters(), strict=True):
                parameter.copy_(kept)
        return Fitted(self._probes, self._nats)


class Streams:
    """Random numbers of a batch of probes: order, noise of codes, dropout.

    All probes share one stream, or each has its own. On a CPU, a probe with its own stream draws
    the same numbers as if it were trained alone. On a GPU, where steps are recorded, each probe has
    its own order, but noise and dropout come from one stream that the probes divide.

    ``codes`` are of P probes that share a stream, or of one probe that each stream draws for.
    ``identities`` are the roots of the streams' seeds, ``images`` the number of training images.
    """

    def __init__(
        self, codes: Codes, identities: list[Identity], images: int, recipe: Recipe
    ) -> None:
        self.count = len(identities)
        self._codes, self._identities, self._images = codes, identities, images
        self._batch_size, self._steps = steps_of_epoch(images, recipe.batch_size)
        self._hidden_units = recipe.hidden_units
        self._kept_levels = round(_LEVELS * (1 - recipe.dropout))
        # factor of kept activations, which preserves their mean
        self.mask_scale = _LEVELS / self._kept_levels
        self._separate = self.count > 1 and codes.device.type == "cpu"
        self._states = [torch.get_rng_state()] * self.count

    def epoch(self, number: int) -> Tensor:
        """Seed an epoch's random numbers; return its batches of indices for ``codes.draw``.

        Their shape is (S, B) for a shared stream and (S, P, B) for P streams.
        """
        orders = []
        for stream in reversed(range(self.count)):
            torch.manual_seed(derive_seed(*self._identities[stream], "epoch", number))
            taken = self._steps * self._batch_size
            order = torch.randperm(self._images, device=self._codes.device)[:taken]
            order += self._images * (number % self._codes.binarizations)
            orders.insert(0, order.view(self._steps, self._batch_size))
            if self._separate:
                self._states[stream] = torch.get_rng_state()
        return torch.stack(orders, dim=1) if self.count > 1 else orders[0]

    def draw(self, index: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return codes (P, B, F) of a step's images, and the masks of the kept activations.

        Each hidden layer has a mask (P, B, H), or (1, B, H) for all probes; without dropout there
        are none.
        """
        if not self._separate:
            return self._drawn(index)
        parts = []
        for stream, own in enumerate(index):
            torch.set_rng_state(self._states[stream])
            parts.append(self._drawn(own))
            self._states[stream] = torch.get_rng_state()
        masks = [torch.cat(each) for each in zip(*(part[1] for part in parts), strict=True)]
        return torch.cat([part[0] for part in parts]), masks

    def _drawn(self, index: Tensor) -> tuple[Tensor, list[Tensor]]:
        streams = 1 if index.ndim == 1 else len(index)
        z = self._codes.draw("train", index.flatten())
        if streams > 1:
            z = z.view(streams, -1, z.shape[-1])
        if self._kept_levels == _LEVELS:
            return z, []
        size = streams * self._batch_size * self._hidden_units
        masks = []
        for _ in range(2):
            # eight bytes per draw: one draw per activation would take as long as the products
            whole = torch.empty(-(-size // 8), dtype=torch.int64, device=z.device)
            levels = whole.random_(-(2**63), None).view(torch.uint8)[:size]
            kept = levels < self._kept_levels
            masks.append(kept.view(streams, self._batch_size, self._hidden_units))
        return z, masks
