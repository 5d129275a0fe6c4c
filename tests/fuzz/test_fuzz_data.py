"""Data files of every format, damaged and forged: parsed whole or refused with a sentence."""

import ast
import functools
import gzip
import io
import struct
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mutations import EDGES, answer, cases, damaged

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
RANDOM = np.random.default_rng(5)
BITS = RANDOM.integers(0, 2, (3, 784), dtype=np.uint8)


def parsed(parse, content):
    return answer(lambda: parse(content, NAME), DataError, NAME)


def assert_images(images):
    assert images.ndim == 2
    assert images.shape[1] == 784
    assert len(images) > 0
    if images.dtype == np.uint8:
        assert images.max() <= 1
    else:
        assert images.dtype == np.float32
        assert np.all((images >= 0) & (images <= 1))


def assert_labels(codes, classes, count):
    assert codes.dtype == np.int64
    assert codes.shape == (count,)
    assert codes.min() >= 0
    assert codes.max() < len(classes) <= 100_000
    assert all(isinstance(word, str) for word in classes)
    assert "".join(classes).encode().decode() == "".join(classes)


def read_columns(columns):
    """Take parsed columns through the steps that a user's table takes."""
    images = None
    for column, values in columns.items():
        assert isinstance(values, np.ndarray)
        if column == "images":
            images = answer(lambda values=values: as_images(values, NAME), DataError, NAME)
            if images is not None:
                assert_images(images)
        else:
            label = answer(
                lambda values=values, column=column: as_labels(values, NAME, column),
                DataError,
                NAME,
            )
            if label is not None:
                assert_labels(*label, len(values))
    return images


# --- idx ----------------------------------------------------------------------------------------


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def assert_idx(content):
    array = parsed(parse_idx, content)
    if array is not None:
        assert array.dtype == np.uint8
        assert 1 <= array.ndim <= 3
        assert array.size == len(content) - 4 - 4 * array.ndim > 0


@cases(600)
@given(damaged(idx(RANDOM.integers(0, 256, (5, 4, 3), dtype=np.uint8))))
def test_a_damaged_idx_file_is_an_array_or_a_sentence(content):
    assert_idx(content)


@cases(400)
@given(
    st.sampled_from([0, 8, 9, 11, 14, 255]),
    st.lists(st.sampled_from(EDGES[:12]) | st.integers(0, 9), max_size=8),
    st.integers(0, 255),
    st.binary(max_size=60),
)
def test_an_idx_header_may_lie_in_every_number(kind, shape, dimensions, rest):
    for count in (dimensions, len(shape)):
        assert_idx(bytes([0, 0, kind, count]) + struct.pack(f">{len(shape)}I", *shape) + rest)


# --- amat ---------------------------------------------------------------------------------------

AMAT = b"".join(b" ".join(b"%d" % bit for bit in row[:7]) + b"\n" for row in BITS)


@cases(800)
@given(damaged(AMAT) | st.text("01 \n\t-.e", max_size=50).map(str.encode) | st.binary(max_size=50))
def test_a_damaged_text_of_bits_is_bits_or_a_sentence(content):
    bits = parsed(functools.partial(parse_amat, pixels=7), content)
    if bits is not None:
        assert bits.dtype == np.uint8
        assert bits.shape[1:] == (7,)
        assert bits.max() <= 1
        lines = content.decode().splitlines()
        assert [line.split() for line in lines] == [[str(bit) for bit in row] for row in bits]


# --- mat ----------------------------------------------------------------------------------------


@functools.cache
def mat(compressed):
    variables = {}
    for prefix in ("", "test"):
        variables[f"{prefix}data"] = BITS.T / 2
        variables[f"{prefix}target"] = np.eye(4)[:, [0, 1, 1]]
        variables[f"{prefix}targetchar"] = np.array([[1.0, 2.0, 2.0]])
    file = io.BytesIO()
    scipy.io.savemat(file, variables, do_compression=compressed)
    return file.getvalue()


def assert_omniglot(content):
    arrays = parsed(parse_omniglot_mat, content)
    if arrays is not None:
        for part in ("train", "test"):
            images = getattr(arrays, f"{part}_images")
            assert_images(images)
            assert images.dtype == np.float32
            alphabet = getattr(arrays, f"{part}_alphabet")
            assert alphabet.shape == (len(images),)
            assert alphabet.min() >= 0
            assert getattr(arrays, f"{part}_character_in_alphabet").min() >= 1


@cases(900)
@given(damaged(mat(False)) | damaged(mat(True)))
def test_a_damaged_matlab_file_is_arrays_or_a_sentence(content):
    assert_omniglot(content)


