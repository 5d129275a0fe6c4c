"""The losses of single test images, from which differences between two C get their uncertainty."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.errors import StorageError
from labelinfo.io.tables import peek_provenance, read_arrow, write_table

COLUMNS = ["point", "image", "label_distortion_nats"]
# of numbers in order next to nothing is left, and floats fit better byte by byte
_ENCODINGS = {
    "point": "DELTA_BINARY_PACKED",
    "image": "DELTA_BINARY_PACKED",
    "label_distortion_nats": "BYTE_STREAM_SPLIT",
}


def write_losses(
    target: Path | str, losses: np.ndarray, of: dict[str, Any], origin: dict[str, Any]
) -> None:
    """Write the losses of P points on N test images as a long table, in float32.

    Parameters
    ----------
    target
        The file: columns ``point`` (the row of the points' own table), ``image`` (its number in the
        test split), ``label_distortion_nats`` (−log c(y|z), mean over the draws of z).
    losses
        (P, N) in nats.
    of
        Whose losses they are; kept in the metadata under ``of``.
    origin
        See :func:`labelinfo.provenance.describe`.
    """
    points, images = losses.shape
    table = pd.DataFrame(
        {
            "point": np.repeat(np.arange(points, dtype=np.int32), images),
            "image": np.tile(np.arange(images, dtype=np.int32), points),
            "label_distortion_nats": losses.astype(np.float32).ravel(),
        }
    )
    write_table(target, table, origin | {"of": of}, _ENCODINGS)


def read_losses(source: Path | str) -> tuple[np.ndarray, dict[str, Any], dict[str, Any]]:
    """Return the losses (P, N) in nats, whose they are, and the rest of the origin.

    Raises
    ------
    StorageError
        If the file is missing, damaged or not a table of losses.
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


class LossFiles(Mapping[tuple[Any, ...], np.ndarray]):
    """The losses (N,) of runs, each read from its file only when it is asked for.

    Parameters
    ----------
    files
        Tables of losses, each naming whose they are.
    keys
        The parts of that name by which they are found.
    """

    def __init__(self, files: Iterable[Path | str], keys: Iterable[str]) -> None:
        keys = tuple(keys)
        self._files = {}
        for file in files:
            of = peek_provenance(file).get("of")
            if of is None:
                raise StorageError(f"The table {file} holds no losses: delete it and run again.")
            self._files[tuple(of[key] for key in keys)] = file

    def __getitem__(self, key: tuple[Any, ...]) -> np.ndarray:
        losses, _, _ = read_losses(self._files[key])
        if not len(losses):
            raise KeyError(key)
        return losses[0]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
