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


def write_table(target: Path | str, table: pd.DataFrame, provenance: dict[str, Any]) -> None:
    """Write ``table`` to Parquet, atomically, with ``provenance`` as JSON under ``labelinfo``."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    metadata = dict(arrow.schema.metadata or {})
    metadata[_KEY] = json.dumps(provenance, sort_keys=True, ensure_ascii=False).encode()
    with atomic_path(target) as temporary:
        pq.write_table(arrow.replace_schema_metadata(metadata), temporary, compression="zstd")


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
    except Exception as error:  # as below
        raise _damaged(source, error) from error


def read_with_provenance(source: Path | str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table and its provenance, opening the file once."""
    try:
        arrow = pq.read_table(source)
        return arrow.to_pandas(), _origin(arrow.schema)
    except Exception as error:  # metadata for pandas and JSON with flipped bits raise any kind
        raise _damaged(source, error) from error


def _origin(schema: pa.Schema) -> dict[str, Any]:
    origin = json.loads((schema.metadata or {}).get(_KEY, b"{}"))
    if not isinstance(origin, dict):
        raise ValueError("an origin that is no mapping")
    return origin


def _damaged(source: Path | str, error: Exception) -> StorageError:
    reason = "is missing" if isinstance(error, FileNotFoundError) else "is not a whole Parquet file"
    return StorageError(
        f"The table {source} {reason}: delete it, if it is there, and run the workflow again."
    )
