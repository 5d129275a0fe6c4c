"""Checks of a user's own data files, before any job is planned."""

import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from labelinfo.data.files import unpacked_digest
from labelinfo.errors import ConfigError, DataError

# endings of the files that the reader `table` takes, also gzipped
TABLE_KINDS = (".npz", ".parquet")


def check_own_files(
    datasets: Mapping[str, Mapping[str, Any]], swept: Sequence[str], root: Path
) -> None:
    """Refuse unusable files before Snakemake removes any result.

    ``datasets`` is the configuration's section, ``swept`` the data sets that the experiment uses.
    Relative paths start at ``root``. Raises ConfigError if a file does not exist, has an
    unsupported format, or lacks the labels of a task.
    """
    for name in swept:
        for role, path in _own_files(datasets[name], root):
            key = f"Config key `datasets.{name}.files.{role}.path` names"
            if not path.is_file():
                there = "is a folder" if path.is_dir() else "is not there"
                raise ConfigError(
                    f"{key} the file {path}, which {there}: correct the key, or put the file there."
                )
            if role == "table" and table_kind(path.name) not in TABLE_KINDS:
                raise ConfigError(
                    f"{key} {path}, which is no file that can be read as a table: save it as "
                    f"{' or '.join(TABLE_KINDS)}."
                )
            if role == "table":
                _check_tasks(name, datasets[name]["tasks"], path)


def content_digests(definition: Mapping[str, Any], root: Path) -> dict[str, str]:
    """Return the digest that identifies the content of each file of a data set, by role.

    For a file of the catalogue it is the digest in the configuration. For a user's own file it is
    the digest of the unpacked content, which does not depend on its path or on gzip. Relative
    paths start at ``root``. Raises DataError if a file cannot be read.
    """
    digests = {
        role: file.get("sha256") or file.get("git_blob_sha1", "")
        for role, file in definition["files"].items()
        if "path" not in file
    }
    for role, path in _own_files(definition, root):
        try:
            digests[role] = unpacked_digest(path)
        except OSError as error:
            raise DataError(
                f"The data file {path} cannot be read ({error.strerror}): make it readable."
            ) from error
    return digests


def table_kind(file: str) -> str:
    """Return the ending of a table's file without ``.gz``; only :data:`TABLE_KINDS` can be read."""
    return Path(file.lower().removesuffix(".gz")).suffix


def _own_files(definition: Mapping[str, Any], root: Path) -> Iterator[tuple[str, Path]]:
    for role, file in definition["files"].items():
        if "path" in file:
            yield role, Path(os.path.normpath(root / file["path"]))


def _check_tasks(name: str, tasks: Sequence[str], path: Path) -> None:
    """Refuse tasks without labels in the file; the file's job reports all other faults."""
    try:
        if table_kind(path.name) == ".npz":
            with zipfile.ZipFile(path) as archive:
                columns = {member.removesuffix(".npy") for member in archive.namelist()}
        else:
            # imported late, because it is slow
            import pyarrow.parquet as pq

            columns = set(pq.read_schema(path).names)
    except Exception:  # damaged files raise many kinds
        return
    labels = sorted(columns - {"images", "split"})
    missing = [task for task in tasks if task not in labels]
    if missing:
        raise ConfigError(
            f"Config key `datasets.{name}.tasks` has {missing[0]!r}, but the file {path} has no "
            f"such labels: it has {labels[:20]}."
        )
