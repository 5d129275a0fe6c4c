"""Whether the largest pixel of some images fits the range that they are taken to have."""

import logging

import numpy as np

from labelinfo.errors import DataError

logger = logging.getLogger(__name__)

# A largest pixel below this share of white is reported; it is refused if the pixels are integers,
# whose range is a guess.
_DIM_SHARE = 0.5
# Fractions are refused below this share: 16 grey levels divided by 255 reach 0.06.
_FAINT_SHARE = 0.1
# The same where the user stated the range: images in [0, 1] divided by 255 reach 0.004.
_SCALED_TWICE_SHARE = 1 / 200
# Bits with stray values: for each pixel of another value there are a hundred ones.
_STRAY_SHARE = 0.01


def check_range(flat: np.ndarray, name: str, *, white: float, stated: bool, key: str) -> None:
    """Refuse images whose largest pixel is far below white, and bits with a few stray values.

    Parameters
    ----------
    flat
        (N, P) integers or fractions from 0 to ``white`` that are not all bits.
    name
        The file, for messages.
    white
        The value of a white pixel.
    stated
        Whether the user stated ``white`` or it follows from the type of the pixels.
    key
        The config key that states it.

    Raises
    ------
    DataError
        Naming the file, the key and the remedy.
    """
    whole, high = flat.dtype.kind != "f", float(flat.max())
    remedy = f"set the config key `{key}` to the value of a white pixel"
    if whole and not stated:
        ones, strays = np.count_nonzero(flat == 1), np.count_nonzero(flat > 1)
        if strays <= _STRAY_SHARE * ones:
            raise DataError(
                f"All pixels of the 28×28 images of {name} are 0 or 1 but for {strays}, of which "
                f"the largest is {high:g}: correct them, or {remedy}."
            )
        if high < _DIM_SHARE * white:
            raise DataError(
                f"The 28×28 images of {name} have integer pixels up to {high:g} only, far below "
                f"{white:g}: {remedy}."
            )
    if high <= white * (_SCALED_TWICE_SHARE if stated else _FAINT_SHARE):
        raise DataError(
            f"The 28×28 images of {name} have pixels up to {high:.3g} only, far below {white:g}, "
            f"as if they had been scaled twice: {remedy}."
        )
    if high < _DIM_SHARE * white:
        logger.warning(
            "The images of %s have pixels up to %.3g only, where white is %g: if a white pixel has "
            "another value, set the config key `%s`.",
            name,
            high,
            white,
            key,
        )
