"""Tables of one kind: concatenated, without repeated rows, with fixed types."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.errors import StorageError
from labelinfo.io.tables import read_with_provenance

# columns that may differ between two computations of the same row
_CIRCUMSTANCES = {"train_seconds", "images_per_second", "prepare_seconds", "file"}


def stack_tables(files: Iterable[Path | str]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the rows of at least one table, in order, and the origins of the files.

    Columns without values are floats.
    """
    parts = [read_with_provenance(file) for file in files]
    table = pd.concat([part for part, _ in parts], ignore_index=True)
    empty = [name for name in table.select_dtypes(object) if table[name].isna().all()]
    return table.astype(dict.fromkeys(empty, "float64")), [origin for _, origin in parts]


def typed(table: pd.DataFrame, **columns: Iterable[str]) -> pd.DataFrame:
    """Return a table with one type per column, even without values; null texts become empty.

    ``columns`` has the names by type, such as ``Int64=["seed"]``; other columns are floats.
    """
    types = dict.fromkeys(table.columns, "float64")
    types |= {name: kind for kind, names in columns.items() for name in names}
    texts = {name: table[name].astype(object).fillna("") for name in columns.get("str", ())}
    return table.assign(**texts).astype(types)


def drop_repeated(table: pd.DataFrame, keys: list[str], what: str) -> pd.DataFrame:
    """Return a table without repeated rows, in order; ``what`` names its rows in the message.

    Rows with equal ``keys`` are one row computed twice. They may differ in durations and in columns
    that one of them lacks; the row with fewer nulls is kept.

    Raises
    ------
    StorageError
        If two rows of one identity have different numbers.

    Examples
    --------
    >>> table = pd.DataFrame({"run": [1, 1], "rate_nats": [2.0, 2.0], "train_seconds": [5, 6]})
    >>> len(drop_repeated(table, ["run"], "runs"))
    1
    >>> older = pd.DataFrame({"run": [1, 1], "rate_nats": [2.0, 2.0], "labels": [None, 7]})
    >>> drop_repeated(older, ["run"], "runs")["labels"].tolist()
    [7.0]
    """
    values = table[keys].itertuples(index=False, name=None)
    names = pd.Series([", ".join(map(str, each)) for each in values], table.index, dtype=object)
    repeated = names.duplicated(keep=False)
    if not repeated.any():
        return table.reset_index(drop=True)
    compared = [name for name in table.columns if name not in _CIRCUMSTANCES]
    rows = table.loc[repeated, compared].astype(object)
    # a column that an older table lacks is null there; null does not count as a difference
    texts = rows.where(rows.notna()).map(str, na_action="ignore")
    groups = texts.groupby(names[repeated], sort=False)
    different = (groups.nunique() > 1).any(axis=1)
    if different.any():
        raise StorageError(
            f"Two {what} of one identity have different numbers ({different.idxmax()}: "
            f"{', '.join(keys)}): leave one of them out of the tables that are joined."
        )
    fullest = texts.notna().sum(axis=1).groupby(names[repeated]).idxmax()
    kept = ~repeated
    kept[fullest] = True
    return table[kept].reset_index(drop=True)
