"""Check that binary images were drawn from their originals, and find the originals' orientation."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from labelinfo.data.labels import Match
from labelinfo.data.readers.images import SIDE
from labelinfo.data.readers.raw import Matcher

# By the config key `datasets.<name>.originals`: whether rows and columns, and black and white, are
# exchanged
FORMS = {
    "as_is": (False, False),
    "transposed": (True, False),
    "inverted": (False, True),
    "transposed_inverted": (True, True),
}
# Default minimum of `matched_distinct_share`. Static MNIST reaches 0.996, because its originals
# have a few near copies. Its test images, matched with the originals of another split, have at
# most 0.87.
MIN_DISTINCT_SHARE = 0.95
# Images drawn from their originals have a mean shortfall of 0. MNIST's test images, matched with
# training originals, have 55 nats.
MAX_SHORTFALL_NATS = 20.0
# Number of images for trying the other forms
_TRIED = 200


def as_stored(originals: np.ndarray, form: str) -> np.ndarray:
    """Convert originals (M, 784), 0 to 255, from one of :data:`FORMS` to the form of the images."""
    transposed, inverted = FORMS[form]
    if transposed:
        square = originals.reshape(-1, SIDE, SIDE).transpose(0, 2, 1)
        originals = np.ascontiguousarray(square).reshape(originals.shape)
    return 255 - originals if inverted else originals


def fits(match: Match, definition: Mapping[str, Any]) -> bool:
    """Return whether the images were drawn from their matched originals.

    If so, nearly every image has a different original, and the mean shortfall is near 0. A
    ``matched_distinct_min_share`` of 0 accepts every match.
    """
    share = definition.get("matched_distinct_min_share", MIN_DISTINCT_SHARE)
    close = match.shortfall_nats <= MAX_SHORTFALL_NATS
    return share == 0 or (match.distinct_share >= share and close)


def better_form(
    bits: np.ndarray, originals: np.ndarray, form: str, found: Match, match: Matcher
) -> str | None:
    """Return another form in which the originals fit the images, or None.

    ``bits`` (N, 784) are the images; ``originals`` (M, 784) are those of the file. ``found`` is the
    match in ``form``, which does not fit.
    """
    rows = np.linspace(0, len(bits) - 1, min(_TRIED, len(bits))).astype(int)
    others = {
        other: match(bits[rows], as_stored(originals, other)) for other in FORMS if other != form
    }
    best = max(others, key=lambda other: others[other].log_likelihood_nats.mean())
    gain = (others[best].log_likelihood_nats - found.part(rows).log_likelihood_nats).mean()
    good = others[best].shortfall_nats <= MAX_SHORTFALL_NATS < gain
    return best if good else None


def misfit_sentence(
    name: str, images: str, originals: str, found: Match, better: str | None
) -> str:
    """Return the sentence that refuses a match.

    It names the data set's key, both files, and the form in which the originals fit, if any.
    """
    if better:
        remedy = f"they do so {better}, so set the config key `datasets.{name}.originals` to it"
    else:
        remedy = (
            "name the originals of these images, or, if several images were drawn from an original,"
            f" lower the config key `datasets.{name}.matched_distinct_min_share`"
        )
    return (
        f"The originals in {originals} do not fit the images in {images} (matched_distinct_share "
        f"is {found.distinct_share:.3f}, and an image is {found.shortfall_nats:.0f} nats less "
        f"likely than images of its original are): {remedy}."
    )
