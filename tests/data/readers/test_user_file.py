"""A user's own files: round trips, ignored columns, and one sentence per fault."""

import decimal
import io
import logging
import os
import pickle
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelinfo.data.readers import InputFile
from labelinfo.data.readers.user_file import open_npz, open_parquet, read_user_file
from labelinfo.errors import DataError

IMAGES = np.random.default_rng(7).integers(0, 2, (10, 784), dtype=np.uint8)
SPLIT = np.array(["train"] * 4 + ["valid"] * 3 + ["test"] * 3)
LISTS = pa.array(list(IMAGES))


def npz(save=np.savez, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def archive(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(array, **header):
    """Return a ``.npy`` file whose header may be false."""
    file = io.BytesIO()
    described = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(file, described | header)
    return file.getvalue() + array.tobytes()


def parquet(columns, **options):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def read(content, kind, tasks=()):
    files = {"table": InputFile(f"folder/own.{kind}", content)}
    return read_user_file("own", {}, tasks, files, None)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(save):
    arrays = {
        "images": IMAGES.reshape(-1, 28, 28),
        "fortran": np.asfortranarray(np.random.default_rng(1).random((3, 4))),
        "writer": np.array(["a", "bc", "β"]),
        "big": np.arange(70_000, dtype=">i4"),
    }
    columns = open_npz(npz(save, **arrays), "own.npz")
    assert list(columns) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(columns[name](), array)
        assert columns[name]().dtype == array.dtype


LARGE, FIXED = pa.large_list, lambda kind: pa.list_(kind, 784)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (pa.uint8(), pa.list_),
        (pa.int64(), LARGE),
        (pa.float32(), FIXED),
        (pa.float64(), LARGE),
        (pa.float16(), pa.list_),
        (pa.bool_(), FIXED),
    ],
)
def test_parquet(kind, form):
    images = IMAGES.astype(kind.to_pandas_dtype())
    given = {
        "images": pa.array(list(images), form(kind)),
        "digit": pa.array(np.arange(10)),
        "writer": pa.array([f"w{i % 3}" for i in range(10)], pa.large_string()),
        "place": pa.array([f"p{i % 3}" for i in range(10)], pa.string_view()),
        "style": pa.array(["slanted", "upright"] * 5).dictionary_encode(),
        "zero": pa.array([i == 0 for i in range(10)]),
    }
    # several row groups, hence several chunks
    columns = open_parquet(parquet(given, row_group_size=4), "own.parquet")
    assert list(columns) == list(given)
    np.testing.assert_array_equal(columns["images"](), images)
    assert columns["images"]().dtype == images.dtype
    for name in ("digit", "writer", "place", "style", "zero"):
        assert columns[name]().tolist() == given[name].to_pylist()


# Columns that cannot be labels, and a word of the sentence about each
ODD = {
    "date": (pa.array([1] * 10, pa.date32()), "date32"),
    "when": (pa.array([1] * 10, pa.timestamp("s")), "timestamp"),
    "none": (pa.nulls(10), "null"),
    "bytes": (pa.array([b"a"] * 10), "binary"),
    "list": (pa.array([[1]] * 10), "list"),
    "nested": (pa.array([{"a": 1}] * 10), "struct"),
    "price": (pa.array([decimal.Decimal("1.5")] * 10), "decimal"),
    "share": (pa.array([0.5] * 10), "fractional"),
    "unknown": (pa.array([float("nan")] * 10), "missing"),
}
ODD_ARRAYS = {
    "object": (np.array(["a", None] * 5, object), "'object' .*cannot be read .*allow_pickle"),
    "when": (np.zeros(10, "M8[s]"), "datetime64"),
    "complex": (np.zeros(10, complex), "complex"),
    "note": (np.array(3), "no column of"),
    "few": (np.arange(4), "10 images but 4 values in 'few'"),
    "pairs": (np.zeros((10, 2), int), "10×2"),
    "share": (np.full(10, 0.5), "fractional"),
}
CASES = [("parquet", name, *case) for name, case in ODD.items()] + [
    ("npz", name, *case) for name, case in ODD_ARRAYS.items()
]


@pytest.mark.parametrize(("kind", "name", "values", "said"), CASES)
def test_a_column_that_cannot_be_a_label_is_passed_over_or_refused(
    kind, name, values, said, caplog
):
    given = {"digit": np.arange(10) % 2, "split": SPLIT, name: values}
    lists = {"images": LISTS}
    write = {"npz": lambda: npz(images=IMAGES, **given), "parquet": lambda: parquet(lists | given)}
    content = write[kind]()
    with caplog.at_level(logging.INFO):
        assert list(read(content, kind, ["digit"]).classes) == ["digit"]
    assert "No labels: " in caplog.text
    with pytest.raises(DataError, match=said) as caught:
        read(content, kind, [name])
    assert f"own.{kind}" in str(caught.value)
    assert repr(name) in str(caught.value)


