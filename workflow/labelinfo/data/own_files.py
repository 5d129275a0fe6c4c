"""A user's own data files, looked at before any job is planned."""

import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from labelinfo.data.files import unpacked_digest
from labelinfo.errors import ConfigError, DataError, StorageError
from labelinfo.io.atomic import write_text

# endings of the files that the reader `table` takes, also gzipped
TABLE_KINDS = (".npz", ".parquet")


def check_own_files(
    datasets: Mapping[str, Mapping[str, Any]], swept: Sequence[str], root: Path
) -> None:
    """Refuse what would fail once its data set is prepared, when what was prepared before is gone.

    Parameters
    ----------
    datasets
        The configuration's section of that name.
    swept
        Those of them that the experiment uses.
    root
        Where relative paths start.

    Raises
    ------
    ConfigError
        If a file is not there, is of a kind that nothing reads, or has no labels of the name of a
        task.
    """
    for name in swept:
        for role, path in _own_files(datasets[name], root):
            if not path.is_file():
                raise ConfigError(
                    f"Config key `datasets.{name}.files.{role}.path` names the file {path}, which "
                    "is not there: correct the key, or put the file there."
                )
            if role == "table":
                _check_kind(f"datasets.{name}.files.{role}.path", path)
                _check_tasks(name, datasets[name]["tasks"], path)


def content_digests(definition: Mapping[str, Any], root: Path, notes: Path) -> dict[str, str]:
    """Return what the content of each file of a data set is known by, by role.

    For a file of the catalogue that is the digest that the configuration has; a user's own are
    read, unless they are as they were when their digest was noted. The digest is that of the
    unpacked content, so neither its place nor whether it is gzipped counts.

    Parameters
    ----------
    definition
        The data set's section of the configuration.
    root
        Where relative paths start.
    notes
        The file of notes; if it cannot be written, the files are read each time.

    Raises
    ------
    DataError
        If a file cannot be read.
    """
    digests = {
        role: file.get("sha256") or file.get("git_blob_sha1", "")
        for role, file in definition["files"].items()
        if "path" not in file
    }
    known = _read_notes(notes)
    before = dict(known)
    for role, path in _own_files(definition, root):
        try:
            status = path.stat()
            # A file that was moved here can be older than the one before it.
            seen = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
            # The digest in notes of older versions is of the packed content.
            seen.append("unpacked")
            if known.get(str(path), [None])[0] != seen:
                known[str(path)] = [seen, unpacked_digest(path)]
        except OSError as error:
            raise DataError(
                f"The data file {path} cannot be read ({error.strerror}): make it readable."
            ) from error
        digests[role] = known[str(path)][1]
    if known != before:
        with suppress(OSError, StorageError):
            write_text(notes, json.dumps(known, indent=1))
    return digests


def table_kind(file: str) -> str:
    """Return by which of :data:`TABLE_KINDS` a table's file is read, or another ending."""
    return Path(file.lower().removesuffix(".gz")).suffix


def _own_files(definition: Mapping[str, Any], root: Path) -> Iterator[tuple[str, Path]]:
    for role, file in definition["files"].items():
        if "path" in file:
            yield role, Path(os.path.normpath(root / file["path"]))


def _read_notes(notes: Path) -> dict[str, Any]:
    try:
        found = json.loads(notes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    sound = isinstance(found, dict) and all(
        isinstance(each, list) and len(each) == 2 for each in found.values()
    )
    return found if sound else {}


def _check_kind(key: str, path: Path) -> None:
    if table_kind(path.name) not in TABLE_KINDS:
        raise ConfigError(
            f"Config key `{key}` names {path}, which is no file that can be read as a table: save "
            f"it as {' or '.join(TABLE_KINDS)}."
        )


def _check_tasks(name: str, tasks: Sequence[str], path: Path) -> None:
    """Refuse tasks that a file has no labels for; whatever else is wrong with it, its job says."""
    try:
        if table_kind(path.name) == ".npz":
            with zipfile.ZipFile(path) as archive:
                columns = {member.removesuffix(".npy") for member in archive.namelist()}
        else:
            # imported late, as it takes a while
            import pyarrow.parquet as pq

            columns = set(pq.read_schema(path).names)
    except Exception:  # damaged in whatever way
        return
    labels = sorted(columns - {"images", "split"})
    missing = [task for task in tasks if task not in labels]
    if missing:
        raise ConfigError(
            f"Config key `datasets.{name}.tasks` has {missing[0]!r}, but the file {path} has no "
            f"such labels: it has {labels[:20]}."
        )
