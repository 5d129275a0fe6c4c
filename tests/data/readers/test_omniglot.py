"""The MATLAB file of Omniglot: round trip, and one sentence for each fault."""

import io

import numpy as np
import pytest
import scipy.io

from labelinfo.data.readers.omniglot import parse_omniglot
from labelinfo.errors import DataError

NAME = "folder/the-file"


def variables(train=6, test=3):
    rng = np.random.default_rng(7)
    found = {}
    for prefix, count in (("", train), ("test", test)):
        found[f"{prefix}data"] = rng.integers(0, 256, (784, count)) / 255
        found[f"{prefix}target"] = np.eye(5)[:, rng.integers(0, 5, count)]
        found[f"{prefix}targetchar"] = rng.integers(1, 9, (1, count)).astype(float)
    return found


def mat(content, **options):
    file = io.BytesIO()
    scipy.io.savemat(file, content, **options)
    return file.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
def test_omniglot(compressed):
    given = variables()
    parts = parse_omniglot(mat(given, do_compression=compressed), NAME)
    for prefix, part in zip(("", "test"), parts, strict=True):
        assert part.images.dtype == np.float32
        assert part.images.flags.c_contiguous
        for image, column in zip(part.images, given[f"{prefix}data"].T, strict=True):
            # The file is column-major: the second value is one row below the first.
            by_rows = column.reshape(28, 28, order="F").astype(np.float32)
            np.testing.assert_array_equal(image.reshape(28, 28), by_rows)
        assert part.alphabet.dtype == part.character.dtype == np.int64
        np.testing.assert_array_equal(np.eye(5)[:, part.alphabet], given[f"{prefix}target"])
        np.testing.assert_array_equal(part.character, given[f"{prefix}targetchar"][0])


def test_omniglot_in_other_number_types():
    given = variables()
    exact = parse_omniglot(mat(given), NAME)
    kinds = {"data": np.float32, "target": np.uint8, "testtarget": bool, "targetchar": np.int16}
    given |= {name: given[name].astype(kind) for name, kind in kinds.items()}
    for part, expected in zip(parse_omniglot(mat(given), NAME), exact, strict=True):
        for name, array in expected._asdict().items():
            np.testing.assert_array_equal(getattr(part, name), array)


def put(variable, index, value):
    return lambda given: given[variable].__setitem__(index, value)


def make(variable, function):
    return lambda given: given.update({variable: function(given[variable])})


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (put("data", (5, 1), np.nan), r"'data' .*outside \[0, 1\]"),
        (put("testdata", (5, 1), np.inf), r"'testdata' .*outside \[0, 1\]"),
        (put("data", (0, 0), -1e-3), r"outside \[0, 1\]"),
        (put("data", (0, 0), 255), r"outside \[0, 1\]"),
        (put("target", (slice(None), 2), 0), "'target' .*one-hot"),
        (put("target", (slice(None), 2), 1), "'target' .*one-hot"),
        (put("testtarget", (0, 0), 0.5), "'testtarget' .*one-hot"),
        (put("testtarget", (0, 0), np.nan), "'testtarget' .*one-hot"),
        (put("targetchar", (0, 1), 0), "'targetchar' .*positive integers"),
        (put("targetchar", (0, 1), 1.5), "positive integers"),
        (put("testtargetchar", (0, 1), np.nan), "'testtargetchar' .*positive integers"),
        (put("targetchar", (0, 1), np.inf), "positive integers"),
        (put("targetchar", (0, 1), 1e18), "positive integers"),
        (lambda given: given.pop("testtargetchar"), "'testtargetchar' .*is missing"),
        (lambda given: given.clear(), "'data' .*is missing"),
        (make("data", lambda a: a[:783]), "'data' .*783×6 where 784×6"),
        (make("data", lambda a: a[:, :0]), "'data' .*784×0"),
        (make("data", lambda a: a.reshape(28, 28, -1)), "'data' .*28×28×6"),
        (make("target", lambda a: a[:, :-1]), "'target' .*5×5 where 5×6"),
        (make("testtarget", lambda a: a[:-1]), "'testtarget' .*4×3 where 5×3"),
        (make("targetchar", np.transpose), "'targetchar' .*6×1 where 1×6"),
        (make("data", lambda a: a + 1j), "'data' .*real numbers"),
        (make("data", lambda _: "text"), "'data' .*real numbers"),
        (make("targetchar", lambda _: {"a": 1}), "'targetchar' .*real numbers"),
        (make("target", lambda a: a.astype(object)), "'target' .*real numbers"),
    ],
)
def test_omniglot_refused(change, match):
    given = variables()
    change(given)
    with pytest.raises(DataError, match=f"{match}.*: fetch it again") as caught:
        parse_omniglot(mat(given), NAME)
    assert NAME in str(caught.value)


@pytest.mark.parametrize("kept", [0, 4, 100, 128, 150, 2000, -1])
def test_truncated_omniglot(kept):
    with pytest.raises(DataError, match=f"{NAME} .*fetch it again"):
        parse_omniglot(mat(variables(), do_compression=True)[:kept], NAME)
