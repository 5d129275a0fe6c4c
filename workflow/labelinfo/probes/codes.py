"""Codes z of a data set's images, from which probes read labels."""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from labelinfo.data.dataset import SPLITS, Dataset, draw_binary
from labelinfo.probes.encoding import Features


class Codes(Protocol):
    """Codes z ~ p(z|x) of a data set, for P probes at once."""

    probes: int
    in_features: int
    device: torch.device
    binarizations: int

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return fresh codes (P, B, F) of the images ``index`` (B,) of a split.

        The draw comes from torch's global random state. Of the N training images there are
        ``binarizations`` draws of pixels; the d-th of image i has index d · N + i.
        """


class PartOfCodes:
    """Codes of a part of the images of some splits.

    Parameters
    ----------
    codes
        Of all images.
    rows
        The images of the part, by split; a split that is not named is whole.
    images
        Number of training images of ``codes``.
    """

    def __init__(self, codes: Codes, rows: Mapping[str, Tensor], images: int) -> None:
        self._codes, self._images = codes, images
        self._rows = {split: part.to(codes.device) for split, part in rows.items()}
        self.probes, self.in_features = codes.probes, codes.in_features
        self.device, self.binarizations = codes.device, codes.binarizations

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (P, B, F) of the part's images ``index``."""
        if split not in self._rows:
            return self._codes.draw(split, index)
        part = self._rows[split]
        binarization = torch.div(index, len(part), rounding_mode="floor")
        return self._codes.draw(split, part[index % len(part)] + self._images * binarization)


class FeatureCodes:
    """z = f(x), for one probe; the features themselves are the code."""

    probes = 1

    def __init__(self, features: Features) -> None:
        self._splits = features.splits
        self.binarizations = features.binarizations
        self.device = features.splits["train"].device
        sample = self.draw("train", torch.zeros(1, dtype=torch.long, device=self.device))
        self.in_features = sample.shape[-1]

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (1, B, F)."""
        return self._splits[split][index].unsqueeze(0)


class VaeCodes(FeatureCodes):
    """Fresh samples z ~ p(z|x) of a frozen encoder, for one probe."""

    def __init__(self, encoder: nn.Module, features: Features) -> None:
        self._encoder = encoder.to(features.splits["train"].device).eval()
        super().__init__(features)

    @torch.no_grad()
    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (1, B, L)."""
        # rsample, as torch's sample of a normal distribution waits for the device
        return self._encoder.posterior(self._splits[split][index]).rsample().unsqueeze(0)


class Pixels:
    """The image itself as a code, for one probe; intensities are binarised by a fresh draw."""

    probes, binarizations, in_features = 1, 1, 784

    def __init__(self, dataset: Dataset, device: torch.device) -> None:
        self.device = device
        self._images = {name: dataset.split(name).images.to(device) for name in SPLITS}

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (1, B, 784)."""
        return draw_binary(self._images[split][index]).view(1, -1, 784)
