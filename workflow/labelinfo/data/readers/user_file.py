"""A user's own file: `.npz` or Parquet, with a column of images and any number of label columns.

A column is loaded only if it is needed, so unused columns may have any type.
"""

import io
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelinfo.data.dataset import SPLITS
from labelinfo.data.own_files import table_kind
from labelinfo.data.readers import InputFile, Matcher, RawData, reason
from labelinfo.data.readers.images import PIXELS, as_images
from labelinfo.data.readers.label_columns import LABEL_TYPES, as_labels, shown
from labelinfo.errors import DataError
from labelinfo.seeds import derive_seed

logger = logging.getLogger(__name__)

# Column loaders by name; each raises a DataError if its column cannot be used.
Columns = dict[str, Callable[[], np.ndarray]]


def read_user_file(
    name: str,
    definition: Mapping[str, Any],
    tasks: Sequence[str],
    files: Mapping[str, InputFile],
    match: Matcher,
) -> RawData:
    """Return the images and all columns that can be labels.

    Columns that cannot be labels are ignored, unless they are in ``tasks``. ``definition`` has the
    shares of the splits (``split``) and the value of a white pixel (``scale``). Raises DataError if
    the file, its images, its splits or the column of a task cannot be used.
    """
    content, file = files["table"].content, files["table"].name
    columns = open_npz(content, file) if table_kind(file) == ".npz" else open_parquet(content, file)
    if "images" not in columns:
        raise DataError(f"{file} has no `images`; it has {sorted(columns)[:20]}: rename yours.")
    key = f"datasets.{name}.scale"
    images = as_images(columns["images"](), file, scale=definition.get("scale"), key=key)
    rows = _split_rows(name, definition, columns, len(images), file)
    available = sorted(set(columns) - {"images", "split"})
    if missing := [task for task in tasks if task not in available]:
        raise DataError(
            f"{file} has no label column {missing[0]!r}; it has {available[:20]}: correct the "
            f"config key `datasets.{name}.tasks`."
        )
    labels: dict[str, dict[str, np.ndarray]] = {split: {} for split in SPLITS}
    classes = {}
    for column in available:
        try:
            codes, classes[column] = _labels(columns, column, len(images), file)
        except DataError as fault:
            if column in tasks:
                raise
            logger.info("No labels: %s", fault)
            continue
        for split in SPLITS:
            labels[split][column] = codes[rows[split]]
    return RawData({split: images[rows[split]] for split in SPLITS}, labels, classes)


def _split_rows(
    name: str, definition: Mapping[str, Any], columns: Columns, count: int, file: str
) -> dict[str, np.ndarray]:
    """Return the rows of each split: from the column `split`, or seeded random shares."""
    if "split" in columns:
        codes, words = _labels(columns, "split", count, file)
        unknown = [repr(word[:40]) for word in words if word not in SPLITS]
        if codes.min() < 0 or unknown:
            raise DataError(
                f"{file} has {unknown[0] if unknown else 'missing values'} in its `split` column: "
                f"use {', '.join(SPLITS)}."
            )
        return {split: np.flatnonzero(np.array(words)[codes] == split) for split in SPLITS}
    order = np.random.default_rng(derive_seed(name, "split")).permutation(count)
    tests = round(definition["split"]["test"] * count)
    valids = round(definition["split"]["valid"] * count)
    test, valid, train = np.split(order, [tests, tests + valids])
    return {"test": test, "valid": valid, "train": train}


def _labels(columns: Columns, column: str, count: int, file: str) -> tuple[np.ndarray, list[str]]:
    values = columns[column]()
    if values.shape[:1] != (count,):
        found = len(values) if values.ndim else "no column of"
        raise DataError(
            f"{file} has {count} images but {found} values in {column[:60]!r}: they have to agree."
        )
    return as_labels(values, file, column)


def open_npz(content: bytes, file: str) -> Columns:
    """Return a loader of each array of an ``.npz`` file; pickled objects are never loaded.

    Raises DataError if the file is not a valid zip archive.
    """
    try:
        arrays = np.load(io.BytesIO(content), allow_pickle=False)
        names = arrays.files
    except Exception as error:  # NumPy raises many kinds, AttributeError for a single array
        raise _unsound(file, ".npz", error) from error
    return {name: partial(_load, arrays.__getitem__, name, file) for name in names}


def open_parquet(content: bytes, file: str) -> Columns:
    """Return a loader of each column of a Parquet file: ``images`` (N, pixels), others (N,).

    Raises DataError if the file is not a valid Parquet file.
    """
    try:
        table = pq.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
    except Exception as error:  # pyarrow raises several kinds
        raise _unsound(file, "Parquet", error) from error

    def read(name: str) -> np.ndarray:
        return (_pixels if name == "images" else _entries)(table[name], name, file)

    return {name: partial(_load, read, name, file) for name in table.column_names}


def _unsound(file: str, kind: str, error: Exception) -> DataError:
    return DataError(f"The file {file} is no sound {kind} file ({reason(error)}): write it again.")


def _load(read: Callable[[str], Any], name: str, file: str) -> np.ndarray:
    try:
        return np.asarray(read(name))
    except DataError:
        raise
    except Exception as error:  # object arrays, false headers, types that NumPy lacks
        raise DataError(
            f"The column {shown(name)} of {file} cannot be read ({reason(error)}): save it as "
            "plain numbers or texts, or leave it out."
        ) from error


def _pixels(column: pa.ChunkedArray, name: str, file: str) -> np.ndarray:
    kind, types = column.type, pa.types
    lists = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if not (lists and _is_number(kind.value_type)):
        raise DataError(
            f"The column {name!r} of {file} is of the type {kind} where lists of numbers are "
            "expected: store each image as one flat list of its pixels."
        )
    pixels = pc.list_flatten(column)
    if column.null_count or pixels.null_count:
        raise DataError(
            f"The column {name!r} of {file} has missing values: fill them or leave their rows out."
        )
    if len(column) == 0:
        return np.empty((0, PIXELS))
    if len(pc.list_value_length(column).unique()) != 1:
        raise DataError(
            f"The lists in the column {name!r} of {file} differ in length: write every image with "
            f"the same number of pixels, {PIXELS}."
        )
    return pixels.to_numpy().reshape(len(column), -1)


def _entries(column: pa.ChunkedArray, name: str, file: str) -> np.ndarray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    if not (_is_number(kind) or any(is_text(kind) for is_text in texts)):
        raise DataError(f"The column {shown(name)} of {file} is of the type {kind}: {LABEL_TYPES}.")
    # NumPy has no nullable integers
    return np.array(column.to_pylist(), object) if column.null_count else column.to_numpy()


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
