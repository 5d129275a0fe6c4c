"""Parquet tables with their provenance in the schema metadata."""

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
from labelinfo.io.refusals import unreadable

_KEY = b"labelinfo"
_DIGEST_KEY = b"labelinfo-sha256"
# up to this number of rows, Python's numbers are faster than Arrow's arrays
_FEW_ROWS = 1000


def write_table(
    target: Path | str,
    table: pd.DataFrame,
    provenance: dict[str, Any],
    encodings: dict[str, str] | None = None,
) -> None:
    """Write ``table`` to Parquet, atomically, with ``provenance`` as JSON under ``labelinfo``.

    The metadata also has the digest of both (:func:`table_sha256`), which readers check.
    ``encodings`` are Parquet's, for columns whose plain encoding is large.
    """
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    metadata = dict(arrow.schema.metadata or {})
    metadata[_KEY] = json.dumps(provenance, sort_keys=True, ensure_ascii=False).encode()
    metadata[_DIGEST_KEY] = table_sha256(arrow, metadata[_KEY]).encode()
    with atomic_path(target) as temporary:
        pq.write_table(
            arrow.replace_schema_metadata(metadata),
            temporary,
            compression="zstd",
            # thousands of tables have one row; without dictionaries they are read in half the time
            use_dictionary=False,
            write_statistics=False,
            column_encoding=encodings,
        )


def read_table(source: Path | str) -> pd.DataFrame:
    """Read a table that :func:`write_table` wrote.

    Raises
    ------
    StorageError
        If the file is missing, not a whole Parquet file, not from this workflow, or was changed.
    """
    return read_with_provenance(source)[0]


def read_provenance(source: Path | str) -> dict[str, Any]:
    """Read the provenance of a table; raises as :func:`read_table`."""
    return read_with_provenance(source)[1]


def read_with_provenance(source: Path | str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table and its provenance, opening the file once; raises as :func:`read_table`."""
    arrow, provenance = read_arrow(source)
    try:
        return arrow.to_pandas(), provenance
    except Exception as error:  # damaged pandas metadata raises many kinds
        raise _damaged(source) from error


def read_arrow(source: Path | str) -> tuple[pa.Table, dict[str, Any]]:
    """Read a table and its provenance without pandas, which is slow for many small tables.

    Raises as :func:`read_table`.
    """
    source = Path(source)
    try:
        # for files of some kilobytes, threads and read-ahead cost more than they save
        with pq.ParquetFile(source, pre_buffer=False) as file:
            arrow = file.read(use_threads=False)
        metadata = arrow.schema.metadata or {}
        origin, digest = metadata.get(_KEY), metadata.get(_DIGEST_KEY)
        own = origin is not None and digest is not None
        unchanged = own and table_sha256(arrow, origin).encode() == digest
        provenance = _mapping(origin) if own else {}
    except FileNotFoundError as error:
        raise StorageError(f"The table {source} is missing: run the workflow again.") from error
    except MemoryError:
        raise
    except Exception as error:  # as above
        raise unreadable(source, error) or _damaged(source) from error
    if not own:
        raise StorageError(
            f"The table {source} has no digest, so it was not written by this workflow: delete it "
            "and run the workflow again."
        )
    if not unchanged:
        raise StorageError(
            f"The table {source} was changed after it was written, as its content is not that of "
            "its digest: delete it and run the workflow again."
        )
    return arrow, provenance


def peek_provenance(source: Path | str) -> dict[str, Any]:
    """Read only the provenance of a table, without checking that the file is whole."""
    try:
        return _mapping((pq.read_schema(source).metadata or {})[_KEY])
    except Exception as error:  # as above
        raise _damaged(source) from error


def _mapping(text: bytes) -> dict[str, Any]:
    origin = json.loads(text)
    if not isinstance(origin, dict):
        raise ValueError("an origin that is no mapping")
    return origin


def _damaged(source: Path | str) -> StorageError:
    return StorageError(
        f"The table {source} is not a whole Parquet file: delete it and run the workflow again."
    )


def table_sha256(table: pa.Table, provenance: bytes) -> str:
    """Return the SHA-256 of a table's columns (names, types, values in order) and provenance.

    Null differs from NaN, and −0 from 0. Parquet's packing and chunks do not matter.
    """
    digest = hashlib.sha256(provenance)
    types = [(field.name, str(field.type)) for field in table.schema]
    digest.update(repr((types, len(table))).encode("utf-8", "surrogatepass"))
    if len(table) <= _FEW_ROWS:
        digest.update(repr(table.to_pydict()).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()
    for column in table.columns:
        kind = column.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            digest.update(column.is_valid().to_numpy().tobytes())
            digest.update(pc.fill_null(column, pa.scalar(0, kind)).to_numpy().tobytes())
        else:
            digest.update(repr(column.to_pylist()).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
