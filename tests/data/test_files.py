"""Reading: verified content, or a sentence that names the file."""

import gzip
import hashlib
import os
import tracemalloc

import pytest

from labelinfo.data.files import content_digest, read_verified
from labelinfo.errors import DataError

CONTENT = b"a digit, a label\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
# What `git hash-object` prints for a file with the content "hello\n"
GIT_HELLO = "ce013625030ba8dba906f756967f9e9ca394464a"


@pytest.fixture
def packed(tmp_path):
    path = tmp_path / "digits.gz"
    path.write_bytes(gzip.compress(CONTENT))
    return path


def test_digest():
    assert content_digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_plain_and_gzipped_give_the_same_content(tmp_path, packed):
    plain = tmp_path / "digits"
    plain.write_bytes(CONTENT)
    for path in (plain, packed, str(packed)):
        assert read_verified(path, sha256=SHA256.upper(), size=len(CONTENT)) == CONTENT


def test_git_blob_id(tmp_path):
    path = tmp_path / "hello"
    path.write_bytes(b"hello\n")
    assert read_verified(path, git_blob_sha1=GIT_HELLO) == b"hello\n"
    with pytest.raises(DataError, match=f"hello .*git blob id.*{GIT_HELLO[:12]}.*0{{12}}"):
        read_verified(path, git_blob_sha1="0" * 40)


def test_name_and_magic_decide_on_unpacking(tmp_path, packed):
    other = tmp_path / "digits.bin"
    other.write_bytes(packed.read_bytes())
    assert read_verified(other) == packed.read_bytes()
    assert read_verified(other, gzipped=True) == CONTENT
    unpacked = tmp_path / "unpacked.gz"
    unpacked.write_bytes(CONTENT)
    assert read_verified(unpacked) == CONTENT


def test_several_gzip_members(tmp_path):
    path = tmp_path / "two.gz"
    path.write_bytes(gzip.compress(CONTENT[:100]) + gzip.compress(CONTENT[100:]))
    assert read_verified(path, sha256=SHA256) == CONTENT


def test_other_content_names_both_digests(packed):
    with pytest.raises(DataError) as caught:
        read_verified(packed, sha256="f" * 64)
    message = str(caught.value)
    assert str(packed) in message
    assert SHA256[:12] in message
    assert "f" * 12 in message
    assert "fetch it again" in message


DAMAGES = {
    **{f"cut at {kept}": lambda whole, kept=kept: whole[:kept] for kept in (2, 5, 30, -9, -1)},
    **{
        f"flipped at {at}": lambda whole, at=at: whole[:at] + b"\xaa" + whole[at:][1:]
        for at in (3, 12, 40, -6, -2)
    },
    "garbage behind it": lambda whole: whole + b"garbage",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_truncated_or_damaged_gzip(packed, damage):
    packed.write_bytes(DAMAGES[damage](packed.read_bytes()))
    with pytest.raises(DataError, match=r"digits\.gz .*fetch it again"):
        read_verified(packed, sha256=SHA256)


@pytest.mark.parametrize("limit", [{"size": 1000}, {"max_size": 1000}])
def test_bomb_stops_at_the_limit(tmp_path, limit):
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(gzip.compress(bytes(50_000_000)) + bytes(50_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"bomb\.gz unpacks to more than the 1000 bytes"):
            read_verified(bomb, **limit)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["digits", "digits.gz"])
def test_size_of_the_content(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(CONTENT) if name.endswith("gz") else CONTENT)
    with pytest.raises(DataError, match=f"truncated: its content has {len(CONTENT)} bytes where"):
        read_verified(path, size=len(CONTENT) + 1)
    with pytest.raises(DataError, match=name):
        read_verified(path, size=len(CONTENT) - 1)
    with pytest.raises(DataError, match=name):
        read_verified(path, max_size=len(CONTENT) - 1)
    assert read_verified(path, max_size=len(CONTENT)) == CONTENT


def test_sparse_giant_is_refused_unread(tmp_path):
    path = tmp_path / "giant"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(DataError, match="giant is too large: it has 1099511627776 bytes"):
        read_verified(path)


def test_missing_folder_pipe_and_impossible_name(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.gz is missing"):
        read_verified(tmp_path / "nothing.gz")
    with pytest.raises(DataError, match="is a folder where a file is expected"):
        read_verified(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe is no regular file"):
        read_verified(tmp_path / "pipe")
    with pytest.raises(DataError, match="file/below cannot be read"):
        (tmp_path / "file").write_bytes(b"")
        read_verified(tmp_path / "file" / "below")
    with pytest.raises(DataError, match="cannot be read"):
        read_verified("nul\0byte")


def test_no_permission(packed, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DataError, match=r"digits\.gz may not be read"):
        read_verified(packed)
