"""Codes that are a deterministic function of the image."""

from collections.abc import Callable

import torch
from torch import Tensor

from labelinfo.data.dataset import Dataset, draw_binary
from labelinfo.seeds import derive_seed

# at full width, about what a core's cache holds; no processor seen so far gave other bits for it
_ENCODING_BATCH = 200


class FeatureCodes:
    """z = f(x), for one probe; f runs once per image.

    Where the training images are intensities, it runs once for each of ``binarizations`` seeded
    binarisations of the split, which epochs use in turn.

    ``standardised`` codes have mean 0 and deviation 1 on the training split, each number by itself.
    That is an invertible map (but for numbers that never vary, which only lose their mean), so it
    changes no information, only how well a probe of a given learning rate finds it.
    """

    probes = 1

    def __init__(
        self,
        features: Callable[[Tensor], Tensor],
        dataset: Dataset,
        *,
        binarizations: int,
        identity: tuple[str | int, ...],
        device: torch.device,
        standardised: bool = False,
    ) -> None:
        self.device = device
        self.binarizations = 1 if dataset.train.is_binary else binarizations
        self._encode = features
        self._features = {
            "train": torch.cat(
                [
                    self._all(dataset.train.images, derive_seed(*identity, "binarize", draw))
                    for draw in range(self.binarizations)
                ]
            ),
            "valid": self._all(dataset.valid.images, 0),
            "test": self._all(dataset.test.images, 0),
        }
        if standardised:
            deviation, mean = torch.std_mean(self._features["train"], dim=0)
            scale = torch.where(deviation > 0, deviation, 1.0)
            self._features = {
                name: (features - mean) / scale for name, features in self._features.items()
            }
        sample = self.draw("train", torch.zeros(1, dtype=torch.long, device=device))
        self.in_features = sample.shape[-1]

    @torch.no_grad()
    def _all(self, images: Tensor, seed: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        batches = [
            self._encode(draw_binary(batch, generator).to(self.device))
            for batch in images.split(_ENCODING_BATCH)
        ]
        return torch.cat(batches)

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (1, B, F)."""
        return self._features[split][index].unsqueeze(0)
