"""Images from arrays: exact values, or one sentence that names the file."""

import numpy as np
import pytest

from labelinfo.data.readers.images import as_images
from labelinfo.errors import DataError

NAME = "folder/the-file"
KEY = "datasets.own.scale"
RNG = np.random.default_rng(7)


@pytest.mark.parametrize("shape", [(5, 784), (5, 28, 28), (5, 1, 28, 28), (5, 28, 28, 1)])
@pytest.mark.parametrize("kind", [bool, np.uint8, ">i4", np.uint64, np.float16])
def test_binary_images(shape, kind):
    bits = RNG.integers(0, 2, shape)
    given = np.asfortranarray(bits.astype(kind))
    images = as_images(given, NAME)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, bits.reshape(5, 784))
    images[:] = 7
    np.testing.assert_array_equal(given, bits)  # the images are a copy


@pytest.mark.parametrize("kind", [np.uint8, ">u2", np.int64])
def test_integer_images_are_divided_by_255(kind):
    values = RNG.integers(0, 256, (5, 28, 28))
    images = as_images(values.astype(kind), NAME)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images, values.reshape(5, 784) / 255, rtol=1e-6)
    assert images.max() <= 1
    # images of only 0 and 255 are bits; one grey pixel makes all images intensities
    black_and_white = 255 * (values > 99)
    bits = as_images(black_and_white.astype(kind), NAME)
    assert bits.dtype == np.uint8
    np.testing.assert_array_equal(bits, values.reshape(5, 784) > 99)
    black_and_white[0, 0, 0] = 254
    assert as_images(black_and_white.astype(kind), NAME).dtype == np.float32


@pytest.mark.parametrize(("high", "scale"), [(15, 15), (255, 255), (1000, 1000.0)])
@pytest.mark.parametrize("kind", [np.int64, np.float32])
def test_pixels_are_divided_by_the_scale(high, scale, kind):
    values = RNG.integers(0, high + 1, (5, 784))
    values[0, 0] = high
    images = as_images(values.astype(kind), NAME, scale=scale, key=KEY)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images, values / scale, rtol=1e-6)
    # images of only black and white are bits, for any value of white
    bits = as_images((values == high).astype(kind) * kind(high), NAME, scale=scale, key=KEY)
    assert bits.dtype == np.uint8
    np.testing.assert_array_equal(bits, values == high)


@pytest.mark.parametrize("kind", [np.float16, np.float32, ">f8", np.longdouble])
def test_fractional_images(kind):
    values = RNG.random((5, 784)).astype(kind)
    images = as_images(values, NAME)
    assert images.dtype == np.float32
    np.testing.assert_array_equal(images, values.astype(np.float32))


def stray(array, value, count):
    """Return images with another value at some pixels."""
    array = array.copy()
    array.reshape(-1)[:count] = value
    return array


BITS, GREYS = RNG.integers(0, 2, (5, 784)), RNG.integers(0, 16, (5, 784))


@pytest.mark.parametrize(
    ("array", "scale", "match"),
    [
        (GREYS, None, "integer pixels up to 15 only, far below 255"),
        (stray(GREYS, 255, 1), None, "integer pixels up to 15 only, but for 1, far below 255"),
        (RNG.integers(0, 128, (5, 784)).astype(np.int8), None, "integer pixels up to 127 only"),
        (BITS + 1, None, "but 0 and 1, except for .* the largest is 2"),
        (stray(BITS, 2, 1), None, "but 0 and 1, except for 1, of which the largest is 2"),
        (stray(BITS, 255, 500), None, "but 0 and 1, except for 500"),
        (stray(BITS, 255, 5), None, "but 0 and 1, except for 5, of which the largest is 255"),
        (RNG.random((5, 784)) / 255, None, "far below 1, as if they had been scaled twice"),
        (stray(RNG.random((5, 784)) / 255, 1, 1), None, "scaled twice"),
        (GREYS / 255, None, "far below 1, as if"),
        (RNG.random((5, 784)), 255, "far below 255, as if they had been scaled twice"),
        (RNG.random((5, 784)) * 255, None, "set the config key `datasets.own.scale` to"),
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
    ("array", "scale", "warned"),
    [
        (RNG.integers(0, 256, (5, 784)), None, ""),
        (RNG.random((5, 784)) * 0.9, None, ""),
        (RNG.random((5, 784)) * 0.6, None, "only, where white is 1"),
        (RNG.integers(0, 131, (5, 784)), None, "pixels up to 130 only, where white is 255"),
        (RNG.random((5, 784)), 2, "where white is 2"),
        (1 - RNG.random((5, 784)) * 0.4, None, "no pixel below 0.6"),
        (200 * BITS, None, "two values alone, 0 and 200"),
    ],
)
def test_images_of_a_doubtful_range_are_taken_with_a_warning(array, scale, warned, caplog):
    as_images(array, NAME, scale=scale, key=KEY)
    assert warned in caplog.text
    assert (KEY in caplog.text) == bool(warned)


def one(kind, value):
    array = np.zeros((3, 784), kind)
    array[1, 5] = value
    return array


@pytest.mark.parametrize(
    ("array", "match"),
    [
        *(
            (np.zeros(shape), "have the shape")
            for shape in [(784,), (5, 783), (5, 14, 56), (5, 3, 28, 28), (5, 28, 28, 3), ()]
        ),
        (np.zeros((0, 28, 28), np.uint8), "There are no 28×28 images"),
        (one(float, np.nan), "pixels from nan"),
        (one(np.float16, -np.inf), "pixels from -inf"),
        (one(float, -1e-9), "pixels from -1e-09 .*rescale"),
        (one(float, 1 + 1e-9), "fractions"),
        (one(np.int8, -1), "integers have to lie in 0 to 255"),
        (one(np.uint64, 2**64 - 1), "integers have to lie in 0 to 255"),
        (one(complex, 1j), "type complex"),
        (one("U1", "1"), "type <U1"),
        (one(object, 1), "type object"),
        (one("M8[s]", 1), "type datetime"),
        (np.ma.masked_equal(BITS, 1), "masked pixels"),
    ],
)
def test_images_refused(array, match):
    with pytest.raises(DataError, match=match) as caught:
        as_images(array, NAME)
    assert NAME in str(caught.value)
    assert "28×28" in str(caught.value)