GAPS = [0, None, 1, None, 1]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(GAPS),
        pa.array(GAPS, pa.float32()),
        pa.array([None if gap is None else bool(gap) for gap in GAPS]),
        pa.array([None if gap is None else str(gap) for gap in GAPS]),
        pa.array([None if gap is None else str(gap) for gap in GAPS]).dictionary_encode(),
        # beyond the integers that a float holds
        pa.array([None if gap is None else gap + 2**60 for gap in GAPS]),
    ],
)
def test_nulls_of_parquet_are_missing_labels(column):
    columns = {"images": LISTS, "digit": pa.concat_arrays([column, column]), "split": SPLIT}
    raw = read(parquet(columns), "parquet", ["digit"])
    found = np.concatenate([raw.labels[split]["digit"] for split in ("train", "valid", "test")])
    assert found.tolist() == [0, -1, 1, -1, 1] * 2
    assert len(raw.classes["digit"]) == 2


@pytest.mark.parametrize("gap", ["", "nan"])
def test_a_split_column_has_no_gaps(gap):
    content = npz(images=IMAGES, digit=np.arange(10), split=np.append(SPLIT[1:], gap))
    with pytest.raises(DataError, match="missing values in its `split` column"):
        read(content, "npz", ["digit"])


class Explosive:
    """Sets an environment variable when it is unpickled."""

    def __reduce__(self):
        return exec, ("import os; os.environ['LABELINFO_EXPLODED'] = '1'",)


@pytest.mark.parametrize(
    "content",
    [
        npz(images=np.array([Explosive()], dtype=object)),
        npz(images=IMAGES, digit=np.array([Explosive()] * 10, dtype=object), split=SPLIT),
        archive(images=pickle.dumps(Explosive())),
        pickle.dumps(Explosive()),
    ],
    ids=["images", "labels", "member", "file"],
)
def test_npz_never_runs_code(content):
    with pytest.raises(DataError, match=r"own\.npz"):
        read(content, "npz", ["digit"])
    assert "LABELINFO_EXPLODED" not in os.environ


DAMAGED = bytearray(npz(images=IMAGES))
DAMAGED[1000] ^= 1
HTML = b"<html>"


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "no sound .npz"),
        (HTML, "no sound .npz"),
        (npy(IMAGES), "no sound .npz"),
        (npz(images=IMAGES)[:-30], "no sound .npz"),
        (bytes(DAMAGED), "'images' .*cannot be read .*CRC"),
        (npz(digit=np.arange(10)), r"no `images`; it has \['digit'\]"),
        (npz(images=np.zeros((0, 784))), "no 28×28 images in"),
        (npz(images=IMAGES[:, 1:]), "have the shape 10×783"),
        (archive(images=npy(IMAGES)[:-1]), "'images' .*cannot be read"),
        (archive(images=npy(IMAGES, shape=(10**12,))), "'images' .*cannot be read"),
        (archive(images=npy(IMAGES, descr="no type")), "'images' .*cannot be read"),
        (archive(images=b"Hello"), "of a single number"),
    ],
)
def test_npz_refused(content, match):
    with pytest.raises(DataError, match=match) as caught:
        read(content, "npz")
    assert "folder/own.npz" in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "no sound Parquet file"),
        (HTML, "no sound Parquet file"),
        (b"PAR1" + b"\xff" * 64, "no sound Parquet file"),
        (parquet({"images": LISTS})[:-1], "no sound Parquet file"),
        (parquet({"digit": [1, 2]}), r"no `images`; it has \['digit'\]"),
        (parquet({"images": [1, 2]}), "'images' .*lists of numbers"),
        (parquet({"images": ["a", "b"]}), "'images' .*lists of numbers"),
        (parquet({"images": pa.array([["0"], ["1"]])}), "'images' .*lists of numbers"),
        (parquet({"images": pa.array([[[0]], [[1]]])}), "'images' .*lists of numbers"),
        (parquet({"images": pa.array([[0, 1], [1]])}), "'images' .*differ in length"),
        (parquet({"images": pa.array([[0], [1, 1]])}, row_group_size=1), "differ in length"),
        (parquet({"images": pa.array([[0, 1], None])}), "'images' .*missing values"),
        (parquet({"images": pa.array([[0, 1], [1, None]])}), "'images' .*missing values"),
        (parquet({"images": pa.array([], pa.list_(pa.uint8()))}), "no 28×28 images in"),
        (parquet({"images": pa.array([[0, 1]])}), "shape 1×2"),
    ],
)
def test_parquet_refused(content, match):
    with pytest.raises(DataError, match=match) as caught:
        read(content, "parquet")
    assert "folder/own.parquet" in str(caught.value)


def test_two_parquet_columns_of_one_name():
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([LISTS, LISTS], ["images", "images"]), file)
    with pytest.raises(DataError, match=r"'images' of folder/own\.parquet cannot be read"):
        read(file.getvalue(), "parquet")
