"""Convert a user's array of images to the bits that a VAE reads."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from labelinfo.data.dataset import IMAGE_SHAPE, draw_binary
from labelinfo.data.readers.images import check_range
from labelinfo.errors import DataError

BINARIZATIONS = ("threshold", "bernoulli")
_SHAPES = {(28, 28), (1, 28, 28), (784,)}


def as_bits(images: Any, *, binarize: str | None = None, seed: int = 0) -> Tensor:
    """Return images as float32 bits (n, 1, 28, 28).

    Parameters
    ----------
    images
        A numpy or torch array of shape (n, 784), (n, 28, 28) or (n, 1, 28, 28), or one image
        without n. Truth values; integers 0 and 1, or 0 to 255; or fractions from 0 to 1.
    binarize
        Treatment of grey pixels p ∈ (0, 1): ``threshold`` gives p > 1/2, ``bernoulli`` draws
        x ~ Bernoulli(p), None refuses them.
    seed
        Seed of these draws.

    Raises
    ------
    DataError
        If the shape, the type or a value is invalid, the largest pixel is far below white, or
        pixels are grey and ``binarize`` is None.
    """
    if binarize not in (None, *BINARIZATIONS):
        raise DataError(f"`binarize` is {binarize!r}: give one of {BINARIZATIONS}, or None.")
    array = _flat(images)
    whole = array.dtype.kind != "f"
    white = 255 if whole else 1
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= white):  # false for NaN
        raise DataError(
            f"The images have pixels from {low} to {high}: give "
            f"{'integers from 0 to 255' if whole else 'fractions from 0 to 1'}."
        )
    pixels = array.astype(np.float32)
    if high > 1:
        pixels /= np.float32(255)
    bits = (pixels == 0) | (pixels == 1)
    if not bits.all():
        remedy = "divide them by the value of a white pixel"
        check_range(array, "The images", remedy, white=white, stated=False)
        if binarize is None:
            raise DataError(
                f"The images are not binary, as {np.count_nonzero(~bits)} of their {bits.size} "
                "pixels are grey: binarise them, or set `binarize` to 'threshold' or 'bernoulli'."
            )
    if binarize == "bernoulli":
        return draw_binary(torch.from_numpy(pixels), torch.Generator().manual_seed(seed))
    return torch.from_numpy((pixels > 0.5).astype(np.float32)).view(-1, *IMAGE_SHAPE)


def _flat(images: Any) -> np.ndarray:
    """Return images as numbers (n, 784) of their own type."""
    if isinstance(images, Tensor):
        # numpy has no bfloat16
        images = images.detach().cpu()
        images = images.float() if images.is_floating_point() else images
    array = np.asarray(images)
    if array.shape in ((28, 28), (784,)):
        array = array[None]
    if array.shape[1:] not in _SHAPES or array.size == 0:
        raise DataError(
            f"The images have the shape {array.shape}: give (n, 784), (n, 28, 28) or "
            "(n, 1, 28, 28), at least one image."
        )
    if array.dtype.kind not in "buif":
        raise DataError(
            f"The images are of the type {array.dtype}: give truth values, integers from 0 to 255, "
            "or fractions from 0 to 1."
        )
    return array.reshape(len(array), -1)
