"""Labels from arrays: codes and names, missing labels, or one sentence that names the column."""

import numpy as np
import pandas as pd
import pytest

from labelinfo.data.readers.label_columns import as_labels
from labelinfo.errors import DataError

NAME = "folder/the-file"
MISSING_TEXTS = ["", " ", "nan", "NaN", "None", "<NA>", "null", "NULL", "N/A", "n/a", "NA", "NaT"]


def objects(*values):
    return np.array(values, object)


@pytest.mark.parametrize(
    ("values", "codes", "names"),
    [
        ([3, 1, 3, -2], [2, 1, 2, 0], ["-2", "1", "3"]),
        ([10, 9, 10], [1, 0, 1], ["9", "10"]),
        (np.array([2**63, 0], np.uint64), [1, 0], ["0", str(2**63)]),
        ([3.0, 1.0, 3.0], [1, 0, 1], ["1", "3"]),
        ([True, False, True], [1, 0, 1], ["False", "True"]),
        (["b", "a", "β", "a"], [1, 0, 2, 0], ["a", "b", "β"]),
        (objects("b", "a"), [1, 0], ["a", "b"]),
        (np.array(["β".encode(), b"a"]), [1, 0], ["a", "β"]),
        ([7, 7], [0, 0], ["7"]),
        (np.arange(100_000)[::-1], range(99_999, -1, -1), map(str, range(100_000))),
        # missing labels are no class
        *((["b", gap, "a", gap], [1, -1, 0, -1], ["a", "b"]) for gap in MISSING_TEXTS),
        (np.array([b"b", b"", b"a"]), [1, -1, 0], ["a", "b"]),
        (objects("b", None, "a", "nan", pd.NA, pd.NaT), [1, -1, 0, -1, -1, -1], ["a", "b"]),
        (objects(3, None, 1, float("nan"), pd.NA), [1, -1, 0, -1, -1], ["1", "3"]),
        (objects(True, None, False), [1, -1, 0], ["False", "True"]),
        (np.ma.masked_equal([5, 9, 0], 9), [1, -1, 0], ["0", "5"]),
        ([2.0, np.nan, 0.0], [1, -1, 0], ["0", "2"]),
        ([5, -1, 0, -1, 5], [1, -1, 0, -1, 1], ["0", "5"]),
        ([5.0, -1.0, 0.0, np.nan], [1, -1, 0, -1], ["0", "5"]),
        # distinct classes, although they look alike
        ([1, -1, 1], [1, 0, 1], ["-1", "1"]),
        ([1, -1, -2], [2, 1, 0], ["-2", "-1", "1"]),
        (["-1", "0", "1"], [0, 1, 2], ["-1", "0", "1"]),
        (["none", "?"], [1, 0], ["?", "none"]),
    ],
)
def test_labels(values, codes, names):
    found, classes = as_labels(np.asanyarray(values), NAME, "digit")
    assert found.dtype == np.int64
    assert found.tolist() == list(codes)
    assert classes == list(names)


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        ([0, 1], ""),
        ([-1, 1], ""),
        (["a", ""], ""),
        ([0, 1, -1], "the number -1 among labels of at least 0, which counts as a missing label"),
        ([0, 1, -9], "the negative number -9 as a class"),
        ([-1, 0], "the negative number -1 as a class"),
        (np.array([0, 1, 255], np.uint8), "the number 255 as a class, far above the others, 0 to"),
        (["a", "b", "-1"], "the text '-1' as a class"),
        (["0.0", "1.0", "-1.0"], "the text '-1.0' as a class"),
        (["a", "b", "NA"], "the text 'NA', which counts as a missing label"),
        (["a", "b", "?"], "the text '?' as a class"),
        (["a", "b", "none"], "the text 'none' as a class"),
        (["cat", "Cat"], "'Cat' and 'cat' as two classes"),
        (["1", "1.0"], "'1' and '1.0' as two classes"),
    ],
)
def test_doubtful_labels_are_taken_with_a_warning(values, warned, caplog):
    as_labels(np.asarray(values), NAME, "digit")
    assert warned in caplog.text
    assert (f"The label column 'digit' of {NAME} has" in caplog.text) == bool(warned)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.zeros((3, 2), int), "3×2.*one-hot labels, take their argmax"),
        (np.array(3), "single number"),
        (np.zeros(0, int), "empty"),
        (np.array([1.0, np.inf]), "fractional or infinite"),
        (np.array([1.0, 1.5, np.nan]), "fractional or infinite"),
        (objects("a", 1), "object"),
        (np.array([np.nan, np.nan]), "missing labels alone"),
        (np.array(["", "nan", "<NA>"]), "missing labels alone"),
        (objects(None, None), "missing labels alone"),
        (np.array(["cat", "cat "]), "'cat' and 'cat ', which differ in blanks"),
        (np.array(["e\u0301", "\u00e9"]), "how Unicode writes a letter"),
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
