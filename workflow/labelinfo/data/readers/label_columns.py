"""Labels from arrays of any type, with a code for each class and −1 for each missing label.

None, NaN, NaT, null and masked entries are missing labels. So are the texts that other programs
write for them, and the number −1 if all other labels are at least 0.
"""

import logging
import unicodedata
from collections.abc import Callable, Hashable

import numpy as np
import pandas as pd

from labelinfo.data.readers.images import shape_text
from labelinfo.errors import DataError

logger = logging.getLogger(__name__)

# The code of a missing label
MISSING = -1
# pandas, NumPy, R, spreadsheets and databases write a missing value as one of these texts. Case
# does not matter for the first set, but it does for the second.
_MISSING_IN_ANY_CASE = frozenset({"", "nan", "-nan", "<na>", "null", "n/a", "#n/a"})
_MISSING_TEXTS = frozenset({"None", "NA", "NaT"})
# These may be missing labels or classes. We treat them as classes, with a warning.
_DOUBTFUL_TEXTS = frozenset({"?", "-", "--", ".", "none", "na", "n.a.", "missing", "unknown"})
_DOUBTFUL_TEXTS |= {"undefined", "unlabelled", "unlabeled", "-1", "-9", "-99", "-999", "-1.0"}
_DOUBTFUL_TEXTS |= {"nil", "(null)", "[null]", "\\n", "pd.na", "#na"}
MAX_CLASSES = 100_000
LABEL_TYPES = "labels have to be integers, texts or truth values"
_ALL_MISSING = f"holds missing labels alone: {LABEL_TYPES}"
_IF_MISSING = "if it marks a missing label, write it as an empty text or NaN"


def as_labels(array: np.ndarray, name: str, column: str) -> tuple[np.ndarray, list[str]]:
    """Return labels as int64 codes (N,), 0 to K−1 in sorted order of the values, and the K names.

    ``array`` (N,) has integers, truth values, texts or whole-number floats; or objects, each
    missing or one of these. ``names[code]`` is the label in the file; a missing label has the code
    −1. ``name`` and ``column`` are the file and the label column, for messages.

    Raises DataError if there is no label, the shape or type is invalid, all labels are missing, two
    texts differ only in blanks, or there are more than 100,000 classes.
    """
    which = f"The label column {shown(column)} of {name}"
    present, rows = _present(array, which)
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
    if present.dtype.kind in "iuf":
        dropped = _missing_numbers(values, which)
    else:
        dropped = _missing_texts(names, which)
    if dropped.all():
        raise DataError(f"{which} {_ALL_MISSING}.")
    codes = np.full(len(array), MISSING, dtype=np.int64)
    codes[rows] = np.where(dropped, MISSING, np.cumsum(~dropped) - 1)[found]
    return codes, [each for each, drop in zip(names, dropped, strict=True) if not drop]


def _present(array: np.ndarray, which: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the entries that are not missing, of one type, and their mask (N,)."""
    if array.ndim != 1:
        raise DataError(
            f"{which} has the shape {shape_text(array.shape)}: one label an image is needed, a "
            "column of one dimension (of one-hot labels, take their argmax)."
        )
    if array.size == 0:
        raise DataError(f"{which} is empty: one label an image is needed.")
    masked = np.zeros(len(array), dtype=bool)
    if isinstance(array, np.ma.MaskedArray):
        masked, array = np.ma.getmaskarray(array), array.data
    if array.dtype.kind == "S":
        try:
            array = np.char.decode(array, "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{which} holds texts that are not in UTF-8: convert it.") from error
    rows = ~masked & ~(pd.isna(array) if array.dtype.kind in "fO" else np.zeros_like(masked))
    present = array[rows]
    if present.size == 0:
        raise DataError(f"{which} {_ALL_MISSING}.")
    kinds = {type(value) for value in present} if array.dtype.kind == "O" else set()
    if kinds in ({int}, {bool}, {float}):
        # an integer beyond 64 bits remains an object, which is refused below
        present = np.array(present.tolist())
    kind = present.dtype.kind
    if kind == "f" and not np.all(np.isfinite(present) & (present == np.floor(present))):
        raise DataError(f"{which} holds fractional or infinite numbers: {LABEL_TYPES}.")
    if kind not in "biufU" and kinds != {str}:
        raise DataError(f"{which} is of the type {present.dtype}: {LABEL_TYPES}.")
    return present, rows


def _missing_numbers(values: np.ndarray, which: str) -> np.ndarray:
    """Return a mask of the sorted numbers (K,) that mean a missing label; warn of doubtful ones.

    −1 is a missing label if all others are at least 0, but of two values, as in −1 and 1, it is a
    class.
    """
    dropped = np.zeros(len(values), dtype=bool)
    dropped[0] = values[0] == -1 and len(values) > 2
    if dropped[0]:
        logger.warning(
            f"{which} has the number -1 among labels of at least 0, which counts as a missing "
            "label; if it is a class, write the labels as texts."
        )
    elif values[0] < 0 and values.tolist() != [-1, 1]:
        logger.warning(f"{which} has the negative number {values[0]:g} as a class; {_IF_MISSING}.")
    others = values[dropped.sum() : -1]
    if len(others) > 1 and np.all(np.diff(others) == 1) and values[-1] > others[-1] + 1:
        logger.warning(
            f"{which} has the number {values[-1]:g} as a class, far above the others, "
            f"{others[0]:g} to {others[-1]:g}; {_IF_MISSING}."
        )
    return dropped


def _missing_texts(names: list[str], which: str) -> np.ndarray:
    """Return a mask of the texts that mean a missing label; refuse or warn of near-equal ones."""
    texts = [name.strip() for name in names]
    dropped = np.array([x.lower() in _MISSING_IN_ANY_CASE or x in _MISSING_TEXTS for x in texts])
    for name, text, drop in zip(names, texts, dropped, strict=True):
        if drop and text:
            logger.warning(
                f"{which} has the text {name!r}, which counts as a missing label; if it is a "
                "class, write it otherwise."
            )
        elif text.lower() in _DOUBTFUL_TEXTS and not drop:
            logger.warning(f"{which} has the text {name!r} as a class; {_IF_MISSING}.")
    kept = [name for name, drop in zip(names, dropped, strict=True) if not drop]
    if pair := _first_alike(kept, lambda x: " ".join(unicodedata.normalize("NFC", x).split())):
        raise DataError(
            f"{which} has the labels {shown(pair[0])} and {shown(pair[1])}, which differ in blanks "
            "or in how Unicode writes a letter: write both alike."
        )
    if pair := _first_alike(kept, _meaning):
        logger.warning(
            f"{which} has the labels {pair[0]!r} and {pair[1]!r} as two classes; if they are one, "
            "write both alike."
        )
    return dropped


def _first_alike(names: list[str], key: Callable[[str], Hashable]) -> tuple[str, str] | None:
    seen: dict[Hashable, str] = {}
    for name in names:
        if (other := seen.setdefault(key(name), name)) != name:
            return other, name
    return None


def _meaning(text: str) -> str | float:
    """Return the number that a text spells, else the text without its case."""
    try:
        return float(text)
    except ValueError:
        return text.casefold()


def shown(text: str) -> str:
    """Return a name from a file for messages: quoted, printable and shortened."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
