"""Parsers: round trips, and every kind of fault answered by a sentence that names the file."""

import io
import os
import pickle
import struct
import tracemalloc
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.io

from labelinfo.data import formats
from labelinfo.data.files import read_verified
from labelinfo.data.formats import (
    as_images,
    as_labels,
    parse_amat,
    parse_idx,
    parse_npz,
    parse_omniglot_mat,
    parse_parquet,
)
from labelinfo.errors import DataError

NAME = "folder/the-file"


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@contextmanager
def little_memory():
    """Fail if the block allocates more than 32 MB in Python or numpy."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 32_000_000


def refused(parse, content, match=None, **options):
    with little_memory(), pytest.raises(DataError, match=match) as caught:
        parse(content, NAME, **options)
    message = str(caught.value)
    assert NAME in message
    assert message.endswith(".")
    assert "\n" not in message


# IDX


def idx(array, kind=8):
    return struct.pack(f">HBB{array.ndim}I", 0, kind, array.ndim, *array.shape) + array.tobytes()


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 28, 28)])
def test_idx(shape, rng):
    array = rng.integers(0, 256, shape, dtype=np.uint8)
    parsed = parse_idx(idx(array), NAME)
    np.testing.assert_array_equal(parsed, array)
    assert parsed.dtype == np.uint8
    assert parsed.flags.writeable


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "no IDX file"),
        (b"\0\0\x08", "no IDX file"),
        (b"<!DOCTYPE html>", "no IDX file"),
        (idx(np.zeros(4, np.float32), kind=0x0D), "no IDX file"),
        (b"\0\0\x08\0" + b"\0" * 8, "no IDX file"),
        (idx(np.zeros((1, 1, 1, 1), np.uint8)), "no IDX file"),
        (b"\0\0\x08\x03\0\0\0\x05\0\0", "header alone takes 16"),
        (idx(np.zeros((2, 3), np.uint8))[:-1], "truncated: it has 17 bytes .* announces 18"),
        (idx(np.zeros((2, 3), np.uint8)) + b"\0", "bytes too many: it has 19 bytes"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "truncated: it has 16 bytes"),
        (b"\0\0\x08\x03" + b"\0" * 4 + b"\xff" * 8, "no items"),
    ],
)
def test_idx_refused(content, match):
    refused(parse_idx, content, match)


# amat


def amat(bits):
    return b"".join(b" ".join(b"%d" % bit for bit in row) + b"\n" for row in bits)


@pytest.mark.parametrize("pixels", [1, 2, 7, 784])
def test_amat(pixels, rng):
    bits = rng.integers(0, 2, (5, pixels), dtype=np.uint8)
    parsed = parse_amat(amat(bits), NAME, pixels)
    np.testing.assert_array_equal(parsed, bits)
    assert parsed.dtype == np.uint8
    np.testing.assert_array_equal(parse_amat(amat(bits)[:-1], NAME, pixels), bits)


@pytest.mark.parametrize("line", [0, 3])
@pytest.mark.parametrize("digit", [0, 2, 6])
@pytest.mark.parametrize("bad", [b"2", b"/", b" ", b"\n", b"\xff", b"a", b"-"])
def test_amat_bad_digit(bad, line, digit):
    content = bytearray(amat(np.ones((4, 7), np.uint8)))
    content[line * 14 + 2 * digit] = bad[0]
    refused(parse_amat, bytes(content), f"^Line {line + 1} of .*7 digits", pixels=7)


@pytest.mark.parametrize(("offset", "bad"), [(1, b"0"), (1, b"\t"), (13, b" "), (3, b"\n")])
def test_amat_bad_separator(offset, bad):
    content = bytearray(amat(np.zeros((4, 7), np.uint8)))
    content[2 * 14 + offset] = bad[0]
    refused(parse_amat, bytes(content), "^Line 3 of", pixels=7)


@pytest.mark.parametrize("kept", [1, 2, 13, 15, 27, 41, 42 + 12])
def test_amat_truncated(kept):
    content = amat(np.ones((4, 7), np.uint8))[:kept]
    if kept in (13, 27, 41):  # only a line feed is missing
        assert parse_amat(content, NAME, 7).shape == ((kept + 1) // 14, 7)
    else:
        refused(parse_amat, content, "truncated", pixels=7)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "empty"),
        (b"\n", "Line 1"),
        (b"\r\n", "Line 1"),
        (b"<html>404</html>", "Line 1"),
        (amat(np.ones((2, 7), np.uint8)).replace(b"\n", b"\r\n"), "Line 1"),
        (amat(np.ones((2, 7), np.uint8)).replace(b"\n", b" \n"), "Line 1"),
        (amat(np.ones((2, 7), np.uint8)) + b"\n", "Line 3"),
        (amat(np.ones((2, 6), np.uint8)), "Line 1"),
        (amat(np.ones((2, 8), np.uint8)), "Line 1"),
    ],
)
def test_amat_other_layout(content, match):
    refused(parse_amat, content, match, pixels=7)


# Omniglot


def omniglot(rng, train=6, test=3):
    variables = {}
    for prefix, count in (("", train), ("test", test)):
        alphabets = rng.integers(0, 5, count)
        variables[f"{prefix}data"] = rng.integers(0, 256, (784, count)) / 255
        variables[f"{prefix}target"] = np.eye(5)[:, alphabets]
        variables[f"{prefix}targetchar"] = rng.integers(1, 9, (1, count)).astype(float)
    return variables


def mat(variables, **options):
    file = io.BytesIO()
    scipy.io.savemat(file, variables, **options)
    return file.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
def test_omniglot(compressed, rng):
    variables = omniglot(rng)
    parsed = parse_omniglot_mat(mat(variables, do_compression=compressed), NAME)
    for images, data in (
        (parsed.train_images, variables["data"]),
        (parsed.test_images, variables["testdata"]),
    ):
        assert images.dtype == np.float32
        assert images.flags.c_contiguous
        for image, column in zip(images, data.T, strict=True):
            # Column-major in the file: the second value is one row below the first
            by_rows = column.reshape(28, 28, order="F")
            np.testing.assert_allclose(image.reshape(28, 28), by_rows, rtol=1e-6)
    for codes, target in (
        (parsed.train_alphabet, variables["target"]),
        (parsed.test_alphabet, variables["testtarget"]),
    ):
        assert codes.dtype == np.int64
        np.testing.assert_array_equal(np.eye(5)[:, codes], target)
    np.testing.assert_array_equal(parsed.train_character_in_alphabet, variables["targetchar"][0])
    np.testing.assert_array_equal(parsed.test_character_in_alphabet, variables["testtargetchar"][0])
    assert parsed.test_character_in_alphabet.dtype == np.int64


def test_omniglot_other_number_types(rng):
    variables = omniglot(rng)
    exact = parse_omniglot_mat(mat(variables), NAME)
    variables["data"] = variables["data"].astype(np.float32)
    variables["target"] = variables["target"].astype(np.uint8)
    variables["testtarget"] = variables["testtarget"].astype(bool)
    variables["targetchar"] = variables["targetchar"].astype(np.int16)
    parsed = parse_omniglot_mat(mat(variables), NAME)
    for field, array in vars(exact).items():
        np.testing.assert_array_equal(getattr(parsed, field), array)


def _set(variable, index, value):
    def change(variables):
        variables[variable][index] = value

    return change


def _replace(variable, make):
    def change(variables):
        variables[variable] = make(variables[variable])

    return change


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (_set("data", (5, 1), np.nan), r"'data' .*outside \[0, 1\]"),
        (_set("testdata", (5, 1), np.inf), r"'testdata' .*outside \[0, 1\]"),
        (_set("data", (0, 0), -1e-3), r"outside \[0, 1\]"),
        (_set("data", (0, 0), 255), r"outside \[0, 1\]"),
        (_set("target", (slice(None), 2), 0), "'target' .*one-hot"),
        (_set("target", (slice(None), 2), 1), "'target' .*one-hot"),
        (_set("testtarget", (0, 0), 0.5), "'testtarget' .*one-hot"),
        (_set("testtarget", (0, 0), np.nan), "'testtarget' .*one-hot"),
        (_set("targetchar", (0, 1), 0), "'targetchar' .*positive integers"),
        (_set("targetchar", (0, 1), -3), "positive integers"),
        (_set("targetchar", (0, 1), 1.5), "positive integers"),
        (_set("targetchar", (0, 1), np.nan), "positive integers"),
        (_set("targetchar", (0, 1), np.inf), "positive integers"),
        (_set("targetchar", (0, 1), 1e18), "positive integers"),
        (lambda variables: variables.pop("testtargetchar"), "lacks the variable 'testtargetchar'"),
        (lambda variables: variables.clear(), "lacks the variable 'data'"),
        (_replace("data", lambda a: a[:783]), r"'data' .*783×6 where 784×6"),
        (_replace("data", lambda a: a[:, :0]), "'data' is empty"),
        (_replace("data", np.transpose), "'data' .*6×784"),
        (_replace("data", lambda a: a.reshape(28, 28, -1)), "'data' .*28×28×6"),
        (_replace("target", lambda a: a[:, :-1]), "'target' .*5×5 where 5×6"),
        (_replace("testtarget", lambda a: a[:-1]), "'testtarget' .*4×3 where 5×3"),
        (_replace("targetchar", np.transpose), "'targetchar' .*6×1 where 1×6"),
        (_replace("data", lambda a: a + 1j), "'data' .*complex"),
        (_replace("data", lambda _: "text"), "'data' .*char"),
        (_replace("targetchar", lambda _: {"a": 1}), "'targetchar' .*struct"),
        (_replace("target", lambda a: a.astype(object)), "'target' .*cell"),
    ],
)
def test_omniglot_refused(change, match, rng):
    variables = omniglot(rng)
    change(variables)
    refused(parse_omniglot_mat, mat(variables, do_compression=True), match)


def test_omniglot_old_format(rng):
    refused(parse_omniglot_mat, mat(omniglot(rng), format="4"), "no MATLAB 5 file")


def test_omniglot_variable_twice(rng):
    content = mat(omniglot(rng)) + mat({"data": np.zeros((784, 6))})[128:]
    refused(parse_omniglot_mat, content, "'data' .*twice")


@pytest.mark.parametrize("compressed", [False, True])
def test_omniglot_truncated(compressed, rng):
    content = mat(omniglot(rng), do_compression=compressed)
    for kept in [0, 4, 100, 127, 128, 130, 136, 150, 200, len(content) // 2, len(content) - 1]:
        refused(parse_omniglot_mat, content[:kept])


@pytest.mark.parametrize("compressed", [False, True])
def test_omniglot_one_bit_wrong(compressed, rng):
    content = mat(omniglot(rng, 2, 2), do_compression=compressed)
    positions = [*range(124, 400), *rng.integers(400, len(content), 300)]
    failures = 0
    for position in positions:
        damaged = bytearray(content)
        damaged[position] ^= 1 << int(rng.integers(8))
        try:
            parsed = parse_omniglot_mat(bytes(damaged), NAME)
        except DataError as error:
            assert NAME in str(error)
            failures += 1
        else:
            assert parsed.train_images.shape == (2, 784)
    # Compressed variables carry a checksum; without one, other values cannot be told
    assert failures == len(positions) if compressed else failures > 50


def test_omniglot_bomb(rng):
    matrix = mat({"data": np.zeros((784, 2))})[128:]
    packed = zlib.compress(matrix + bytes(80_000_000))
    content = mat({k: v for k, v in omniglot(rng, 2, 2).items() if k != "data"})
    content += struct.pack("<2I", 15, len(packed)) + packed
    # What follows the values is not unpacked at all
    with little_memory():
        assert parse_omniglot_mat(content, NAME).train_images.sum() == 0


def test_omniglot_too_large(rng, monkeypatch):
    monkeypatch.setattr(formats, "_MAX_MAT_UNPACKED", 800_000)
    variables = omniglot(rng, train=200)
    content = mat(variables, do_compression=True)
    refused(parse_omniglot_mat, content, "'data' .*announces 1254400 bytes where at most 800000")


def test_omniglot_oversized_announcement(rng):
    matrix = mat({"data": np.zeros((784, 2))})[128:]
    # The element of the values announces 4 GB inside a small compressed variable
    lying = matrix.replace(struct.pack("<2I", 9, 784 * 2 * 8), struct.pack("<2I", 9, 0xFFFFFFF0), 1)
    assert lying != matrix
    packed = zlib.compress(lying)
    content = mat({k: v for k, v in omniglot(rng, 2, 2).items() if k != "data"})
    content += struct.pack("<2I", 15, len(packed)) + packed
    refused(parse_omniglot_mat, content, "damaged")


# npz


def npz(compressed=False, **arrays):
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def archive(members, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as target:
        for name, content in members:
            target.writestr(name, content)
    return file.getvalue()


def npy(array, **header):
    """Return a ``.npy`` file whose header may lie."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, np.lib.format.header_data_from_array_1_0(array) | header
    )
    return file.getvalue() + array.tobytes()


