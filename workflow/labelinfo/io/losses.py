"""Losses of individual test images, for the uncertainty of differences between two C."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.errors import StorageError
from labelinfo.io.tables import peek_provenance, read_arrow, write_table
from labelinfo.provenance import collect

COLUMNS = ["point", "image", "label_distortion_nats"]
# deltas of sequential numbers compress to almost nothing, and floats compress better byte by byte
_ENCODINGS = {
    "point": "DELTA_BINARY_PACKED",
    "image": "DELTA_BINARY_PACKED",
    "label_distortion_nats": "BYTE_STREAM_SPLIT",
}
# a rounding error of at most 0.025 %, far below the error over test images; saves a third of the
# file
SIGNIFICANT_BITS = 12


def write_losses(
    target: Path | str, losses: np.ndarray, of: dict[str, Any], origin: dict[str, Any]
) -> None:
    """Write losses (P, N) in nats of P points on N test images as a long table, in 12 bits.

    The columns are ``point`` (the row in the table of points), ``image`` (the number among the
    labelled test images) and ``label_distortion_nats`` (−log c(y|z), mean over the draws of z). The
    metadata holds ``of``, which identifies the model of the losses, and ``origin``
    (:func:`labelinfo.provenance.describe`).
    """
    points, images = losses.shape
    fraction, exponent = np.frexp(losses)
    fraction = np.round(np.ldexp(fraction, SIGNIFICANT_BITS))
    exponent = exponent - SIGNIFICANT_BITS
    table = pd.DataFrame(
        {
            "point": np.repeat(np.arange(points, dtype=np.int32), images),
            "image": np.tile(np.arange(images, dtype=np.int32), points),
            "label_distortion_nats": np.ldexp(fraction, exponent).astype(np.float32).ravel(),
        }
    )
    write_table(target, table, origin | {"of": of}, _ENCODINGS)


def probe_of(of: Mapping[str, Any]) -> str:
    """Return the probe that measured the losses, ``paper`` if their file does not name one."""
    return of.get("probe", "paper")


def read_losses(source: Path | str) -> tuple[np.ndarray, dict[str, Any], dict[str, Any]]:
    """Return the losses (P, N) in nats, ``of`` and the rest of the origin.

    Raises StorageError if the file is missing, damaged or not a table of losses.
    """
    table, origin = read_arrow(source)
    of = origin.pop("of", None)
    if of is None or table.column_names != COLUMNS:
        raise StorageError(f"The table {source} holds no losses: delete it and run again.")
    point, image, losses = (column.to_numpy() for column in table.columns)
    points = len(np.unique(point))
    images = len(losses) // max(1, points)
    whole = np.arange(points).repeat(images), np.tile(np.arange(images), points)
    if not all(map(np.array_equal, (point, image), whole)):
        raise StorageError(f"The table {source} lacks losses: delete it and run again.")
    return losses.astype(float).reshape(points, images), of, origin


def pack_losses(target: Path | str, files: Iterable[Path | str], own: dict[str, Any]) -> None:
    """Write the losses of many models on the same test images as one table.

    The table's ``of`` lists the ``of`` of each point under ``packed``; ``own`` is the origin of the
    packing. Files without points, of diverged runs, are left out. Raises StorageError if the tables
    are of different numbers of images.
    """
    packed, whose, origins = [], [], [own]
    for file in files:
        losses, of, origin = read_losses(file)
        origins.append(origin)
        if len(losses):
            packed.append(losses[0])
            whose.append(of)
    if len({len(losses) for losses in packed}) > 1:
        raise StorageError(
            f"The losses for {target} are of different numbers of test images: run the workflow "
            "again."
        )
    losses = np.array(packed) if packed else np.empty((0, 0))
    write_losses(target, losses, {"packed": whose}, collect(origins))


def read_each(source: Path | str) -> tuple[list[tuple[dict[str, Any], np.ndarray]], dict[str, Any]]:
    """Return pairs of ``of`` and losses (N,), one per model, and the rest of the origin.

    A packed table has many models, the table of a diverged run none. Raises as :func:`read_losses`.
    """
    losses, of, origin = read_losses(source)
    return list(zip(of.get("packed", [of]), losses, strict=False)), origin


class LossFiles(Mapping[tuple[Any, ...], np.ndarray]):
    """The losses (N,) of runs, by the ``keys`` of their files' ``of``; each is read when needed.

    ``probe`` is ``paper`` if a file does not name one.
    """

    def __init__(self, files: Iterable[Path | str], keys: Iterable[str]) -> None:
        keys = tuple(keys)
        self._files = {}
        for file in files:
            of = peek_provenance(file).get("of")
            if of is None:
                raise StorageError(f"The table {file} holds no losses: delete it and run again.")
            for place, one in enumerate(of.get("packed", [of])):
                named = {**one, "probe": probe_of(one)}
                self._files[tuple(named[key] for key in keys)] = file, place

    def __getitem__(self, key: tuple[Any, ...]) -> np.ndarray:
        file, place = self._files[key]
        losses, _, _ = read_losses(file)
        if not len(losses):
            raise KeyError(key)
        return losses[place]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
