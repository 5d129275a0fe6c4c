"""Checks for useless splits: blank images, and copies of images in other splits."""

import hashlib
import logging
from collections.abc import Mapping

import numpy as np

from labelinfo.data.dataset import SPLITS
from labelinfo.errors import DataError

logger = logging.getLogger(__name__)

# A split is nearly blank if at most this share of its pixels is on, or off: under one per image.
_BLANK_SHARE = 0.001
# It is also nearly blank if more than this share of its images have a single value everywhere.
_BLANK_IMAGES_SHARE = 0.5
# Splits are unlike if their mean pixels, or the distances of these from white, have this ratio.
_UNLIKE_RATIO = 1.5


def check_blank(name: str, images: Mapping[str, np.ndarray], binarize: str) -> None:
    """Refuse splits that are nearly blank or whose images are all alike; warn of blank images.

    It also warns of a split that is much darker or brighter than the training images. ``images``
    (N, 784) by split are bits, or intensities from which bits are drawn; ``binarize`` is the config
    key of the data set ``name``. Raises DataError with the split and the remedy.
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
        blank = (part == part[:, :1]).all(axis=1)
        fault = ""
        if not _BLANK_SHARE <= mean <= 1 - _BLANK_SHARE:
            fault = f"nearly blank (their mean pixel is {mean:.2g}, where 1 is white)"
        elif (part == part[0]).all():
            fault = "all alike"
        elif blank.mean() > _BLANK_IMAGES_SHARE:
            fault = f"nearly blank ({blank.sum()} of {len(part)} have one value everywhere)"
        if fault:
            raise DataError(f"The {split} images of {name!r} are {fault}: {remedy}.")
        if blank.any():
            found = "have one value everywhere"
            if binarize == "threshold":
                found = f"are blank after binarize: '{binarize}'"
            logger.warning(
                f"{name}: {blank.sum()} of the {len(part)} {split} images {found}; {remedy}."
            )
        trained = images["train"].mean(dtype=np.float64)
        dark, bright = sorted((mean, trained))
        if bright > _UNLIKE_RATIO * dark or 1 - dark > _UNLIKE_RATIO * (1 - bright):
            logger.warning(
                f"{name}: the mean {split} pixel is {mean:.2g}, the mean training pixel "
                f"{trained:.2g}, where 1 is white: check that all splits have the same values for "
                "black and white."
            )


def count_copies(images: Mapping[str, np.ndarray]) -> dict[str, int]:
    """Return for each split the number of its images (N, P) that are also in an earlier split.

    The order is training, validation, test. Copies agree in every pixel.
    """
    seen: set[bytes] = set()
    copies = {}
    for split in SPLITS:
        # 16 bytes per image: enough to avoid collisions; hashing 1 GB takes about a second
        digests = [
            hashlib.blake2b(image, digest_size=16).digest()
            for image in np.ascontiguousarray(images[split])
        ]
        copies[split] = sum(digest in seen for digest in digests)
        seen.update(digests)
    return copies


def check_copies(name: str, images: Mapping[str, np.ndarray], max_share: float) -> dict[str, int]:
    """Return :func:`count_copies`; warn of copies, and refuse too large a share of a split.

    Real data have a few copies by chance; many copies mean that one file was given for two splits.
    Raises DataError with the split, the number of copies and the remedy.
    """
    copies = count_copies(images)
    for split, count in copies.items():
        total = len(images[split])
        if count > max_share * total:
            earlier = " or ".join(SPLITS[: SPLITS.index(split)])
            raise DataError(
                f"{count} of the {total} {split} images of {name!r} are copies of its {earlier} "
                f"images, a larger share than the {max_share:g} of the config key "
                "`data.duplicates_max_share`: give each split images of its own."
            )
        if count:
            logger.warning(
                f"{name}: {count} of the {total} {split} images are copies of images in an "
                "earlier split."
            )
    return copies