@pytest.mark.parametrize("compressed", [False, True])
def test_npz(compressed, rng):
    arrays = {
        "images": rng.integers(0, 256, (3, 28, 28), dtype=np.uint8),
        "fortran": np.asfortranarray(rng.random((3, 4))),
        "digit": np.array([3, 1, 4]),
        "writer": np.array(["a", "bc", "β"]),
        "big": np.arange(70_000, dtype=">i4"),
    }
    parsed = parse_npz(npz(compressed, **arrays), NAME)
    assert list(parsed) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(parsed[name], array)
        assert parsed[name].dtype == array.dtype
        assert parsed[name].flags.writeable


class Explosive:
    """Sets an environment variable when it is unpickled."""

    def __reduce__(self):
        return exec, ("import os; os.environ['LABELINFO_EXPLODED'] = '1'",)


@pytest.mark.parametrize(
    "content",
    [
        npz(images=np.array([Explosive()], dtype=object)),
        archive([("images.npy", pickle.dumps(Explosive()))]),
        pickle.dumps(Explosive()),
    ],
    ids=["array", "member", "file"],
)
def test_npz_never_runs_code(content):
    refused(parse_npz, content)
    assert "LABELINFO_EXPLODED" not in os.environ


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "no sound .npz"),
        (b"PK", "no sound .npz"),
        (b"<html>", "no sound .npz"),
        (archive([]), "no arrays"),
        (npz(images=np.array(["a", 1], dtype=object)), "'images' .*Python objects"),
        (npz(images=np.array([(1, None)], dtype=[("a", int), ("b", object)])), "Python objects"),
        (npz(images=np.zeros((0, 784))), "'images' .*empty"),
        (archive([("images.npy", npy(np.zeros(3))[:-1])]), "'images' .*announces 24 .*23 are"),
        (archive([("images.npy", npy(np.zeros(3)) + b"\0")]), "announces 24 .*25 are"),
        (archive([("images.npy", npy(np.zeros(3), shape=(10**12,)))]), "announces 8000000000000"),
        (archive([("images.npy", npy(np.zeros(3), shape=(-1, -3)))]), "'images' .*damaged"),
        (archive([("images.npy", npy(np.zeros(3), shape=(10**30, 0)))]), "'images' .*damaged"),
        (archive([("images.npy", npy(np.zeros(3), descr="<U0"))]), "'images'"),
        (archive([("images.npy", npy(np.zeros(3), descr="no type"))]), "no sound"),
        (archive([("images.npy", b"\x93NUMPY\x01\0\xff\xff" + b" " * 500)]), "no sound"),
        (archive([("images.npy", b"\x93NUMPY\x02\0\xff\xff\xff\xff" + b" " * 500)]), "no sound"),
        (archive([("images.npy", b"\x93NUMPY\x09\0")]), "no sound|unknown format"),
        (archive([("images.npy", b"")]), "no sound"),
        (archive([("images.npy", npy(np.zeros(3, bool))[:-1] + b"\2")]), "neither 0 nor 1"),
        # numpy's message has two lines
        (archive([("images.npy", npy(np.zeros(3), descr="<f8" + " " * 20_000))]), "no sound"),
        (archive([("two\nlines.npy", npy(np.zeros(0)))]), r"'two\\nlines' .*empty"),
        (archive([("a.npy", npy(np.zeros(3))), ("a", npy(np.ones(3)))]), "two of one name"),
        (archive([("readme.txt", b"Hello")]), "no sound"),
        (archive([("images.npy", npy(np.zeros(9)))], zipfile.ZIP_BZIP2), "unknown way"),
        (archive([("images.npy", npy(np.zeros(9)))], zipfile.ZIP_LZMA), "unknown way"),
    ],
)
def test_npz_refused(content, match):
    refused(parse_npz, content, match)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_npz_one_name_twice():
    content = archive([("images.npy", npy(np.zeros(3))), ("images.npy", npy(np.ones(3)))])
    refused(parse_npz, content, "two of one name")


