"""Parquet tables that carry their provenance in the schema metadata."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelinfo.errors import StorageError
from labelinfo.io.atomic import atomic_path

_KEY = b"labelinfo"
_DIGEST_KEY = b"labelinfo-sha256"
# what reading a file with flipped bits can raise, metadata for pandas and JSON included
_DAMAGES = (OSError, pa.ArrowException, ValueError, KeyError, TypeError)


def write_table(target: Path | str, table: pd.DataFrame, provenance: dict[str, Any]) -> None:
    """Write ``table`` to Parquet, atomically, with ``provenance`` as JSON under ``labelinfo``.

    Beside it stands the digest of both (:func:`table_sha256`), which is checked when it is read.
    """
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    metadata = dict(arrow.schema.metadata or {})
    metadata[_KEY] = json.dumps(provenance, sort_keys=True, ensure_ascii=False).encode()
    metadata[_DIGEST_KEY] = table_sha256(arrow, metadata[_KEY]).encode()
    with atomic_path(target) as temporary:
        pq.write_table(arrow.replace_schema_metadata(metadata), temporary, compression="zstd")


def read_table(source: Path | str) -> pd.DataFrame:
    """Read a table of ours.

    Raises
    ------
    StorageError
        If the file is missing, not a whole Parquet file, not one of ours, or was changed since.
    """
    return read_with_provenance(source)[0]


def read_provenance(source: Path | str) -> dict[str, Any]:
    """Read what a table of ours says of its origin; raises as :func:`read_table`."""
    return read_with_provenance(source)[1]


def read_with_provenance(source: Path | str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table and its provenance, opening the file once; raises as :func:`read_table`."""
    try:
        arrow = pq.read_table(source)
        metadata = arrow.schema.metadata or {}
        origin, digest = metadata.get(_KEY), metadata.get(_DIGEST_KEY)
        if origin is not None and digest is not None:
            unchanged = table_sha256(arrow, origin).encode() == digest
            table, provenance = arrow.to_pandas(), json.loads(origin)
    except FileNotFoundError as error:
        raise StorageError(f"The table {source} is missing: run the workflow again.") from error
    except _DAMAGES as error:
        raise StorageError(
            f"The table {source} is not a whole Parquet file: delete it and run the workflow again."
        ) from error
    if origin is None or digest is None:
        raise StorageError(
            f"The table {source} has no digest, so it was not written by this workflow: delete it "
            "and run the workflow again."
        )
    if not unchanged:
        raise StorageError(
            f"The table {source} was changed after it was written, as its content is not that of "
            "its digest: delete it and run the workflow again."
        )
    return table, provenance


def table_sha256(table: pa.Table, provenance: bytes) -> str:
    """Return the SHA-256 of a table's columns (names, types, values in order) and provenance.

    The bits of numbers count, so that −0 is not 0; how Parquet packs and chunks them does not.
    """
    digest = hashlib.sha256(provenance)
    for name, column in zip(table.column_names, table.columns, strict=True):
        digest.update(f"\n{name!r} {column.type} {len(column)}\n".encode())
        kind = column.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            digest.update(column.is_valid().to_numpy().tobytes())
            digest.update(pc.fill_null(column, pa.scalar(0, kind)).to_numpy().tobytes())
        else:
            values = json.dumps(column.to_pylist(), ensure_ascii=False, default=str)
            digest.update(values.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
