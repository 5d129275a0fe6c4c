"""Damaged data files and arrays of any type: read, or refused with one sentence."""

import functools
import gzip
import io
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mutations import answer, cases, damaged

from labelinfo.data.files import read_verified
from labelinfo.data.readers.images import as_images
from labelinfo.data.readers.label_columns import as_labels
from labelinfo.data.readers.static_mnist import parse_amat, parse_idx
from labelinfo.data.readers.user_file import open_npz, open_parquet
from labelinfo.errors import DataError

NAME = "folder/the-file"
RANDOM = np.random.default_rng(5)
BITS = RANDOM.integers(0, 2, (3, 784), dtype=np.uint8)


def refusable(function, *arguments):
    return answer(lambda: function(*arguments), DataError, NAME)


def assert_images(images):
    assert images.shape == (len(images), 784)
    assert len(images) > 0
    assert images.dtype in (np.uint8, np.float32)
    assert np.all((images >= 0) & (images <= 1))


def assert_labels(codes, classes, count):
    assert codes.dtype == np.int64
    assert codes.shape == (count,)
    # a missing label is −1
    assert -1 <= codes.min() <= codes.max() == len(classes) - 1 < 100_000
    assert "".join(classes).encode().decode() == "".join(classes)


# --- formats of MNIST ---------------------------------------------------------------------------


def idx(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


IDX = idx(RANDOM.integers(0, 256, (5, 4, 3), dtype=np.uint8))
AMAT = b"".join(b" ".join(b"%d" % bit for bit in row[:7]) + b"\n" for row in BITS)


@cases(200)
@given(damaged(IDX), damaged(AMAT) | st.text("01 \n\t-.e", max_size=50).map(str.encode))
def test_a_damaged_file_of_mnist_is_an_array_or_refused(images, text):
    array = refusable(parse_idx, images, NAME)
    if array is not None:
        assert array.dtype == np.uint8
        assert array.size == len(images) - 4 - 4 * array.ndim > 0
    bits = refusable(parse_amat, text, NAME, 7)
    if bits is not None:
        lines = [line.split() for line in text.decode().splitlines()]
        assert lines == [[str(bit) for bit in row] for row in bits]


# --- a user's own files -------------------------------------------------------------------------


@functools.cache
def npz(save):
    file = io.BytesIO()
    save(file, images=BITS, digit=np.array([1, 2, 1]), word=np.array(["a", "bé", "a"]))
    return file.getvalue()


@functools.cache
def parquet(compression):
    file = io.BytesIO()
    columns = {"images": pa.array(list(BITS)), "digit": [1, 2, 1], "word": ["a", "bé", "a"]}
    pq.write_table(pa.table(columns), file, compression=compression)
    return file.getvalue()


NPZ, PARQUET = damaged(npz(np.savez)) | damaged(npz(np.savez_compressed)), damaged(parquet("none"))


@cases(300)
@given(
    st.tuples(st.just(open_npz), NPZ)
    | st.tuples(st.just(open_parquet), PARQUET | damaged(parquet("snappy")))
)
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_file_is_arrays_or_refused(case):
    open_file, content = case
    for name, load in (refusable(open_file, content, NAME) or {}).items():
        values = refusable(load)
        if values is not None and name == "images":
            images = refusable(as_images, values, NAME)
            assert images is None or assert_images(images) is None
        elif values is not None:
            label = refusable(as_labels, values, NAME, name)
            assert label is None or assert_labels(*label, len(values)) is None


# --- images and labels --------------------------------------------------------------------------

DTYPES = ["?", "u1", "i1", "<i2", ">i4", "<u8", "<f2", "<f4", ">f8", "g", "<c8", "S3", "<U2",
          "<M8[s]", "V2", "O"]  # fmt: skip
PIXELS = st.sampled_from([0, 1, 0.5, 2, 255, 256, -1, float("nan"), float("inf"), None])
ENTRIES = st.sampled_from([0, 1, -(2**63), 2.5, "", "a", "\x00", "a\nb", True, None, float("nan")])


@cases(200)
@given(
    st.sampled_from(DTYPES),
    st.lists(st.sampled_from([0, 1, 2, 28, 784]), max_size=4),
    st.lists(PIXELS, min_size=1, max_size=3),
)
def test_images_of_any_type_shape_and_value_are_images_or_refused(kind, shape, values):
    array = np.zeros(shape if np.prod(shape, dtype=float) < 1_000_000 else shape[:2], kind)
    for index, value in enumerate(values):
        try:
            array.reshape(-1)[index :: len(values)] = value
        except (ValueError, TypeError, OverflowError):
            continue
    images = refusable(as_images, array, NAME)
    if images is not None:
        assert_images(images)


@cases(900)
@given(
    st.sampled_from(DTYPES[:-2]).flatmap(
        lambda kind: hnp.arrays(
            kind,
            st.lists(st.integers(0, 5), max_size=2).map(tuple),
            elements=hnp.from_dtype(np.dtype(kind)),
        )
    )
    | st.lists(ENTRIES, max_size=5).map(lambda entries: np.array(entries, object))
    | st.binary(max_size=40).map(lambda raw: np.frombuffer(raw[: len(raw) // 4 * 4], "<U1")),
    st.sampled_from(["digit", "a\nb", "x" * 500]),
)
def test_labels_of_any_type_and_value_are_codes_or_refused(array, title):
    label = refusable(as_labels, array, NAME, title)
    if label is not None:
        assert_labels(*label, len(array))


# --- compressed files ---------------------------------------------------------------------------


@cases(100)
@given(damaged(gzip.compress(idx(BITS), mtime=0)), st.sampled_from([None, 16 + 3 * 784, 0, 2**53]))
def test_a_damaged_gzip_file_is_its_content_or_refused(tmp_path_factory, content, size):
    path = tmp_path_factory.getbasetemp() / "the-file.gz"
    path.write_bytes(content)
    found = answer(lambda: read_verified(path, size=size, max_size=10**6), DataError, str(path))
    if found is not None:
        assert size in (None, len(found))
        assert len(found) <= 10**6
