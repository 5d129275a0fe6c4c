"""Whether two runs of one experiment made the same."""

from pathlib import Path

import pyarrow.parquet as pq

# what a run tells of its machine's pace, and what says when it was made
PACE = {"images_per_second", "prepare_seconds", "seconds", "train_seconds"}
UNLIKE = {".log", ".tsv", ".pdf", ".svg"}


def differing_files(one: Path, other: Path) -> list[str]:
    """Return the files, relative to the folders, that are not the same in both or not in both.

    Tables are the same if all but the columns of times are, and the origin that they tell; other
    files if each byte is. Logs, timings and figures with a date inside are only looked for.
    """
    names = {
        str(path.relative_to(folder))
        for folder in (one, other)
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }
    return sorted(name for name in names if not _same(one / name, other / name))


def _same(one: Path, other: Path) -> bool:
    if not (one.exists() and other.exists()):
        return False
    if one.suffix in UNLIKE:
        return True
    if one.suffix == ".parquet":
        tables = [pq.read_table(path) for path in (one, other)]
        kept = [table.drop_columns(PACE & set(table.column_names)) for table in tables]
        return kept[0].equals(kept[1], check_metadata=True)
    return one.read_bytes() == other.read_bytes()
