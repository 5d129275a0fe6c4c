"""Images and labels from arrays: exact values, or one sentence that names the file."""

import logging

import numpy as np
import pytest

from labelinfo.data.readers.arrays import as_images, as_labels
from labelinfo.errors import DataError

NAME = "folder/the-file"
RNG = np.random.default_rng(7)


@pytest.mark.parametrize("shape", [(5, 784), (5, 28, 28), (5, 1, 28, 28), (5, 28, 28, 1)])
@pytest.mark.parametrize("kind", [bool, np.uint8, np.int8, ">i4", np.uint64, np.float16, float])
def test_binary_images(shape, kind):
    bits = RNG.integers(0, 2, shape)
    given = bits.astype(kind)
    images = as_images(given, NAME)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, bits.reshape(5, 784))
    images[:] = 7
    np.testing.assert_array_equal(given, bits)  # the images are a copy


@pytest.mark.parametrize("kind", [np.uint8, np.int16, ">u2", np.int64])
def test_integer_images_are_divided_by_255(kind):
    values = RNG.integers(0, 256, (5, 28, 28))
    images = as_images(values.astype(kind), NAME)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images, values.reshape(5, 784) / 255, rtol=1e-6)
    assert images.max() <= 1


@pytest.mark.parametrize("kind", [np.uint8, np.int64])
def test_integers_0_and_255_are_bits(kind):
    bits = RNG.integers(2, size=(3, 28, 28))
    images = as_images((255 * bits).astype(kind), NAME)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, bits.reshape(3, 784))
    # one grey pixel makes all of them intensities
    grey = 255 * bits
    grey[0, 0, 0] = 254
    assert as_images(grey.astype(kind), NAME).dtype == np.float32


KEY = "datasets.own.scale"


@pytest.mark.parametrize(("high", "scale"), [(15, 15), (100, 100), (255, 255), (1000, 1000.0)])
@pytest.mark.parametrize("kind", [np.int64, np.float32])
def test_pixels_are_divided_by_the_scale(high, scale, kind):
    values = RNG.integers(0, high + 1, (5, 784))
    values[0, 0] = high
    images = as_images(values.astype(kind), NAME, scale=scale, key=KEY)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images, values / scale, rtol=1e-6)
    # black and white alone are bits, whatever white is
    bits = as_images((values == high).astype(kind) * kind(high), NAME, scale=scale, key=KEY)
    assert bits.dtype == np.uint8
    np.testing.assert_array_equal(bits, values == high)


def stray(kind, value, count):
    """Return bits of which some pixels have another value."""
    array = RNG.integers(0, 2, (5, 784)).astype(kind)
    array.reshape(-1)[:count] = value
    return array


@pytest.mark.parametrize(
    ("array", "scale", "match"),
    [
        (RNG.integers(0, 16, (5, 784)), None, "integer pixels up to 15 only, far below 255"),
        (RNG.integers(0, 101, (5, 784)), None, "integer pixels up to 100 only"),
        (RNG.integers(0, 128, (5, 784)).astype(np.int8), None, "integer pixels up to 127 only"),
        (RNG.integers(1, 3, (5, 784)), None, "integer pixels up to 2 only"),
        (stray(int, 2, 1), None, "0 or 1 but for 1, of which the largest is 2"),
        (stray(np.uint8, 255, 5), None, "0 or 1 but for 5, of which the largest is 255"),
        (RNG.random((5, 784)) / 255, None, "far below 1, as if they had been scaled twice"),
        (RNG.integers(0, 16, (5, 784)) / 255, None, "far below 1, as if"),
        (RNG.random((5, 784)), 255, "far below 255, as if they had been scaled twice"),
        (RNG.random((5, 784)) * 255, None, "set `datasets.own.scale` to"),
        (RNG.integers(0, 256, (5, 784)), 100, "the config key `datasets.own.scale` is 100"),
        (np.full((5, 784), np.nan), 255, "pixels from nan"),
    ],
)
def test_a_range_that_the_pixels_do_not_fill_is_refused(array, scale, match):
    with pytest.raises(DataError, match=match) as caught:
        as_images(array, NAME, scale=scale, key=KEY)
    assert NAME in str(caught.value)
    assert f"`{KEY}`" in str(caught.value)


@pytest.mark.parametrize(
    ("array", "warned"),
    [
        (RNG.integers(0, 256, (5, 784)), False),
        (np.maximum(RNG.integers(0, 2, (5, 784)), 129), False),
        (RNG.random((5, 784)) * 0.6, False),
        (RNG.random((5, 784)) * 0.4, True),
    ],
)
def test_dim_images_are_taken_with_a_warning(array, warned, caplog):
    as_images(array, NAME, key=KEY)
    assert (KEY in caplog.text) == warned


@pytest.mark.parametrize("kind", [np.float16, np.float32, ">f8", np.longdouble])
def test_fractional_images(kind):
    values = RNG.random((5, 784)).astype(kind)
    images = as_images(values, NAME)
    assert images.dtype == np.float32
    np.testing.assert_array_equal(images, values.astype(np.float32))