@cases(500)
@given(
    st.integers(0, 60),
    st.lists(st.sampled_from([*EDGES[:12], 5, 6, 9, 14, 15]), min_size=1, max_size=3),
    st.sampled_from(["<", ">"]),
)
def test_the_tags_of_a_matlab_variable_may_lie(word, numbers, order):
    content = bytearray(mat(False))
    at = 128 + 4 * word
    content[at : at + 4 * len(numbers)] = struct.pack(f"{order}{len(numbers)}I", *numbers)
    assert_omniglot(bytes(content))


# --- npz ----------------------------------------------------------------------------------------


@functools.cache
def npz(compressed):
    file = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(file, images=BITS, digit=np.array([1, 2, 1]), word=np.array(["a", "bé", "a"]))
    return file.getvalue()


def assert_npz(content):
    columns = parsed(parse_npz, content)
    if columns is not None:
        for values in columns.values():
            assert not values.dtype.hasobject
        read_columns(columns)


@cases(900)
@given(damaged(npz(False)) | damaged(npz(True)))
def test_a_damaged_npz_file_is_arrays_or_a_sentence(content):
    assert_npz(content)


def archive(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        for name, content in members:
            target.writestr(name, content)
    return file.getvalue()


CODE = [
    "__import__('os').system('true')",
    "[].__class__.__base__.__subclasses__()",
    "(lambda: 0)()",
    "-" * 9000 + "1",
    "(" * 9000,
    "'" + "a" * 11_000 + "'",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
    "1\n2",
    "\x00",
]
TYPES = [
    "<f8", ">f4", "|u1", "|b1", "<i8", "<u2", "<c8", "<U3", ">U2", "|S4", "|O", "O", "<M8[s]",
    "|V3", "<U0", "<U999999999", "|V2147483647", "no type", "<f3", [("a", "<f8")], [("a", "|O")],
    [("a", "<i4", (2, 2))], ("<f8", (3,)), {"names": ["a"], "formats": ["|O"]}, None, 8, b"<f8",
    "f8,f8", "<f8\n", "numpy.float64",
]  # fmt: skip
SHAPES = st.lists(
    st.sampled_from([0, 1, 3, 784, 28, -1, 2**31, 2**63, 10**30]), max_size=4
).map(tuple) | st.sampled_from([3, None, (3.0,), ("3",), [3], (True,), (1,) * 40])  # fmt: skip
HEADERS = st.builds(
    lambda kind, shape, order: repr({"descr": kind, "fortran_order": order, "shape": shape}),
    st.sampled_from(TYPES),
    SHAPES,
    st.sampled_from([True, False, None, 1]),
) | st.sampled_from(CODE)  # fmt: skip


@cases(1000)
@given(
    HEADERS,
    st.sampled_from([(1, 0), (2, 0), (3, 0), (9, 9)]),
    st.binary(max_size=100) | st.sampled_from([bytes(24), b"\xff" * 24, b"\2" * 784, bytes(2352)]),
    st.sampled_from(["images", "digit", "a\nb", "../../x", "/etc/x", "", "é" * 200]),
)
@pytest.mark.filterwarnings("ignore:Reading `.npy`")
def test_an_npy_header_may_say_anything_and_nothing_of_it_runs(header, version, rest, name):
    text = header.encode()
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    member = b"\x93NUMPY" + bytes(version) + length + text + rest
    assert_npz(archive([(f"{name}.npy", member)]))


def test_the_headers_that_are_fuzzed_hold_a_sound_one():
    # or the test above would show nothing about what is accepted
    header = {"descr": "<f8", "fortran_order": False, "shape": (3,)}
    assert ast.literal_eval(repr(header)) == header
    text = repr(header).encode()
    member = b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + bytes(24)
    assert parse_npz(archive([("x.npy", member)]), NAME)["x"].tolist() == [0.0, 0.0, 0.0]


# --- Parquet ------------------------------------------------------------------------------------


@functools.cache
def parquet(compression, dictionary):
    file = io.BytesIO()
    table = {
        "images": pa.array(list(BITS)),
        "digit": [1, 2, 1],
        "word": ["a", "bé", "a"],
        "share": [1.0, 2.0, 1.0],
        "flag": [True, False, True],
    }
    pq.write_table(pa.table(table), file, compression=compression, use_dictionary=dictionary)
    return file.getvalue()


KINDS = [("none", False), ("none", True), ("snappy", True), ("zstd", False)]


@cases(900)
@given(st.one_of(*(damaged(parquet(*kind)) for kind in KINDS)))
def test_a_damaged_parquet_file_is_columns_or_a_sentence(content):
    columns = parsed(parse_parquet, content)
    if columns is not None:
        read_columns(columns)


def footer(content):
    (length,) = struct.unpack("<I", content[-8:-4])
    return content[-8 - length : -8]


@cases(600)
@given(
    st.sampled_from(KINDS),
    st.one_of(*(damaged(footer(parquet(*kind))) for kind in KINDS)),
    st.sampled_from([None, *EDGES[:12]]),
)
def test_the_footer_of_a_parquet_file_may_lie(kind, forged, length):
    content = parquet(*kind)
    said = len(forged) if length is None else length
    content = content[: -8 - len(footer(content))] + forged + struct.pack("<I", said) + b"PAR1"
    columns = parsed(parse_parquet, content)
    if columns is not None:
        read_columns(columns)


NUMBERS = [pa.uint8(), pa.int8(), pa.int64(), pa.float16(), pa.float32(), pa.float64(), pa.bool_()]
ODD = [pa.string(), pa.large_string(), pa.binary(), pa.date32(), pa.null(), pa.decimal128(5)]
PIXELS = st.sampled_from([0, 1, 0.5, 2, 255, 256, -1, float("nan"), float("inf"), None])
ENTRIES = st.sampled_from([0, 1, -(2**63), 2.5, "", "a", "\x00", "a\nb", True, None, float("nan")])


@cases(500)
@given(
    st.sampled_from(NUMBERS + ODD),
    st.sampled_from([pa.list_, pa.large_list, lambda kind: pa.list_(kind, 784), lambda kind: kind]),
    st.lists(st.tuples(PIXELS, st.sampled_from([784, 784, 784, 783, 0])), max_size=4),
    st.dictionaries(
        st.sampled_from(["digit", "split", "a\nb", "", "x" * 300, "images "]),
        st.tuples(st.sampled_from(NUMBERS + ODD), st.lists(ENTRIES, min_size=4, max_size=4)),
        max_size=3,
    ),
    st.sampled_from(["images", "images", "images", "Images"]),
)
def test_a_parquet_file_may_have_any_types_and_values(kind, form, rows, more, name):
    columns = {name: column(form(kind), [[pixel] * length for pixel, length in rows])}
    columns |= {
        title: column(other, values[: len(rows)]) for title, (other, values) in more.items()
    }
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    found = parsed(parse_parquet, file.getvalue())
    if found is not None:
        images = read_columns(found)
        assert images is None or len(images) == len(rows)


def column(kind, values):
    """Return the values in the type asked for, or in their own where they are of no such type."""
    for wanted in (kind, None):
        try:
            return pa.array(values, wanted)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            continue
    return pa.array([str(value) for value in values])


# --- images and labels --------------------------------------------------------------------------

DTYPES = st.sampled_from(
    ["?", "u1", "i1", "<i2", ">i4", "<u8", "<f2", "<f4", ">f8", "g", "<c8", "S3", "<U2", "<M8[s]",
     "V2", "O"]
)  # fmt: skip
LENGTHS = st.sampled_from([0, 1, 2, 28, 784])


@cases(700)
@given(DTYPES, st.lists(LENGTHS, max_size=4), st.lists(PIXELS, min_size=1, max_size=3))
def test_images_of_any_type_shape_and_value_are_images_or_a_sentence(kind, shape, values):
    if np.prod(shape, dtype=float) > 1_000_000:
        shape = shape[:2]
    array = filled(kind, tuple(shape), values)
    images = answer(lambda: as_images(array, NAME), DataError, NAME)
    if images is not None:
        assert_images(images)


def filled(kind, shape, values):
    array = np.zeros(shape, kind)
    for index, value in enumerate(values):
        try:
            array.reshape(-1)[index :: len(values)] = value
        except (ValueError, TypeError, OverflowError):
            continue
    return array


@cases(900)
@given(
    DTYPES.filter(lambda kind: kind not in ("O", "V2")).flatmap(
        lambda kind: hnp.arrays(
            kind,
            st.lists(st.integers(0, 5), max_size=2).map(tuple),
            elements=hnp.from_dtype(np.dtype(kind)),
        )
    )
    | st.lists(ENTRIES, max_size=5).map(lambda entries: np.array(entries, object))
    | st.binary(max_size=40).map(lambda raw: np.frombuffer(raw[: len(raw) // 4 * 4], "<U1"))
    | st.binary(max_size=40).map(lambda raw: np.frombuffer(raw, "?")),
    st.sampled_from(["digit", "a\nb", "x" * 500]),
)
def test_labels_of_any_type_and_value_are_codes_or_a_sentence(array, title):
    label = answer(lambda: as_labels(array, NAME, title), DataError, NAME)
    if label is not None:
        assert_labels(*label, len(array))


# --- compressed files ---------------------------------------------------------------------------


@cases(300)
@given(damaged(gzip.compress(idx(BITS), mtime=0)), st.sampled_from([None, 16 + 3 * 784, 0, 2**53]))
def test_a_damaged_gzip_file_is_its_content_or_a_sentence(tmp_path_factory, content, size):
    path = tmp_path_factory.getbasetemp() / "the-file.gz"
    path.write_bytes(content)
    found = answer(lambda: read_verified(path, size=size, max_size=10**6), DataError, str(path))
    if found is not None:
        assert size in (None, len(found))
        assert len(found) <= 10**6
