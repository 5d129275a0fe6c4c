"""Parquet tables that carry their provenance in the schema metadata."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from labelinfo.errors import StorageError
from labelinfo.io.atomic import atomic_path

_KEY = b"labelinfo"
# what reading a file with flipped bits can raise, metadata for pandas and JSON included
_DAMAGES = (OSError, pa.ArrowException, ValueError, KeyError, TypeError)


def write_table(
    target: Path | str,
    table: pd.DataFrame,
    provenance: dict[str, Any],
    encodings: dict[str, str] | None = None,
) -> None:
    """Write ``table`` to Parquet, atomically, with ``provenance`` as JSON under ``labelinfo``.

    ``encodings`` are Parquet's, by column, where the plain one would be large.
    """
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    metadata = dict(arrow.schema.metadata or {})
    metadata[_KEY] = json.dumps(provenance, sort_keys=True, ensure_ascii=False).encode()
    with atomic_path(target) as temporary:
        pq.write_table(
            arrow.replace_schema_metadata(metadata),
            temporary,
            compression="zstd",
            # thousands of tables have one row, and are read in half the time without
            use_dictionary=False,
            write_statistics=False,
            column_encoding=encodings,
        )


def read_table(source: Path | str) -> pd.DataFrame:
    """Read a table of ours.

    Raises
    ------
    StorageError
        If the file is missing or not a whole Parquet file.
    """
    return read_with_provenance(source)[0]


def read_provenance(source: Path | str) -> dict[str, Any]:
    """Read what a table says of its origin; empty for a table that is not ours."""
    try:
        return _origin(pq.read_schema(source))
    except _DAMAGES as error:
        raise _damaged(source, error) from error


def read_with_provenance(source: Path | str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table and its provenance, opening the file once."""
    arrow, origin = read_arrow(source)
    try:
        return arrow.to_pandas(), origin
    except _DAMAGES as error:
        raise _damaged(source, error) from error


def read_arrow(source: Path | str) -> tuple[pa.Table, dict[str, Any]]:
    """Read a table and its provenance; of many small tables, pandas takes longer than Parquet."""
    try:
        # for a file of some kilobytes, threads and reading ahead take longer than they save
        with pq.ParquetFile(source, pre_buffer=False) as file:
            arrow = file.read(use_threads=False)
        return arrow, _origin(arrow.schema)
    except _DAMAGES as error:
        raise _damaged(source, error) from error


def peek_provenance(source: Path | str) -> dict[str, Any]:
    """Read what a table says of its origin and nothing else of it, not even whether it is whole."""
    try:
        return _origin(pq.read_schema(source))
    except _DAMAGES as error:
        raise _damaged(source, error) from error


def _origin(schema: pa.Schema) -> dict[str, Any]:
    return json.loads((schema.metadata or {}).get(_KEY, b"{}"))


def _damaged(source: Path | str, error: Exception) -> StorageError:
    reason = "is missing" if isinstance(error, FileNotFoundError) else "is not a whole Parquet file"
    return StorageError(
        f"The table {source} {reason}: delete it, if it is there, and run the workflow again."
    )
