"""The prepared data set, the input of all later stages."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from labelinfo.errors import DataError, StorageError
from labelinfo.io.tensors import load_tensors, save_tensors

SPLITS = ("train", "valid", "test")
IMAGE_SHAPE = (1, 28, 28)


class ByTask(dict):
    """Values by task; the error for a missing task names the existing tasks."""

    def __missing__(self, task: str) -> Any:
        raise DataError(
            f"The prepared data set has no labels {task!r} that can be probed, but "
            f"{sorted(self)[:20]}: correct the config key `datasets.<name>.tasks`, or see in the "
            "log of its preparation what is wrong with them."
        )


@dataclass(frozen=True)
class Split:
    """Images and labels of one split.

    ``images`` (N, 784) are row-major: uint8 bits, or (training split only) float32 intensities in
    [0, 1], which every use binarises by a fresh draw. ``labels`` are class numbers (N,), int64, by
    task; −1 where the label is missing.
    """

    images: Tensor
    labels: dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def is_binary(self) -> bool:
        """Whether the images are bits."""
        return self.images.dtype == torch.uint8

    def labelled(self, task: str) -> "Split":
        """Return the images that have a label of a task, with this label only."""
        codes = self.labels[task]
        rows = codes >= 0
        if rows.all():
            return self
        return Split(self.images[rows], ByTask({task: codes[rows]}))

    def to(self, device: torch.device | str) -> "Split":
        """Return the split with its tensors on ``device``."""
        labels = ByTask({task: codes.to(device) for task, codes in self.labels.items()})
        return Split(self.images.to(device), labels)


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

    def labelled(self, task: str) -> "Dataset":
        """Return the data set of the images that have a label of a task."""
        splits = {name: self.split(name).labelled(task) for name in SPLITS}
        return replace(self, **splits)


def draw_binary(images: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Return images as float32 bits (B, 1, 28, 28).

    ``images`` are (B, 784): uint8 bits, which are only converted, or float32 intensities p, from
    which x ~ Bernoulli(p) is drawn. The draws come from ``generator`` or torch's global one.
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

    Raises StorageError if the file is missing, damaged or not a prepared data set.
    """
    tensors, metadata = load_tensors(source)
    try:
        splits = {
            name: Split(
                tensors[f"{name}/images"],
                ByTask({task: tensors[f"{name}/labels/{task}"] for task in metadata["classes"]}),
            )
            for name in SPLITS
        }
        return Dataset(
            metadata["name"],
            **splits,
            classes=ByTask(metadata["classes"]),
            digests=metadata["digests"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(
            f"The file {source} is not a prepared data set: delete it and run the workflow again."
        ) from error
