"""The prepared data set, as every later stage sees it."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from labelinfo.errors import StorageError
from labelinfo.io.tensors import load_tensors, save_tensors

SPLITS = ("train", "valid", "test")
IMAGE_SHAPE = (1, 28, 28)


@dataclass(frozen=True)
class Split:
    """Images and labels of one split.

    Attributes
    ----------
    images
        (N, 784), row-major: uint8 bits, or float32 intensities in [0, 1] that are binarised by a
        fresh draw each time they are used (training split only).
    labels
        Class numbers (N,), int64, by task.
    """

    images: Tensor
    labels: dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def is_binary(self) -> bool:
        """Whether the images are bits already."""
        return self.images.dtype == torch.uint8

    def to(self, device: torch.device | str) -> "Split":
        """Return the split with its tensors on ``device``."""
        return Split(
            self.images.to(device), {task: codes.to(device) for task, codes in self.labels.items()}
        )


@dataclass(frozen=True)
class Dataset:
    """Three splits, the class names of each task, and the digests of the files behind them."""

    name: str
    train: Split
    valid: Split
    test: Split
    classes: dict[str, list[str]]
    digests: dict[str, str]

    def split(self, name: str) -> Split:
        """Return the split called ``train``, ``valid`` or ``test``."""
        return {"train": self.train, "valid": self.valid, "test": self.test}[name]


def draw_binary(images: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Return images as float32 bits (B, 1, 28, 28).

    Parameters
    ----------
    images
        (B, 784) uint8 bits, returned as they are, or float32 intensities p, drawn x ~ Bernoulli(p).
    generator
        Source of the draws; torch's global one by default.
    """
    bits = images.float()
    if images.dtype != torch.uint8:
        bits = torch.bernoulli(bits, generator=generator)
    return bits.view(-1, *IMAGE_SHAPE)


def save_dataset(target: Path | str, dataset: Dataset) -> None:
    """Write a data set to one safetensors file, atomically."""
    tensors = {}
    for name in SPLITS:
        split = dataset.split(name)
        tensors[f"{name}/images"] = split.images
        tensors |= {f"{name}/labels/{task}": codes for task, codes in split.labels.items()}
    metadata = {"name": dataset.name, "classes": dataset.classes, "digests": dataset.digests}
    save_tensors(target, tensors, metadata)


def load_dataset(source: Path | str) -> Dataset:
    """Read a data set that :func:`save_dataset` wrote.

    Raises
    ------
    StorageError
        If the file is missing, damaged or not a prepared data set.
    """
    tensors, metadata = load_tensors(source)
    try:
        splits = {
            name: Split(
                tensors[f"{name}/images"],
                {task: tensors[f"{name}/labels/{task}"] for task in metadata["classes"]},
            )
            for name in SPLITS
        }
        return Dataset(
            metadata["name"], **splits, classes=metadata["classes"], digests=metadata["digests"]
        )
    except KeyError as error:
        raise StorageError(
            f"The file {source} is not a prepared data set: delete it and run the workflow again."
        ) from error