@pytest.mark.parametrize("compressed", [False, True])
def test_npz_truncated_or_damaged(compressed, rng):
    content = npz(compressed, images=rng.random((10, 784)))
    for kept in [10, 100, 200, len(content) // 2, len(content) - 30, len(content) - 1]:
        refused(parse_npz, content[:kept])
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 1
    refused(parse_npz, bytes(damaged), "no sound")


def test_npz_bomb():
    bomb = archive([("images.npy", npy(np.zeros(1), shape=(100_000_000,)) + bytes(10**8))])
    refused(parse_npz, bomb, "announces 1000.* where at most 1000000 are allowed", max_size=10**6)
    # The same with the announced sizes turned small in both headers of the zip file
    true = struct.pack("<I", zipfile.ZipFile(io.BytesIO(bomb)).infolist()[0].file_size)
    lying = bomb.replace(true, struct.pack("<I", 128 + 8))
    assert lying.count(true) == 0
    refused(parse_npz, lying)


def test_npz_lying_size_with_a_sound_header():
    bomb = archive([("images.npy", npy(np.zeros(1)) + bytes(10**8))])
    true = struct.pack("<I", zipfile.ZipFile(io.BytesIO(bomb)).infolist()[0].file_size)
    lying = bomb.replace(true, struct.pack("<I", len(npy(np.zeros(1)))))
    refused(parse_npz, lying, "no sound")


# Parquet


def parquet(columns, **options):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def lists(rows, kind=None):
    return pa.array(rows, None if kind is None else pa.list_(kind))


@pytest.mark.parametrize(
    "kind", [pa.uint8(), pa.int64(), pa.float32(), pa.float64(), pa.float16(), pa.bool_()]
)
@pytest.mark.parametrize("form", [pa.list_, pa.large_list, lambda kind: pa.list_(kind, 784)])
def test_parquet(kind, form, rng, monkeypatch):
    monkeypatch.setattr(formats, "_PARQUET_ROWS", 4)
    images = rng.integers(0, 2, (10, 784)).astype(kind.to_pandas_dtype())
    columns = {
        "images": pa.array(list(images), form(kind)),
        "digit": pa.array(np.arange(10)),
        "writer": pa.array([f"w{i % 3}" for i in range(10)]),
        "style": pa.array(["slanted", "upright"] * 5).dictionary_encode(),
        "zero": pa.array([i == 0 for i in range(10)]),
    }
    parsed = parse_parquet(parquet(columns, row_group_size=7), NAME)
    assert list(parsed) == list(columns)
    np.testing.assert_array_equal(parsed["images"], images)
    assert parsed["images"].dtype == images.dtype
    np.testing.assert_array_equal(parsed["digit"], np.arange(10))
    assert parsed["writer"].tolist() == columns["writer"].to_pylist()
    assert parsed["style"].tolist() == ["slanted", "upright"] * 5
    assert parsed["zero"].dtype == bool
    assert parsed["zero"].tolist() == [True] + [False] * 9


GOOD = lists([[0, 1], [1, 0]])


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"digit": [1, 2]}, r"no column 'images' .*\(it has .digit.\)"),
        ({"images": [1, 2]}, "'images' .*lists of numbers"),
        ({"images": ["a", "b"]}, "'images' .*lists of numbers"),
        ({"images": lists([["0"], ["1"]])}, "'images' .*lists of numbers"),
        ({"images": lists([[[0]], [[1]]])}, "'images' .*lists of numbers"),
        ({"images": lists([[0, 1], [1]])}, "differ in length"),
        ({"images": lists([[0, 1], None])}, "'images' .*missing values"),
        ({"images": lists([[0, 1], [1, None]])}, "'images' .*missing values"),
        ({"images": GOOD, "digit": [1, None]}, "'digit' .*missing values"),
        ({"images": GOOD, "writer": ["a", None]}, "'writer' .*missing values"),
        ({"images": GOOD, "writer": [b"a", b"b"]}, "'writer' .*binary"),
        ({"images": GOOD, "when": pa.array([1, 2], pa.timestamp("s"))}, "'when' .*timestamp"),
        ({"images": GOOD, "pair": lists([[1], [2]])}, "'pair' .*list"),
        ({"images": GOOD, "both": [{"a": 1}, {"a": 2}]}, "'both' .*struct"),
        ({"images": GOOD, "none": pa.nulls(2)}, "'none' .*null"),
        ({"images": lists([], pa.uint8())}, "no rows"),
    ],
)
def test_parquet_refused(columns, match):
    refused(parse_parquet, parquet(columns), match)


