"""Parsers from bytes to arrays for every input format; nothing in a file is ever executed.

Each checks the sizes that a file announces against those it has before it allocates memory, and
answers any fault with a :class:`~labelinfo.errors.DataError` that names the file.
"""

import io
import math
import struct
import zipfile
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from labelinfo.data.matlab import parse_matlab5
from labelinfo.errors import DataError

SIDE = 28
PIXELS = SIDE * SIDE
MAX_CLASSES = 100_000

# Most bytes that the content of one npz or Parquet file may unpack to
_MAX_UNPACKED = 2**31
# The Omniglot file unpacks to about 206 MB; leave room for other number types
_MAX_MAT_UNPACKED = 2**29
# npy headers are far shorter; numpy refuses those beyond 10,000 characters
_NPY_HEAD = 1 << 16
_PARQUET_ROWS = 1 << 14


@dataclass(frozen=True)
class OmniglotArrays:
    """The Omniglot split of Burda et al. (2015), N training and M test images.

    Images are float32 intensities in [0, 1] of shape (N, 784), each 28×28 image row by row.
    Alphabets are int64 codes from 0. Characters are int64 numbers inside their alphabet, from 1,
    as the file has them: only the pair of both names a character.
    """

    train_images: np.ndarray
    train_alphabet: np.ndarray
    train_character_in_alphabet: np.ndarray
    test_images: np.ndarray
    test_alphabet: np.ndarray
    test_character_in_alphabet: np.ndarray


def parse_idx(content: bytes, name: str) -> np.ndarray:
    """Return the uint8 array of one to three dimensions in an IDX file (MNIST's format).

    Raises
    ------
    DataError
        If the header is none of such an array or announces another size than the file's.
    """
    dimensions = content[3] if len(content) >= 4 else 0
    if content[:3] != b"\0\0\x08" or not 1 <= dimensions <= 3:
        raise DataError(
            f"The file {name} is no IDX file of unsigned bytes in one to three dimensions (it "
            f"begins with {content[:4].hex() or 'nothing'}): fetch it again."
        )
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise DataError(
            f"The file {name} is truncated: it has {len(content)} bytes but its header alone "
            f"takes {start}; fetch it again."
        )
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    announced = start + math.prod(shape)
    if min(shape) == 0:
        raise DataError(f"The file {name} announces no items at all: fetch it again.")
    if len(content) != announced:
        fault = "is truncated" if len(content) < announced else "has bytes too many"
        raise DataError(
            f"The file {name} {fault}: it has {len(content)} bytes but its header announces "
            f"{announced}; fetch it again."
        )
    # A copy, since an array over bytes could not be written to
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def parse_amat(content: bytes, name: str, pixels: int = PIXELS) -> np.ndarray:
    """Return the uint8 array of 0 and 1, (N, ``pixels``), in a text file of binarised images.

    Every line has to be exactly ``pixels`` digits 0 or 1 with single spaces between them and a
    line feed at the end, as the files of Larochelle and Murray are; the last line feed may lack.

    Raises
    ------
    DataError
        If any line is different; the message gives the first such line.
    """
    layout = (
        f"every line has to be {pixels} digits 0 or 1 with single spaces between them and a line "
        "feed at the end"
    )
    if not content:
        raise DataError(f"The file {name} is empty, but {layout}: fetch it again.")
    # One byte a digit and one a separator: digits lie at even offsets, separators at odd ones
    text = np.frombuffer(content, np.uint8)
    digits, separators = text[0::2], text[1::2]
    ends = separators[pixels - 1 :: pixels]
    values = digits - ord("0")
    spaces = np.count_nonzero(separators == ord(" "))
    if values.max() > 1 or np.any(ends != ord("\n")) or spaces != separators.size - ends.size:
        expected = np.full(2 * pixels, ord(" "), np.uint8)
        expected[-1] = ord("\n")
        line = _first_bad_line(text, expected)
        raise DataError(f"Line {line} of the file {name} is malformed, {layout}: fetch it again.")
    if values.size % pixels:
        raise DataError(
            f"The file {name} is truncated: its {len(content)} bytes end inside a line, but "
            f"{layout} ({2 * pixels} bytes); fetch it again."
        )
    return values.reshape(-1, pixels)


