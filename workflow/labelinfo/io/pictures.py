"""Pictures of a run's reconstructions and samples, stored for pages of several runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.errors import StorageError
from labelinfo.io.tables import read_arrow, write_table

COLUMNS = ["original", "reconstruction", "sample"]


@dataclass(frozen=True)
class Pictures:
    """Grey images in [0, 1]: test images, reconstructions from S draws of p(z|x), and samples.

    Shapes are (N, 28, 28), (S, N, 28, 28) and (N, 28, 28).
    """

    originals: np.ndarray
    reconstructions: np.ndarray
    samples: np.ndarray


def write_pictures(
    target: Path | str, pictures: Pictures | None, of: dict[str, Any], origin: dict[str, Any]
) -> None:
    """Write originals, first reconstructions and samples, one row per image, 28 × 28 bytes each.

    A diverged training has pictures None and a table without rows. The metadata holds ``of``, the
    run and its measurements, and ``origin`` (:func:`labelinfo.provenance.describe`).
    """
    table = pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})
    if pictures is not None:
        images = (pictures.originals, pictures.reconstructions[0], pictures.samples)
        table = pd.DataFrame(
            {
                name: [np.uint8(np.round(255 * image)).tobytes() for image in grey]
                for name, grey in zip(COLUMNS, images, strict=True)
            }
        )
    write_table(target, table, origin | {"of": of})


def read_pictures(source: Path | str) -> tuple[Pictures | None, dict[str, Any]]:
    """Return the pictures of :func:`write_pictures`, with one reconstruction, and ``of``.

    Raises StorageError if the file is missing, damaged or not a table of pictures.
    """
    table, origin = read_arrow(source)
    of = origin.get("of")
    if of is None or table.column_names != COLUMNS:
        raise StorageError(f"The table {source} holds no pictures: delete it and run again.")
    if not len(table):
        return None, of
    images = [
        np.frombuffer(b"".join(column.to_pylist()), np.uint8).reshape(-1, 28, 28) / 255
        for column in table.columns
    ]
    return Pictures(images[0], images[1][None], images[2]), of
