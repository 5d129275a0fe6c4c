"""A user's own files are tracked by content, and checked before a job starts."""

import gzip
import os

import numpy as np
import pandas as pd
import pytest

from labelinfo.data.files import content_digest, read_verified, unpacked_digest
from labelinfo.data.own_files import check_own_files, content_digests
from labelinfo.errors import ConfigError, DataError
from labelinfo.io.atomic import file_sha256


def table(path, tasks=("size",)):
    return {"reader": "table", "tasks": list(tasks), "files": {"table": {"path": str(path)}}}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, images=np.zeros((4, 784)), size=np.arange(4))
    return path


def test_content_counts_neither_place_nor_date_nor_gzip(tmp_path, file):
    content, first = file.read_bytes(), {"table": file_sha256(file)}
    os.utime(file, (1e9, 1e9))
    packed = tmp_path / "folder" / "other.npz.gz"
    packed.parent.mkdir()
    for level in (1, 9):
        packed.write_bytes(gzip.compress(content, level))
        for path in (file, file.name, packed, packed.relative_to(tmp_path)):
            assert content_digests(table(path), tmp_path) == first
    # other content under the same name, with the same date and size
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(file, (1e9, 1e9))
    packed.write_bytes(gzip.compress(content[:-1]))
    for path in (file, packed):
        assert content_digests(table(path), tmp_path) != first
    # damage is reported by the job
    packed.write_bytes(gzip.compress(content)[:-9])
    assert content_digests(table(packed), tmp_path) == {"table": file_sha256(packed)}


def test_a_packed_file_has_the_digest_of_the_content_that_is_read(tmp_path):
    for name in ("a.npz", "b.npz.gz", "c.gz"):
        for content in (b"plain", gzip.compress(b"plain")):
            path = tmp_path / name
            path.write_bytes(content)
            assert unpacked_digest(path) == content_digest(read_verified(path))


def test_a_file_of_the_catalogue_is_known_by_the_digest_it_has_to_have(tmp_path):
    files = {"a": {"name": "x", "sha256": "12"}, "b": {"name": "y", "git_blob_sha1": "34"}}
    assert content_digests({"files": files}, tmp_path) == {"a": "12", "b": "34"}


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.npz cannot be read"):
        content_digests(table("gone.npz"), tmp_path)


@pytest.mark.parametrize("kind", ["npz", "parquet"])
def test_labels_that_a_file_does_not_have_are_named_with_the_key(tmp_path, file, kind):
    path = tmp_path / f"own.{kind}"
    if kind == "parquet":
        pd.DataFrame({"images": [[0.0] * 784] * 4, "size": range(4)}).to_parquet(path)
    check_own_files({"mine": table(path)}, ["mine"], tmp_path)
    for task in ("sizes", "images"):
        with pytest.raises(ConfigError, match=rf"`datasets\.mine\.tasks` has '{task}'.*\['size'\]"):
            check_own_files({"mine": table(path, [task])}, ["mine"], tmp_path)
    # not used by the sweep
    check_own_files({"mine": table("gone.npz")}, [], tmp_path)
    # damage is left for the job to report
    path.write_bytes(path.read_bytes()[:100])
    check_own_files({"mine": table(path)}, ["mine"], tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone.npz", "is not there"),
        ("folder.npz", "is a folder"),
        ("own.csv", "save it as .npz or .parquet"),
    ],
)
def test_a_file_that_is_not_there_or_of_no_known_kind_is_named_with_the_key(tmp_path, name, said):
    (tmp_path / "own.csv").touch()
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(ConfigError, match=rf"`datasets\.mine\.files\.table\.path` .*{said}"):
        check_own_files({"mine": table(name)}, ["mine"], tmp_path)
