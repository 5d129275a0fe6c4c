"""Images from arrays of any type, with checks of their shape, type and range."""

import logging

import numpy as np

from labelinfo.errors import DataError

logger = logging.getLogger(__name__)

SIDE = 28
PIXELS = SIDE * SIDE
# Integer images whose largest pixel is at most this share of white are refused, because their range
# is a guess.
_DIM_SHARE = 0.5
# Any images up to this share get a warning: a threshold at half of white leaves few pixels on.
_DULL_SHARE = 0.75
# Fractions are refused up to this share: 16 grey levels divided by 255 reach 0.06.
_FAINT_SHARE = 0.1
# The same if the user stated the range: images in [0, 1] divided by 255 reach 0.004.
_SCALED_TWICE_SHARE = 1 / 200
# This share of the pixels above 0 is ignored in the search for the largest: they may be strays.
_OUTLIER_SHARE = 0.001


def as_images(
    array: np.ndarray, name: str, *, scale: float | None = None, key: str = ""
) -> np.ndarray:
    """Return images as an array (N, 784): uint8 if all pixels are bits, else float32 in [0, 1].

    ``array`` is (N, 28, 28), (N, 1, 28, 28), (N, 28, 28, 1) or (N, 784), of truth values; integers
    0 and 1, or 0 to 255, which are divided by 255 (images of only 0 and 255 are bits); or fractions
    from 0 to 1. ``scale`` is the value of a white pixel, by which all pixels are divided; None
    infers it from the pixels. ``name`` is the file and ``key`` the config key of ``scale``, if any,
    for messages.

    Raises DataError if there is no image, the shape or type is invalid, a pixel is out of range,
    not finite or masked, or the largest pixel is far below white.
    """
    _check_images(array, name)
    flat = np.ma.getdata(array).reshape(-1, PIXELS)
    images, remedy = f"The 28×28 images of {name}", "rescale them"
    if key:
        remedy += f", or set the config key `{key}` to the value of a white pixel"
    whole = array.dtype.kind != "f"
    white = scale or (255 if whole else 1)
    low, high = flat.min(), flat.max()
    if not (low >= 0 and high <= white):  # false for NaN
        ranges = "integers have to lie in 0 to 255" if whole else "fractions have to lie in [0, 1]"
        expected = f"the config key `{key}` is {scale:g}" if scale else ranges
        raise DataError(f"{images} have pixels from {low} to {high}, but {expected}: {remedy}.")
    if scale is None and np.all((flat == 0) | (flat == 1)):
        return flat.astype(np.uint8)
    if (whole or scale) and np.all((flat == 0) | (flat == white)):
        return (flat == white).astype(np.uint8)
    _check_range(flat, images, remedy, white=white, stated=scale is not None)
    pixels = flat.astype(np.float32)
    return pixels if white == 1 else pixels / np.float32(white)


def _check_images(array: np.ndarray, name: str) -> None:
    if array.shape[1:] not in ((SIDE, SIDE), (1, SIDE, SIDE), (SIDE, SIDE, 1), (PIXELS,)):
        raise DataError(
            f"The images of {name} have the shape {shape_text(array.shape)}: they have to be "
            "28×28 in grey, stored as N×28×28, N×1×28×28, N×28×28×1 or N×784."
        )
    if array.size == 0:
        raise DataError(f"There are no 28×28 images in {name}: give at least one.")
    if array.dtype.kind not in "buif":
        raise DataError(
            f"The images of {name} are of the type {array.dtype}: they have to be 28×28 numbers, "
            "0 to 255 as integers or 0 to 1 as fractions."
        )
    if np.ma.getmaskarray(array).any():
        raise DataError(f"The 28×28 images of {name} have masked pixels: fill them.")


def _check_range(flat: np.ndarray, images: str, remedy: str, *, white: float, stated: bool) -> None:
    """Refuse images whose largest pixel is far below white, and bits with a few stray values.

    The largest 0.1 % of the pixels above 0 do not count. ``images`` and ``remedy`` are parts of the
    messages. If ``white`` is not ``stated``, it follows from the type of the pixels.
    """
    whole = flat.dtype.kind != "f"
    lit = flat[flat > 0]
    low, high = float(flat.min()), float(np.quantile(lit, 1 - _OUTLIER_SHARE, method="lower"))
    outliers = np.count_nonzero(lit > 1.5 * high)
    only = f"up to {high:.3g} only" + (f", but for {outliers}" if outliers else "")
    if whole and not stated:
        strays = np.count_nonzero(lit > 1)
        if strays <= np.count_nonzero(lit == 1):
            raise DataError(
                f"{images} have no pixels but 0 and 1, except for {strays}, of which the largest "
                f"is {lit.max():g}: correct or {remedy}."
            )
        if high <= _DIM_SHARE * white:
            raise DataError(f"{images} have integer pixels {only}, far below {white:g}: {remedy}.")
    if high <= white * (_SCALED_TWICE_SHARE if stated else _FAINT_SHARE):
        raise DataError(
            f"{images} have pixels {only}, far below {white:g}, as if they had been scaled twice: "
            f"{remedy}."
        )
    doubt = ""
    if high <= _DULL_SHARE * white:
        doubt = f"pixels {only}, where white is {white:g}"
    elif low > _DIM_SHARE * white:
        doubt = f"no pixel below {low:.3g}, where black is 0"
    elif len(levels := np.unique(flat[:100])) == 2 and np.isin(flat, levels).all():
        doubt = f"two values alone, {levels[0]:.3g} and {levels[1]:.3g}, where white is {white:g}"
    if doubt:
        logger.warning("%s have %s: if that is wrong, %s.", images, doubt, remedy)


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape as messages show it, such as 3×784."""
    return "×".join(str(length) for length in shape) or "of a single number"