def test_parquet_uneven_between_row_groups():
    content = parquet({"images": lists([[0, 1], [0, 1], [1], [1]])}, row_group_size=2)
    refused(parse_parquet, content, "differ in length")


def test_parquet_one_name_twice():
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([GOOD, GOOD], ["images", "images"]), file)
    refused(parse_parquet, file.getvalue(), "two columns of one name")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1PAR1", b"<html>", b"PAR1" + b"\xff" * 64])
def test_parquet_garbage(content):
    refused(parse_parquet, content, "no sound Parquet file")


def test_parquet_truncated(rng):
    content = parquet({"images": list(rng.random((8, 784))), "digit": list(range(8))})
    for kept in [4, 100, len(content) // 2, len(content) - 8, len(content) - 1]:
        refused(parse_parquet, content[:kept], "no sound Parquet file")


def test_parquet_one_byte_wrong(rng):
    columns = {"images": list(np.eye(8)), "digit": list(range(8)), "writer": list("abcdefgh")}
    content = parquet(columns)
    failures = 0
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= int(rng.integers(1, 256))
        try:
            parse_parquet(bytes(damaged), NAME)
        except DataError as error:
            assert NAME in str(error)
            failures += 1
    assert failures > 100


def test_parquet_bomb():
    # A long run of one value takes next to nothing in the file
    run = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(10_000_000, np.uint8)), 1000)
    content = parquet({"images": run})
    assert len(content) < 100_000
    refused(parse_parquet, content, "unpacks to 10000000 bytes", max_size=9_999_999)
    text = pa.array(["x" * 1_000_000] * 100)
    content = parquet({"images": lists([[0]] * 100), "writer": text}, use_dictionary=False)
    assert len(content) < 10_000_000
    refused(parse_parquet, content, "unpacks to", max_size=9_999_999)


