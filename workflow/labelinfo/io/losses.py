"""The losses of single test images, from which differences between two C get their uncertainty."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.errors import StorageError
from labelinfo.io.tables import read_with_provenance, write_table

COLUMNS = ["point", "image", "label_distortion_nats"]


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
    write_table(target, table, origin | {"of": of})


def read_losses(source: Path | str) -> tuple[np.ndarray, dict[str, Any], dict[str, Any]]:
    """Return the losses (P, N) in nats, whose they are, and the rest of the origin.

    Raises
    ------
    StorageError
        If the file is missing, damaged or not a table of losses.
    """
    table, origin = read_with_provenance(source)
    of = origin.pop("of", None)
    if of is None or list(table.columns) != COLUMNS:
        raise StorageError(f"The table {source} holds no losses: delete it and run again.")
    losses = table["label_distortion_nats"].to_numpy(dtype=float)
    points = int(table["point"].nunique())
    images = len(losses) // max(1, points)
    whole = np.arange(points).repeat(images), np.tile(np.arange(images), points)
    found = table["point"].to_numpy(), table["image"].to_numpy()
    if not all(map(np.array_equal, found, whole)):
        raise StorageError(f"The table {source} lacks losses: delete it and run again.")
    return losses.reshape(points, images), of, origin
