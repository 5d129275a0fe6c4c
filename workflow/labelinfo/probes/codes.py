"""Codes z of a data set's images and the labels that probes read from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from labelinfo.data.dataset import SPLITS, Dataset, draw_binary


class Codes(Protocol):
    """Codes z ~ p(z|x) of a data set, for P probes at once."""

    probes: int
    in_features: int
    device: torch.device
    binarizations: int

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return fresh codes (P, B, F) of the images ``index`` (B,) of a split.

        The draw comes from torch's global random state. Each of the N training images has
        ``binarizations`` binarised versions; version d of image i has index d · N + i.
        """


class PartOfCodes:
    """Codes of the images ``rows``, by split; a split without rows is used whole.

    ``images`` is the number of training images of ``codes``.
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


class Pixels:
    """The image itself as a code, for one probe; each draw binarises intensities afresh."""

    probes, binarizations, in_features = 1, 1, 784

    def __init__(self, dataset: Dataset, device: torch.device) -> None:
        self.device = device
        self._images = {name: dataset.split(name).images.to(device) for name in SPLITS}

    def draw(self, split: str, index: Tensor) -> Tensor:
        """Return codes (1, B, 784)."""
        return draw_binary(self._images[split][index]).view(1, -1, 784)


@dataclass(frozen=True)
class TaskLabels:
    """The labels of one task, for the images that have one.

    Attributes
    ----------
    splits
        (N,) int64 by split.
    classes
        K.
    rows
        Indices (N,) of the labelled images, for each split with unlabelled images.
    images
        Number of training images, labelled or not.
    """

    splits: dict[str, Tensor]
    classes: int
    rows: dict[str, Tensor] = field(default_factory=dict)
    images: int = 0

    @classmethod
    def of(cls, dataset: Dataset, task: str) -> "TaskLabels":
        """Return a data set's labels of a task."""
        labels = {name: dataset.split(name).labels[task] for name in SPLITS}
        rows = {name: codes >= 0 for name, codes in labels.items()}
        return cls(
            {name: codes[rows[name]] for name, codes in labels.items()},
            len(dataset.classes[task]),
            {name: of.nonzero().squeeze(1) for name, of in rows.items() if not of.all()},
            len(dataset.train),
        )

    def codes_of(self, codes: Codes) -> Codes:
        """Return the codes of the labelled images, given those of all images."""
        return PartOfCodes(codes, self.rows, self.images) if self.rows else codes
