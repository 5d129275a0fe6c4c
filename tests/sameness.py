"""Comparison of the results of two runs of one experiment."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

# what a run tells of its machine's pace, and what says when it was made
PACE = {"images_per_second", "prepare_seconds", "seconds", "train_seconds"}
UNLIKE = {".log", ".tsv", ".pdf", ".svg"}
# what no rule declares: where a process goes on, and whom it waits for
TEMPORARY = (".lock", ".checkpoint.safetensors")


def made_files(folder: Path) -> set[str]:
    """Return the files below a folder that are results, relative to it."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(TEMPORARY)
    }


def differing_files(one: Path, other: Path, names: Iterable[str] | None = None) -> list[str]:
    """Return the files, by default all, that are not the same in both folders or not in both.

    Tables are the same if all but the columns of times are, and the origin that they tell; other
    files if each byte is. Logs, timings and figures with a date inside are only looked for.
    """
    names = made_files(one) | made_files(other) if names is None else names
    return sorted(name for name in names if not _same(one / name, other / name))


def _same(one: Path, other: Path) -> bool:
    if not (one.exists() and other.exists()):
        return False
    if one.suffix in UNLIKE:
        return True
    if one.suffix == ".parquet":
        tables = [_without_pace(path) for path in (one, other)]
        return tables[0].equals(tables[1], check_metadata=True)
    return one.read_bytes() == other.read_bytes()


def _without_pace(path: Path):
    table = pq.read_table(path)
    origin = {b"labelinfo": table.schema.metadata[b"labelinfo"]}
    return table.drop_columns(PACE & set(table.column_names)).replace_schema_metadata(origin)
