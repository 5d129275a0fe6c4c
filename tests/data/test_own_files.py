"""A user's own files are known by their content, and what they lack is told before a job starts."""

import gzip
import json
import os

import numpy as np
import pandas as pd
import pytest

from labelinfo.data import own_files
from labelinfo.data.files import content_digest, read_verified, unpacked_digest
from labelinfo.data.own_files import check_own_files, content_digests
from labelinfo.errors import ConfigError, DataError
from labelinfo.io.digest import file_sha256


def table(path, tasks=("size",)):
    return {"reader": "table", "tasks": list(tasks), "files": {"table": {"path": str(path)}}}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, images=np.zeros((4, 784)), size=np.arange(4))
    return path


def test_the_content_is_what_counts(tmp_path, file):
    notes = tmp_path / "notes.json"
    first = content_digests(table(file), tmp_path, notes)
    assert first == {"table": file_sha256(file)}
    os.utime(file, (1e9, 1e9))
    assert content_digests(table(file), tmp_path, notes) == first
    # other content under the name, older and of the same size
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(file, (1e9, 1e9))
    assert content_digests(table(file), tmp_path, notes) != first


def test_neither_place_nor_gzip_counts(tmp_path, file):
    notes, first = tmp_path / "notes.json", {"table": file_sha256(file)}
    for level in (1, 9):
        packed = tmp_path / f"level{level}" / "other.npz.gz"
        packed.parent.mkdir()
        packed.write_bytes(gzip.compress(file.read_bytes(), level))
        for path in (packed, packed.relative_to(tmp_path)):
            assert content_digests(table(path), tmp_path, notes) == first
    # other content counts, and so does damage, which the job reports
    packed.write_bytes(gzip.compress(file.read_bytes()[:-1]))
    assert content_digests(table(packed), tmp_path, notes) != first
    packed.write_bytes(gzip.compress(file.read_bytes())[:-9])
    assert content_digests(table(packed), tmp_path, notes) == {"table": file_sha256(packed)}


def test_a_packed_file_has_the_digest_of_the_content_that_is_read(tmp_path):
    for name in ("a.npz", "b.npz.gz", "c.gz"):
        for content in (b"plain", gzip.compress(b"plain")):
            path = tmp_path / name
            path.write_bytes(content)
            assert unpacked_digest(path) == content_digest(read_verified(path))


def test_digests_of_packed_content_in_old_notes_are_not_taken(tmp_path, file):
    status, notes = file.stat(), tmp_path / "notes.json"
    old = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    notes.write_text(json.dumps({str(file): [old, "00"]}))
    assert content_digests(table(file), tmp_path, notes) == {"table": file_sha256(file)}


def test_a_file_that_is_as_it_was_is_not_read_again(tmp_path, file, monkeypatch):
    notes = tmp_path / "notes.json"
    first = content_digests(table("own.npz"), tmp_path, notes)
    monkeypatch.setattr(own_files, "unpacked_digest", None)
    assert content_digests(table("own.npz"), tmp_path, notes) == first


@pytest.mark.parametrize("notes", ["[1]", '{"a": 3}', "{", None])
def test_notes_that_are_damaged_or_cannot_be_kept_are_done_without(tmp_path, file, notes):
    path = tmp_path / "notes.json"
    path.mkdir() if notes is None else path.write_text(notes)
    assert content_digests(table(file), tmp_path, path) == {"table": file_sha256(file)}


def test_a_file_of_the_catalogue_is_known_by_the_digest_it_has_to_have(tmp_path):
    files = {"a": {"name": "x", "sha256": "12"}, "b": {"name": "y", "git_blob_sha1": "34"}}
    assert content_digests({"files": files}, tmp_path, tmp_path / "n") == {"a": "12", "b": "34"}


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.npz cannot be read"):
        content_digests(table("gone.npz"), tmp_path, tmp_path / "n")


@pytest.mark.parametrize("kind", ["npz", "parquet"])
def test_labels_that_a_file_does_not_have_are_told_with_the_key(tmp_path, kind):
    path = tmp_path / f"own.{kind}"
    if kind == "npz":
        np.savez(path, images=np.zeros((4, 784)), size=np.arange(4))
    else:
        pd.DataFrame({"images": [[0.0] * 784] * 4, "size": range(4)}).to_parquet(path)
    check_own_files({"mine": table(path)}, ["mine"], tmp_path)
    for task in ("sizes", "images"):
        with pytest.raises(ConfigError, match=rf"`datasets\.mine\.tasks` has '{task}'.*\['size'\]"):
            check_own_files({"mine": table(path, [task])}, ["mine"], tmp_path)
    # nobody asks for this one
    check_own_files({"mine": table("gone.npz")}, [], tmp_path)


@pytest.mark.parametrize(
    ("name", "said"), [("gone.npz", "is not there"), ("own.csv", "save it as .npz or .parquet")]
)
def test_a_file_that_is_not_there_or_of_no_known_kind_is_told_with_the_key(tmp_path, name, said):
    (tmp_path / "own.csv").touch()
    with pytest.raises(ConfigError, match=rf"`datasets\.mine\.files\.table\.path` .*{said}"):
        check_own_files({"mine": table(name)}, ["mine"], tmp_path)


def test_damage_is_left_for_the_job_to_tell(tmp_path, file):
    file.write_bytes(file.read_bytes()[:100])
    check_own_files({"mine": table(file)}, ["mine"], tmp_path)