def test_parquet_repeated_text_is_held_once():
    columns = {"images": lists([[0]] * 300), "writer": pa.array(["x" * 200_000] * 300)}
    content = parquet(columns)
    with little_memory():
        parsed = parse_parquet(content, NAME)
    assert len({id(text) for text in parsed["writer"]}) == 1


# Images

SHAPES = [(5, 784), (5, 28, 28), (5, 1, 28, 28), (5, 28, 28, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", [bool, np.uint8, np.int8, ">i4", np.uint64, np.float16, float])
def test_binary_images(shape, kind, rng):
    bits = rng.integers(0, 2, shape)
    images = as_images(bits.astype(kind), NAME)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, bits.reshape(5, 784))


@pytest.mark.parametrize("kind", [np.uint8, np.int16, ">u2", np.int64])
def test_integer_images_are_divided_by_255(kind, rng):
    values = rng.integers(0, 256, (5, 28, 28))
    images = as_images(values.astype(kind), NAME)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images, values.reshape(5, 784) / 255, rtol=1e-6)
    assert images.max() <= 1


@pytest.mark.parametrize("kind", [np.uint8, np.int64])
def test_integers_0_and_255_are_bits(kind, rng):
    bits = rng.integers(2, size=(3, 28, 28))
    images = as_images((255 * bits).astype(kind), NAME)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, bits.reshape(3, 784))
    # but one grey pixel makes intensities of all
    grey = 255 * bits
    grey[0, 0, 0] = 254
    assert as_images(grey.astype(kind), NAME).dtype == np.float32