def one(kind, value):
    """Return images of which one pixel has the value."""
    array = np.zeros((3, 784), kind)
    array[1, 5] = value
    return array


@pytest.mark.parametrize(
    ("array", "match"),
    [
        *(
            (np.zeros(shape), "have the shape")
            for shape in [(784,), (28, 28), (5, 783), (5, 3, 28, 28), (5, 28, 28, 3), ()]
        ),
        (np.zeros((0, 28, 28), np.uint8), "holds no images"),
        (one(float, np.nan), "pixels from nan"),
        (one(np.float16, -np.inf), "pixels from -inf"),
        (one(float, -1e-9), "pixels from -1e-09 .*rescale"),
        (one(float, 1 + 1e-9), "fractions"),
        (one(float, 255), "to 255.0"),
        (one(np.int8, -1), "integers in 0 to 255"),
        (one(np.uint64, 2**64 - 1), "integers in 0 to 255"),
        (one(complex, 1j), "type complex"),
        (one("U1", "1"), "type <U1"),
        (one(object, 1), "type object"),
        (one("M8[s]", 1), "type datetime"),
    ],
)
def test_images_refused(array, match):
    with pytest.raises(DataError, match=match) as caught:
        as_images(array, NAME)
    assert NAME in str(caught.value)
    assert "28×28" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "codes", "names"),
    [
        ([3, 1, 3, -2], [2, 1, 2, 0], ["-2", "1", "3"]),
        ([10, 9, 10], [1, 0, 1], ["9", "10"]),
        (np.array([2**63, 0], np.uint64), [1, 0], ["0", str(2**63)]),
        ([3.0, 1.0, 3.0], [1, 0, 1], ["1", "3"]),
        ([True, False, True], [1, 0, 1], ["False", "True"]),
        (["b", "a", "β", "a"], [1, 0, 2, 0], ["a", "b", "β"]),
        (np.array(["b", "a"], object), [1, 0], ["a", "b"]),
        (np.array(["β".encode(), b"a"]), [1, 0], ["a", "β"]),
        ([7, 7], [0, 0], ["7"]),
    ],
)
def test_labels(values, codes, names):
    found, classes = as_labels(np.asarray(values), NAME, "digit")
    assert found.dtype == np.int64
    assert found.tolist() == codes
    assert classes == names


TEXTS = ["", " ", "nan", "NaN", "None", "<NA>", "null"]


@pytest.mark.parametrize(
    ("values", "codes", "names"),
    [
        *((["b", gap, "a", gap], [1, -1, 0, -1], ["a", "b"]) for gap in TEXTS),
        (np.array([b"b", b"", b"a"]), [1, -1, 0], ["a", "b"]),
        (np.array(["b", None, "a", "nan"], object), [1, -1, 0, -1], ["a", "b"]),
        (np.array([3, None, 1, float("nan")], object), [1, -1, 0, -1], ["1", "3"]),
        (np.array([True, None, False], object), [1, -1, 0], ["False", "True"]),
        ([2.0, np.nan, 0.0], [1, -1, 0], ["0", "2"]),
        ([5, -1, 0, -1, 5], [1, -1, 0, -1, 1], ["0", "5"]),
        ([5.0, -1.0, 0.0, np.nan], [1, -1, 0, -1], ["0", "5"]),
        # classes, although they look alike
        ([1, -1, 1], [1, 0, 1], ["-1", "1"]),
        ([1, -1, -2], [2, 1, 0], ["-2", "-1", "1"]),
        (["-1", "0", "1"], [0, 1, 2], ["-1", "0", "1"]),
        (["none", "n/a"], [1, 0], ["n/a", "none"]),
    ],
)
def test_missing_labels_are_no_class(values, codes, names):
    found, classes = as_labels(np.asarray(values), NAME, "digit")
    assert found.tolist() == codes
    assert classes == names


def test_a_number_that_counts_as_missing_is_logged(caplog):
    with caplog.at_level(logging.INFO):
        as_labels(np.array([0, 1]), NAME, "digit")
        assert not caplog.text
        as_labels(np.array([0, 1, -1]), NAME, "digit")
    assert f"'digit' of {NAME} has the number -1" in caplog.text


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.zeros((3, 2), int), "3×2"),
        (np.array(3), "single number"),
        (np.zeros(0, int), "empty"),
        (np.array([1.0, np.inf]), "fractional or infinite"),
        (np.array([1.0, 1.5, np.nan]), "fractional or infinite"),
        (np.array(["a", 1], object), "object"),
        (np.array([np.nan, np.nan]), "missing labels alone"),
        (np.array(["", "nan", "<NA>"]), "missing labels alone"),
        (np.array([None, None], object), "missing labels alone"),
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


def test_as_many_classes_as_allowed():
    codes, names = as_labels(np.arange(100_000)[::-1], NAME, "digit")
    assert codes[0] == 99_999
    assert len(names) == 100_000