def _first_bad_line(text: np.ndarray, expected: np.ndarray) -> int:
    """Return the number, from 1, of the first line unlike ``expected`` but for the digits."""
    for number, start in enumerate(range(0, text.size, expected.size), 1):
        line = text[start : start + expected.size]
        digits = line[0::2]
        if np.any((digits != ord("0")) & (digits != ord("1"))) or np.any(
            line[1::2] != expected[1 : line.size : 2]
        ):
            return number
    raise AssertionError("called on a text without a bad line")


def parse_omniglot_mat(content: bytes, name: str) -> OmniglotArrays:
    """Return the arrays of ``chardata.mat`` (Burda et al. 2015), a MATLAB 5 file.

    The file's columns are images column by column; those returned are row by row.

    Raises
    ------
    DataError
        If it is no such file, or a variable is missing or has values out of its range.
    """
    wanted = ("data", "target", "targetchar", "testdata", "testtarget", "testtargetchar")
    loaded = parse_matlab5(content, name, wanted, max_size=_MAX_MAT_UNPACKED)
    for variable in wanted:
        if variable not in loaded:
            raise DataError(f"The file {name} lacks the variable '{variable}': fetch it again.")
    for prefix in ("", "test"):
        _check_omniglot_shapes(loaded, prefix, name)
    train = _omniglot_part(loaded, "", name)
    return OmniglotArrays(*train, *_omniglot_part(loaded, "test", name))


def _check_omniglot_shapes(loaded: dict[str, np.ndarray], prefix: str, name: str) -> None:
    count = loaded[f"{prefix}data"].shape[-1]
    expected = {
        f"{prefix}data": (PIXELS, count),
        f"{prefix}target": (len(loaded["target"]), count),
        f"{prefix}targetchar": (1, count),
    }
    for variable, shape in expected.items():
        if loaded[variable].shape != shape:
            raise DataError(
                f"The variable '{variable}' of the file {name} has the shape "
                f"{_by(loaded[variable].shape)} where {_by(shape)} is expected: fetch it again."
            )


