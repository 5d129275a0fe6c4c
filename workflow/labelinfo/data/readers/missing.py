"""Which entries of a label column are missing labels: these have the code −1 and no class.

None, NaN and null are missing, as are the texts :data:`MISSING_TEXTS`, and the number −1 among
labels that are otherwise at least 0.
"""

import logging

import numpy as np

logger = logging.getLogger(__name__)

# The code of a missing label
MISSING = -1
# pandas, NumPy and databases write a missing value as one of these texts.
MISSING_TEXTS = frozenset({"", "nan", "NaN", "NAN", "None", "<NA>", "NaT", "null", "NULL"})


def without_gaps(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the entries that are not None or NaN, and a mask (N,) of where they are.

    Parameters
    ----------
    array
        (N,) of any type. Objects of a single type become an array of that type.
    """
    if array.dtype.kind == "f":
        rows = ~np.isnan(array)
    elif array.dtype.kind == "O":
        gaps = [value is None or (isinstance(value, float) and value != value) for value in array]
        rows = ~np.array(gaps, dtype=bool)
    else:
        return array, np.ones(len(array), dtype=bool)
    present = array[rows]
    kinds = {type(value) for value in present} if array.dtype.kind == "O" else set()
    # an integer beyond 64 bits stays an object, which is refused
    return (np.array(present.tolist()) if kinds in ({int}, {bool}, {float}) else present), rows


def drop_missing_classes(
    codes: np.ndarray, names: list[str], *, numbers: bool, which: str
) -> tuple[np.ndarray, list[str]]:
    """Return codes and names without the classes that stand for a missing label.

    Parameters
    ----------
    codes
        (N,) indices into ``names``, or −1.
    names
        Class names, in sorted order of the labels.
    numbers
        Whether the labels are numbers. Then −1 is missing if all others are at least 0; of two
        classes it is one, as in −1 and 1.
    which
        The column, for the log.
    """
    dropped = [not numbers and name.strip() in MISSING_TEXTS for name in names]
    if numbers and names[0] == "-1" and len(names) > 2:
        dropped[0] = True
        logger.info(
            "%s has the number -1 among labels of at least 0, which counts as a missing label; if "
            "it is a class, write the labels as texts.",
            which,
        )
    kept = ~np.array(dropped)
    # the last entry serves the code −1
    new = np.append(np.where(kept, np.cumsum(kept) - 1, MISSING), MISSING)
    return new[codes], [name for name, keep in zip(names, kept, strict=True) if keep]
