"""Parquet tables with their provenance in the schema metadata."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelinfo.io.atomic import atomic_path, check_digest, read_mapping, reading

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

    Raises StorageError if the file is missing, damaged, not from this workflow, or was changed.
    """
    return read_with_provenance(source)[0]


def read_provenance(source: Path | str) -> dict[str, Any]:
    """Read the provenance of a table; raises as :func:`read_table`."""
    return read_arrow(source)[1]


def read_with_provenance(source: Path | str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table and its provenance, opening the file once; raises as :func:`read_table`."""
    arrow, provenance = read_arrow(source)
    with reading(source):
        return arrow.to_pandas(), provenance


def read_arrow(source: Path | str) -> tuple[pa.Table, dict[str, Any]]:
    """Read a table and its provenance without pandas, which is slow for many small tables.

    Raises as :func:`read_table`.
    """
    with reading(source):
        # for files of some kilobytes, threads and read-ahead cost more than they save
        with pq.ParquetFile(Path(source), pre_buffer=False) as file:
            arrow = file.read(use_threads=False)
        origin, digest = (arrow.schema.metadata[key] for key in (_KEY, _DIGEST_KEY))
        check_digest(source, table_sha256(arrow, origin), digest.decode())
        return arrow, read_mapping(origin)


def peek_provenance(source: Path | str) -> dict[str, Any]:
    """Read only the provenance of a table, without checking that the file is whole."""
    with reading(source):
        return read_mapping(pq.read_schema(source).metadata[_KEY])


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
