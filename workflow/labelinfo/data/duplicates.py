"""Images that stand in more than one split, which let a model be tested on what it was shown."""

import hashlib
from collections.abc import Mapping

import numpy as np

from labelinfo.data.dataset import SPLITS
from labelinfo.errors import DataError


def count_copies(images: Mapping[str, np.ndarray]) -> dict[str, int]:
    """Return how many images of each split are in an earlier one too, pixel by pixel.

    Parameters
    ----------
    images
        (N, P) by split. Training comes before validation, and that before test.
    """
    seen: set[bytes] = set()
    copies = {}
    for split in SPLITS:
        # 16 bytes an image: two different ones never share them, and a GB takes about a second
        digests = [
            hashlib.blake2b(image, digest_size=16).digest()
            for image in np.ascontiguousarray(images[split])
        ]
        copies[split] = sum(digest in seen for digest in digests)
        seen.update(digests)
    return copies


def refuse_copies(
    name: str, copies: Mapping[str, int], sizes: Mapping[str, int], max_share: float
) -> None:
    """Refuse a data set of which too large a share of a split is copies.

    Real data hold a few by chance; many mean that one file was given for two splits.

    Raises
    ------
    DataError
        Naming the split, the number of copies and the remedy.
    """
    for split, count in copies.items():
        if count > max_share * sizes[split]:
            earlier = " or ".join(SPLITS[: SPLITS.index(split)])
            raise DataError(
                f"{count} of the {sizes[split]} {split} images of {name!r} are copies of its "
                f"{earlier} images, a larger share than the {max_share:g} of the config key "
                "`data.duplicates_max_share`: give each split images of its own."
            )
