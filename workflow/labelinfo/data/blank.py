"""Splits from which nothing can be learned: blank images, or the same image again and again."""

import logging
from collections.abc import Mapping

import numpy as np

from labelinfo.data.dataset import SPLITS
from labelinfo.errors import DataError

logger = logging.getLogger(__name__)

# A split is nearly blank if this share of its pixels, or less, is on, or off: under one an image.
_BLANK_SHARE = 0.001


def refuse_blank(name: str, images: Mapping[str, np.ndarray], binarize: str) -> None:
    """Refuse a data set of which a split is nearly blank or has images that are all alike.

    Parameters
    ----------
    name
        The data set's key.
    images
        (N, P) by split, as they are trained and tested on.
    binarize
        The config key ``datasets.<name>.binarize``.

    Raises
    ------
    DataError
        Naming the split and the remedy.
    """
    remedy = "check the images of the file"
    if binarize == "threshold":
        remedy = (
            f"set the config key `datasets.{name}.scale` to the value of a white pixel, or "
            f"`datasets.{name}.binarize` to 'bernoulli'"
        )
    for split in SPLITS:
        part = images[split]
        if len(part) < 2:
            continue
        mean = part.mean(dtype=np.float64)
        if not _BLANK_SHARE <= mean <= 1 - _BLANK_SHARE:
            raise DataError(
                f"The {split} images of {name!r} are nearly blank (their mean pixel is {mean:.2g}, "
                f"where 1 is white): {remedy}."
            )
        if (part == part[0]).all():
            raise DataError(f"The {split} images of {name!r} are all alike: {remedy}.")


def warn_of_blanked(
    name: str, greys: Mapping[str, np.ndarray], bits: Mapping[str, np.ndarray]
) -> None:
    """Log how many images of each split the threshold left blank.

    Parameters
    ----------
    name
        The data set's key.
    greys, bits
        (N, P) by split, before and after.
    """
    for split in SPLITS:
        before, after = greys[split], bits[split]
        blank = (after == after[:, :1]).all(axis=1) & (before != before[:, :1]).any(axis=1)
        if blank.any():
            logger.warning(
                "%s: binarize 'threshold' leaves %d of the %d %s images blank.",
                name,
                blank.sum(),
                len(blank),
                split,
            )
