"""The random numbers of probes that train as one batch: order, noise of codes, dropout."""

import torch
from torch import Tensor

from labelinfo.probes.codes import Codes
from labelinfo.probes.recipe import Identity, Recipe
from labelinfo.seeds import derive_seed

# of dropout: a hidden activation stays if its random byte is below a threshold
_LEVELS = 256


class Streams:
    """One stream of random numbers for all probes of a batch, or one for each.

    On a CPU a probe with a stream of its own draws what it would draw if it trained alone. On a
    GPU, whose steps are recorded, each probe has its own order; noise and dropout come from one
    stream, and each probe takes its own part of it.

    Parameters
    ----------
    codes
        Of P probes that share a stream, or of one, whose codes each stream draws for itself.
    identities
        Root of the seeds of each stream.
    images
        Number N of training images.
    recipe
        Of the training.
    """

    def __init__(
        self, codes: Codes, identities: list[Identity], images: int, recipe: Recipe
    ) -> None:
        self.count = len(identities)
        self._codes, self._identities, self._images = codes, identities, images
        self._steps, self._batch_size = recipe.shape(images)
        self._hidden_units = recipe.hidden_units
        self._kept_levels = round(_LEVELS * (1 - recipe.dropout))
        self._separate = self.count > 1 and codes.device.type == "cpu"
        self._states = [torch.get_rng_state()] * self.count

    @property
    def mask_scale(self) -> float:
        """Factor of an activation that stays, which keeps its mean as it is without dropout."""
        return _LEVELS / self._kept_levels

    def epoch(self, number: int) -> Tensor:
        """Seed an epoch's random numbers; return its batches of indices for ``codes.draw``.

        They are (S, B) of a stream that probes share, (S, P, B) of P streams.
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
        """Return codes (P, B, F) of a step's images, and which hidden activations stay.

        The latter are (P, B, H), or (1, B, H) for all probes, bool, one tensor for each hidden
        layer; none without dropout.
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
            # eight bytes at a time: a draw for each number would take as long as the products
            whole = torch.empty(-(-size // 8), dtype=torch.int64, device=z.device)
            levels = whole.random_(-(2**63), None).view(torch.uint8)[:size]
            kept = levels < self._kept_levels
            masks.append(kept.view(streams, self._batch_size, self._hidden_units))
        return z, masks
