"""Convert a user's array of images to the bits that a VAE reads."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from labelinfo.data.dataset import draw_binary
from labelinfo.data.readers.images import as_images
from labelinfo.errors import DataError


def as_bits(images: Any, *, binarize: str | None = None, seed: int = 0) -> Tensor:
    """Return images as float32 bits (n, 1, 28, 28).

    ``images`` is a numpy or torch array (n, 784), (n, 28, 28) or (n, 1, 28, 28), or one image
    without n, of truth values; integers 0 and 1, or 0 to 255; or fractions from 0 to 1. Of grey
    pixels p, ``binarize="threshold"`` gives p > 1/2, ``"bernoulli"`` draws x ~ Bernoulli(p) with
    ``seed``, and None refuses them. Raises DataError if the shape, the type or a value is invalid,
    the largest pixel is far below white, or pixels are grey and ``binarize`` is None.
    """
    if binarize not in (None, "threshold", "bernoulli"):
        raise DataError(f"`binarize` is {binarize!r}: give 'threshold', 'bernoulli' or None.")
    if isinstance(images, Tensor):
        # numpy has no bfloat16
        images = images.detach().cpu()
        images = images.float() if images.is_floating_point() else images
    array = np.asanyarray(images)
    if array.shape in ((28, 28), (784,)):
        array = array[None]
    pixels = as_images(array, "the array")
    if pixels.dtype != np.uint8 and binarize is None:
        grey = np.count_nonzero((pixels > 0) & (pixels < 1))
        raise DataError(
            f"The images are not binary, as {grey} of their {pixels.size} pixels are grey: "
            "binarise them, or set `binarize` to 'threshold' or 'bernoulli'."
        )
    if binarize == "threshold":
        pixels = (pixels > 0.5).astype(np.uint8)
    return draw_binary(torch.from_numpy(pixels), torch.Generator().manual_seed(seed))