def _omniglot_part(
    loaded: dict[str, np.ndarray], prefix: str, name: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    data, target, character = (
        loaded[prefix + variable] for variable in ("data", "target", "targetchar")
    )
    if not (data.min() >= 0 and data.max() <= 1):  # so phrased that NaN fails
        raise DataError(
            f"The variable '{prefix}data' of the file {name} has values outside [0, 1]: fetch it "
            "again."
        )
    if np.any((target != 0) & (target != 1)) or np.any(np.count_nonzero(target, axis=0) != 1):
        raise DataError(
            f"The variable '{prefix}target' of the file {name} is not one-hot (a single 1 in each "
            "column): fetch it again."
        )
    # The upper bound keeps the conversion to int64 exact; no alphabet is near it
    if not (character.min() >= 1 and character.max() <= MAX_CLASSES) or np.any(
        character != np.floor(character)
    ):
        raise DataError(
            f"The variable '{prefix}targetchar' of the file {name} holds other values than "
            "positive integers: fetch it again."
        )
    columnwise = data.T.astype(np.float32).reshape(-1, SIDE, SIDE)
    images = np.ascontiguousarray(columnwise.transpose(0, 2, 1)).reshape(-1, PIXELS)
    return images, np.argmax(target, axis=0).astype(np.int64), character[0].astype(np.int64)


def parse_npz(content: bytes, name: str, *, max_size: int = _MAX_UNPACKED) -> dict[str, np.ndarray]:
    """Return the arrays of an ``.npz`` file by name; pickled objects are refused, never loaded.

    Parameters
    ----------
    content, name
        The file, and its name for messages.
    max_size
        Most bytes that all arrays together may have.

    Raises
    ------
    DataError
        If it is no zip file, holds anything but arrays of plain values, or announces sizes that
        do not agree.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = [_array_name(member) for member in members]
            if not members or len(set(names)) != len(names):
                raise DataError(
                    f"The file {name} holds no arrays, or two of one name: save it again with "
                    "numpy.savez."
                )
            announced = sum(member.file_size for member in members)
            if announced > max_size:
                raise DataError(
                    f"The file {name} announces {announced} bytes of arrays where at most "
                    f"{max_size} are allowed: save fewer images."
                )
            return {_array_name(member): _npy_member(archive, member, name) for member in members}
    except DataError:
        raise
    except Exception as error:  # zipfile and numpy raise nearly any kind on hostile files
        raise DataError(
            f"The file {name} is no sound .npz file ({_reason(error)}): save it again with "
            "numpy.savez."
        ) from error


def _array_name(member: zipfile.ZipInfo) -> str:
    return member.filename.removesuffix(".npy")


def _npy_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> np.ndarray:
    which = f"The array {_shown(_array_name(member))} of the file {name}"
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    # numpy writes no other kinds, and the others unpack without a limit
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{which} is packed in an unknown way: save it again with numpy.savez.")
    with archive.open(member) as file:
        # Only so much is read before the sizes are known to agree
        head = io.BytesIO(file.read(_NPY_HEAD))
        version = np.lib.format.read_magic(head)
        if version not in readers:
            raise DataError(f"{which} has an unknown format: save it again with numpy.savez.")
        shape, fortran, dtype = readers[version](head)
        if dtype.hasobject:
            raise DataError(
                f"{which} holds Python objects, which are not loaded since they can run code: save "
                "it with a numeric or text type."
            )
        size = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or head.tell() + size != member.file_size:
            raise DataError(
                f"{which} is truncated or damaged: its header announces {size} bytes where "
                f"{member.file_size - head.tell()} are there; save it again with numpy.savez."
            )
        if size == 0:
            raise DataError(f"{which} is empty: leave it out or fill it.")
    with archive.open(member) as file:
        # From the start, which checks the CRC; a read without a size would unpack past the end
        values = np.frombuffer(file.read(member.file_size), dtype, offset=head.tell())
    if dtype.kind == "b" and values.view(np.uint8).max() > 1:
        # numpy takes such bytes for neither False nor True
        raise DataError(
            f"{which} has truth values that are neither 0 nor 1: save it again with numpy.savez."
        )
    return values.reshape(shape, order="F" if fortran else "C").copy()


def parse_parquet(
    content: bytes, name: str, *, max_size: int = _MAX_UNPACKED
) -> dict[str, np.ndarray]:
    """Return the columns of a Parquet file as arrays: ``images`` (N, pixels), the others (N,).

    Text columns become object arrays of ``str``.

    Parameters
    ----------
    content, name
        The file, and its name for messages.
    max_size
        Most bytes that all columns together may have.

    Raises
    ------
    DataError
        If it is no Parquet file, has nulls, ``images`` is no list of numbers of one length, or
        another column is not of integers, numbers, texts or truth values.
    """
    try:
        source = pa.BufferReader(content)
        schema = pq.read_schema(source)
        texts = _check_parquet_schema(schema, name)
        # A dictionary keeps a long text that is repeated in many rows from being repeated here
        file = pq.ParquetFile(source, read_dictionary=texts)
        # Decodes all without keeping it; metadata that has not passed this can crash the process
        file.scan_contents()
        _check_parquet_size(file.metadata, schema, name, max_size)
        columns: dict[str, list[np.ndarray]] = {column: [] for column in schema.names}
        for batch in file.iter_batches(batch_size=_PARQUET_ROWS, use_threads=False):
            for column, array in zip(batch.schema.names, batch.columns, strict=True):
                columns[column].append(_parquet_values(array, column, name))
    except DataError:
        raise
    except Exception as error:  # pyarrow raises several kinds on hostile files
        raise DataError(
            f"The file {name} is no sound Parquet file ({_reason(error)}): write it again."
        ) from error
    if not columns["images"]:
        raise DataError(f"The file {name} has no rows: write it with at least one image.")
    if len({part.shape[1] for part in columns["images"]}) > 1:
        raise _parquet_uneven(name)
    return {column: np.concatenate(parts) for column, parts in columns.items()}


def _check_parquet_schema(schema: pa.Schema, name: str) -> list[str]:
    """Refuse columns of other types than ours; return the names of the text columns."""
    if len(set(schema.names)) != len(schema.names) or "images" not in schema.names:
        raise DataError(
            f"The file {name} has no column 'images' or two columns of one name (it has "
            f"{', '.join(map(_shown, schema.names[:20])) or 'none'}): name each column once, the "
            "images 'images'."
        )
    texts = []
    for field in schema:
        kind = field.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if field.name == "images":
            if not _is_list(kind) or not _is_number(kind.value_type):
                raise DataError(
                    f"The column 'images' of the file {name} is of the type {kind} where lists of "
                    "numbers are expected: store each image as one flat list of its pixels."
                )
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            texts.append(field.name)
        elif not _is_number(kind):
            raise DataError(
                f"The column {_shown(field.name)} of the file {name} is of the type {kind}: "
                "labels have to be integers, texts or truth values."
            )
    return texts


def _check_parquet_size(
    metadata: pq.FileMetaData, schema: pa.Schema, name: str, max_size: int
) -> None:
    """Refuse a file whose columns unpack to more than ``max_size`` bytes.

    Counted in values, for a run of one value takes next to nothing in the file.
    """
    size = 0
    for group in range(metadata.num_row_groups):
        for index, field in enumerate(schema):
            column = metadata.row_group(group).column(index)
            kind = field.type.value_type if _is_list(field.type) else field.type
            if _is_number(kind):
                size += column.num_values * max(kind.bit_width // 8, 1)
            else:
                size += column.num_values * 8 + column.total_uncompressed_size
    if size > max_size or metadata.num_rows > max_size:
        raise DataError(
            f"The file {name} unpacks to {size} bytes where at most {max_size} are allowed: write "
            "fewer images."
        )


def _parquet_uneven(name: str) -> DataError:
    return DataError(
        f"The lists in the column 'images' of the file {name} differ in length: write every image "
        f"with the same number of pixels, {PIXELS}."
    )


def _is_list(kind: pa.DataType) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return any(test(kind) for test in tests)


def _parquet_values(array: pa.Array, column: str, name: str) -> np.ndarray:
    listed = _is_list(array.type)
    values = array.flatten() if listed else array
    if array.null_count or values.null_count:
        raise DataError(
            f"The column {_shown(column)} of the file {name} has missing values: fill them or "
            "leave their rows out."
        )
    if isinstance(values, pa.DictionaryArray):
        words = values.dictionary.to_numpy(zero_copy_only=False)
        return words[values.indices.to_numpy(zero_copy_only=False)]
    numbers = values.to_numpy(zero_copy_only=False)
    if not listed:
        return numbers
    lengths = np.unique(array.value_lengths().to_numpy(zero_copy_only=False))
    if lengths.size != 1:
        raise _parquet_uneven(name)
    return numbers.reshape(len(array), -1) if numbers.size else np.empty((len(array), 0))


def as_images(array: np.ndarray, name: str) -> np.ndarray:
    """Return images as an array (N, 784): uint8 if all pixels are bits, else float32 in [0, 1].

    Parameters
    ----------
    array
        Shape (N, 28, 28), (N, 1, 28, 28), (N, 28, 28, 1) or (N, 784). Truth values; integers 0
        and 1, or 0 to 255, which are divided by 255 (0 and 255 alone are bits); or intensities in
        [0, 1].
    name
        The file, for messages.

    Raises
    ------
    DataError
        If there is no image, the shape is another, or a pixel is out of range or not finite.
    """
    shapes = ((SIDE, SIDE), (1, SIDE, SIDE), (SIDE, SIDE, 1), (PIXELS,))
    if array.shape[1:] not in shapes:
        raise DataError(
            f"The images of {name} have the shape {_by(array.shape)}: they have to be 28×28, "
            "stored as N×28×28, N×1×28×28, N×28×28×1 or N×784."
        )
    if array.size == 0:
        raise DataError(f"{name} holds no images: at least one of 28×28 pixels is needed.")
    kind = array.dtype.kind
    if kind not in "buif":
        raise DataError(
            f"The images of {name} are of the type {array.dtype}: they have to be 28×28 numbers, "
            "0 to 255 as integers or 0 to 1 as fractions."
        )
    flat = array.reshape(-1, PIXELS)
    low, high = flat.min(), flat.max()
    top = 1 if kind == "f" else 255
    if not (low >= 0 and high <= top):  # so phrased that NaN fails
        sort = "fractions have to lie in [0, 1]" if kind == "f" else "integers in 0 to 255"
        raise DataError(
            f"The 28×28 images of {name} have pixels from {low} to {high}, but {sort}: rescale "
            "them."
        )
    if np.all((flat == 0) | (flat == 1)):
        return flat.astype(np.uint8)
    if kind != "f" and np.all((flat == 0) | (flat == 255)):
        return (flat == 255).astype(np.uint8)
    images = flat.astype(np.float32)
    if kind != "f":
        images /= np.float32(255)
    return images


def as_labels(array: np.ndarray, name: str, column: str) -> tuple[np.ndarray, list[str]]:
    """Return labels as int64 codes 0 to K−1, in sorted order of the values, and the class names.

    Parameters
    ----------
    array
        Shape (N,): integers, truth values, texts, or fractions that are all whole.
    name, column
        The file and the label column, for messages.

    Returns
    -------
    tuple
        Codes (N,) and the K names; ``names[code]`` is the label as the file has it.

    Raises
    ------
    DataError
        If there is no label, the shape or type is another, a value is missing, or there are more
        than 100,000 classes.
    """
    which = f"The label column {_shown(column)} of {name}"
    if array.ndim != 1:
        raise DataError(
            f"{which} has the shape {_by(array.shape)}: one label an image is needed, a column of "
            "one dimension."
        )
    if array.size == 0:
        raise DataError(f"{which} is empty: one label an image is needed.")
    kind = array.dtype.kind
    if kind == "S":
        try:
            array = np.char.decode(array, "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{which} holds texts that are not in UTF-8: convert it.") from error
    elif kind == "f":
        if not np.all(np.isfinite(array)) or np.any(array != np.floor(array)):
            raise DataError(
                f"{which} holds missing or fractional numbers: labels have to be integers, texts "
                "or truth values."
            )
    elif kind not in "biuU" and not (kind == "O" and all(isinstance(v, str) for v in array)):
        raise DataError(
            f"{which} is of the type {array.dtype}: labels have to be integers, texts or truth "
            "values."
        )
    values, codes = np.unique(array, return_inverse=True)
    if values.size > MAX_CLASSES:
        raise DataError(
            f"{which} has {values.size} distinct values, more than the {MAX_CLASSES} classes "
            "allowed: name a column of classes."
        )
    try:
        names = [str(int(value)) if kind == "f" else str(value) for value in values.tolist()]
        "".join(names).encode()
    except (ValueError, SystemError) as error:  # the second for numbers beyond all of Unicode's
        raise DataError(f"{which} holds texts that are not Unicode: convert it.") from error
    return codes.astype(np.int64), names


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(str(length) for length in shape) or "of a single number"


def _shown(text: str) -> str:
    """Return a name out of a file in quotes, on one line whatever it holds, and not too long."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _reason(error: Exception) -> str:
    """Return what an error of another package says, in one line that is not too long.

    Some quote the bytes that they stumbled on.
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in str(error))
    text = " ".join(printable.split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:197]}..."