@pytest.mark.parametrize("kind", [np.float16, np.float32, ">f8", np.longdouble])
def test_fractional_images(kind, rng):
    values = rng.random((5, 784)).astype(kind)
    images = as_images(values, NAME)
    assert images.dtype == np.float32
    np.testing.assert_array_equal(images, values.astype(np.float32))


def test_images_are_a_copy():
    values = np.zeros((1, 784), np.uint8)
    as_images(values, NAME)[0, 0] = 1
    assert values.sum() == 0


@pytest.mark.parametrize(
    "shape",
    [(784,), (28, 28), (5, 783), (5, 28, 27), (5, 3, 28, 28), (5, 28, 28, 3), (5, 32, 32), ()],
)
def test_images_of_other_shapes(shape):
    refused(as_images, np.zeros(shape), "28×28")


def _images(kind, value):
    array = np.zeros((3, 784), kind)
    array[1, 5] = value
    return array


@pytest.mark.parametrize(
    "array",
    [
        _images(float, np.nan),
        _images(np.float32, np.inf),
        _images(np.float16, -np.inf),
        _images(float, -1e-9),
        _images(float, 1 + 1e-9),
        _images(float, 255),
        _images(np.int8, -1),
        _images(np.int64, 256),
        _images(np.uint64, 2**64 - 1),
        _images(complex, 1j),
        _images("U1", "1"),
        _images(object, 1),
        _images("M8[s]", 1),
        np.zeros((3, 784), [("a", int)]),
        np.zeros((0, 784)),
        np.zeros((0, 28, 28), np.uint8),
    ],
    ids=lambda array: f"{array.dtype}-{len(array)}",
)
def test_images_refused(array):
    refused(as_images, array, "28×28")


