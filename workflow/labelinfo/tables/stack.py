"""Tables of one kind, one below the other."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.errors import StorageError
from labelinfo.io.tables import read_with_provenance

# columns that may differ between two makings of the same row
_CIRCUMSTANCES = {"train_seconds", "images_per_second", "prepare_seconds", "file"}


def stack_tables(files: Iterable[Path | str]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the rows of at least one table, in order, and where they come from."""
    parts = [read_with_provenance(file) for file in files]
    table = pd.concat([part for part, _ in parts], ignore_index=True)
    return table, [origin for _, origin in parts]


def drop_repeated(table: pd.DataFrame, keys: list[str], what: str) -> pd.DataFrame:
    """Return a table without rows that are there twice, in order.

    Durations and devices do not make two rows different.

    Parameters
    ----------
    table
        Rows of several tables.
    keys
        Columns that identify a row.
    what
        Their kind, for the message.

    Raises
    ------
    StorageError
        If two rows of one identity have different numbers.

    Examples
    --------
    Another duration makes no other row:

    >>> table = pd.DataFrame({"run": [1, 1], "rate_nats": [2.0, 2.0], "train_seconds": [5, 6]})
    >>> len(drop_repeated(table, ["run"], "runs"))
    1
    """
    compared = [name for name in table.columns if name not in _CIRCUMSTANCES]
    kept = table.loc[~table[compared].astype(str).duplicated()]
    repeated = kept[kept.duplicated(keys)]
    if len(repeated):
        named = ", ".join(f"{key} {repeated.iloc[0][key]}" for key in keys)
        raise StorageError(
            f"Two {what} of one identity have different numbers ({named}): leave one of them out "
            "of the tables that are joined."
        )
    return kept.reset_index(drop=True)
