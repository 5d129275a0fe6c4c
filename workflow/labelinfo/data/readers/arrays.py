"""Images and labels from arrays of any type, each checked."""

import numpy as np

from labelinfo.data.readers.missing import MISSING, drop_missing_classes, without_gaps
from labelinfo.data.readers.ranges import check_range
from labelinfo.errors import DataError

SIDE = 28
PIXELS = SIDE * SIDE
MAX_CLASSES = 100_000
LABEL_TYPES = "labels have to be integers, texts or truth values"


def as_images(
    array: np.ndarray, name: str, *, scale: float | None = None, key: str = "datasets.<name>.scale"
) -> np.ndarray:
    """Return images as an array (N, 784): uint8 if all pixels are bits, else float32 in [0, 1].

    Parameters
    ----------
    array
        Shape (N, 28, 28), (N, 1, 28, 28), (N, 28, 28, 1) or (N, 784). Truth values; integers 0
        and 1, or 0 to 255, which are divided by 255 (0 and 255 alone are bits); or intensities in
        [0, 1].
    name
        The file, for messages.
    scale
        The value of a white pixel, by which all pixels are divided; None to judge by the pixels.
    key
        The config key of ``scale``, for messages.

    Raises
    ------
    DataError
        If there is no image, the shape is another, a pixel is out of range or not finite, or the
        largest pixel is far below the range.
    """
    _check_images(array, name)
    flat = array.reshape(-1, PIXELS)
    whole = array.dtype.kind != "f"
    white = scale or (255 if whole else 1)
    low, high = flat.min(), flat.max()
    if not (low >= 0 and high <= white):  # false for NaN
        ranges = "integers in 0 to 255" if whole else "fractions have to lie in [0, 1]"
        expected = f"the config key `{key}` is {scale:g}" if scale else ranges
        raise DataError(
            f"The 28×28 images of {name} have pixels from {low} to {high}, but {expected}: rescale "
            f"them, or set `{key}` to the value of a white pixel."
        )
    if scale is None and np.all((flat == 0) | (flat == 1)):
        return flat.astype(np.uint8)
    if (whole or scale) and np.all((flat == 0) | (flat == white)):
        return (flat == white).astype(np.uint8)
    check_range(flat, name, white=white, stated=scale is not None, key=key)
    images = flat.astype(np.float32)
    return images if white == 1 else images / np.float32(white)


def _check_images(array: np.ndarray, name: str) -> None:
    if array.shape[1:] not in ((SIDE, SIDE), (1, SIDE, SIDE), (SIDE, SIDE, 1), (PIXELS,)):
        raise DataError(
            f"The images of {name} have the shape {shape_text(array.shape)}: they have to be "
            "28×28, stored as N×28×28, N×1×28×28, N×28×28×1 or N×784."
        )
    if array.size == 0:
        raise DataError(f"{name} holds no images: at least one of 28×28 pixels is needed.")
    if array.dtype.kind not in "buif":
        raise DataError(
            f"The images of {name} are of the type {array.dtype}: they have to be 28×28 numbers, "
            "0 to 255 as integers or 0 to 1 as fractions."
        )


def as_labels(array: np.ndarray, name: str, column: str) -> tuple[np.ndarray, list[str]]:
    """Return labels as int64 codes 0 to K−1, in sorted order of the values, and the class names.

    Parameters
    ----------
    array
        Shape (N,): integers, truth values, texts, or fractions that are all whole; or objects that
        are each None, NaN or one of these.
    name, column
        The file and the label column, for messages.

    Returns
    -------
    tuple
        Codes (N,) and the K names; ``names[code]`` is the label as the file has it. A missing label
        (:mod:`labelinfo.data.readers.missing`) has the code −1.

    Raises
    ------
    DataError
        If there is no label, the shape or type is another, all labels are missing, or there are
        more than 100,000 classes.
    """
    which = f"The label column {shown(column)} of {name}"
    if array.dtype.kind == "S":
        try:
            array = np.char.decode(array, "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{which} holds texts that are not in UTF-8: convert it.") from error
    if array.ndim != 1:
        raise DataError(
            f"{which} has the shape {shape_text(array.shape)}: one label an image is needed, a "
            "column of one dimension."
        )
    if array.size == 0:
        raise DataError(f"{which} is empty: one label an image is needed.")
    present, rows = without_gaps(array)
    if present.size == 0:
        raise DataError(f"{which} holds missing labels alone: {LABEL_TYPES}.")
    _check_labels(present, which)
    values, found = np.unique(present, return_inverse=True)
    if values.size > MAX_CLASSES:
        raise DataError(
            f"{which} has {values.size} distinct values, more than the {MAX_CLASSES} classes "
            "allowed: name a column of classes."
        )
    try:
        whole = present.dtype.kind == "f"
        names = [str(int(value)) if whole else str(value) for value in values.tolist()]
        "".join(names).encode()
    except (ValueError, SystemError) as error:  # SystemError: a code point beyond Unicode
        raise DataError(f"{which} holds texts that are not Unicode: convert it.") from error
    codes = np.full(array.shape, MISSING, dtype=np.int64)
    codes[rows] = found
    numbers = present.dtype.kind in "iuf"
    codes, names = drop_missing_classes(codes, names, numbers=numbers, which=which)
    if not names:
        raise DataError(f"{which} holds missing labels alone: {LABEL_TYPES}.")
    return codes, names


def _check_labels(present: np.ndarray, which: str) -> None:
    kind = present.dtype.kind
    if kind == "f" and not np.all(np.isfinite(present) & (present == np.floor(present))):
        raise DataError(f"{which} holds fractional or infinite numbers: {LABEL_TYPES}.")
    texts = kind == "U" or (kind == "O" and all(isinstance(value, str) for value in present))
    if kind not in "biuf" and not texts:
        raise DataError(f"{which} is of the type {present.dtype}: {LABEL_TYPES}.")


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as messages show it, such as 3×784."""
    return "×".join(str(length) for length in shape) or "of a single number"


def shown(text: str) -> str:
    """Return a name from a file in quotes, printable and not too long."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