# Labels


@pytest.mark.parametrize(
    ("values", "codes", "names"),
    [
        ([3, 1, 3, -2], [2, 1, 2, 0], ["-2", "1", "3"]),
        ([10, 9, 10], [1, 0, 1], ["9", "10"]),
        (np.array([2**63, 0], np.uint64), [1, 0], ["0", str(2**63)]),
        ([3.0, 1.0, 3.0], [1, 0, 1], ["1", "3"]),
        ([True, False, True], [1, 0, 1], ["False", "True"]),
        (["b", "a", "β", "a"], [1, 0, 2, 0], ["a", "b", "β"]),
        (np.array(["b", "a"], object), [1, 0], ["a", "b"]),
        (np.array(["β".encode(), b"a"]), [1, 0], ["a", "β"]),
        ([7, 7], [0, 0], ["7"]),
    ],
)
def test_labels(values, codes, names):
    found, classes = as_labels(np.asarray(values), NAME, "digit")
    assert found.dtype == np.int64
    assert found.tolist() == codes
    assert classes == names


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.zeros((3, 2), int), "3×2"),
        (np.zeros((3, 1), int), "3×1"),
        (np.array(3), "single number"),
        (np.zeros(0, int), "empty"),
        (np.array([1.0, np.nan]), "missing or fractional"),
        (np.array([1.0, np.inf]), "missing or fractional"),
        (np.array([1.0, 1.5]), "missing or fractional"),
        (np.array(["a", None], object), "object"),
        (np.array([b"\xff"]), "UTF-8"),
        (np.array([0x110000, 65], np.uint32).view("<U1"), "not Unicode"),
        (np.array(["\ud800"]), "not Unicode"),
        (np.array([1j]), "complex"),
        (np.array([0], "M8[s]"), "datetime"),
        (np.zeros(2, [("a", int)]), "digit"),
        (np.arange(100_001), "100001 distinct values"),
    ],
)
def test_labels_refused(values, match):
    with pytest.raises(DataError, match=match) as caught:
        as_labels(values, NAME, "digit")
    assert NAME in str(caught.value)
    assert "'digit'" in str(caught.value)


def test_as_many_classes_as_allowed():
    codes, names = as_labels(np.arange(100_000)[::-1], NAME, "digit")
    assert codes[0] == 99_999
    assert len(names) == 100_000


# The real files

MIRROR = os.environ.get("LABELINFO_MIRROR")
needs_mirror = pytest.mark.skipif(not MIRROR, reason="LABELINFO_MIRROR is not set")


@pytest.mark.mirror
@needs_mirror
@pytest.mark.parametrize(
    ("split", "count", "mean"),
    [("train", 50_000, 0.13056), ("valid", 10_000, 0.13113), ("test", 10_000, 0.13251)],
)
def test_real_static_mnist(split, count, mean):
    path = Path(MIRROR, "mnist_static", f"binarized_mnist_{split}.amat.gz")
    bits = parse_amat(read_verified(path), str(path))
    assert bits.shape == (count, 784)
    assert bits.mean() == pytest.approx(mean, abs=1e-5)


@pytest.mark.mirror
@needs_mirror
def test_real_omniglot():
    path = Path(MIRROR, "omniglot", "chardata_rebuilt.mat")
    parsed = parse_omniglot_mat(read_verified(path), str(path))
    assert parsed.train_images.shape == (24_345, 784)
    assert parsed.test_images.shape == (8_070, 784)
    alphabets = np.concatenate([parsed.train_alphabet, parsed.test_alphabet])
    characters = np.concatenate(
        [parsed.train_character_in_alphabet, parsed.test_character_in_alphabet]
    )
    assert np.unique(alphabets).tolist() == list(range(50))
    assert len(np.unique(np.stack([alphabets, characters]), axis=1).T) == 1_623
