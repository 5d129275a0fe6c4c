"""Static MNIST: text files of binary images, labelled by matching them with MNIST's originals.

References
----------
Larochelle and Murray (2011), The neural autoregressive distribution estimator.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labelinfo.data.dataset import SPLITS
from labelinfo.data.labels import Match
from labelinfo.data.readers import InputFile, Matcher, RawData
from labelinfo.data.readers.images import PIXELS, SIDE
from labelinfo.errors import DataError

# Training and validation images were drawn from the training originals, test images from the test
# originals.
_PARTS = {"train": ("train", "valid"), "test": ("test",)}
# By the config key `datasets.<name>.originals`: whether rows and columns, and black and white, are
# exchanged
_FORMS = {
    "as_is": (False, False),
    "transposed": (True, False),
    "inverted": (False, True),
    "transposed_inverted": (True, True),
}
# Images drawn from their originals have a mean shortfall of 0. MNIST's test images, matched with
# training originals, have 55 nats. Their distinct share is at most 0.87, and that of static MNIST
# 0.996, because its originals have a few near copies.
_MAX_SHORTFALL_NATS = 20.0
# Number of images for trying the other forms
_TRIED = 200


def read_static_mnist(
    name: str,
    definition: Mapping[str, Any],
    tasks: Sequence[str],
    files: Mapping[str, InputFile],
    match: Matcher,
) -> RawData:
    """Return static MNIST; each image has the digit of its most likely original.

    ``files`` are ``train``, ``valid``, ``test`` (amat); ``train_originals``, ``train_labels``,
    ``test_originals`` and ``test_labels`` (IDX). ``tasks`` is not used. Raises DataError if a file
    is malformed, or the originals do not fit their labels.
    """
    form = definition.get("originals", "as_is")
    images = {split: parse_amat(files[split].content, files[split].name) for split in SPLITS}
    matches, labels, misfit = {}, {}, ""
    for part, members in _PARTS.items():
        originals, digits = _originals(files[f"{part}_originals"], files[f"{part}_labels"])
        bits = np.concatenate([images[member] for member in members])
        found = match(bits, _as_stored(originals, form))
        start = 0
        for member in members:
            rows = slice(start, start + len(images[member]))
            start = rows.stop
            matches[member] = found.part(rows)
            if not misfit and not _fits(matches[member], definition):
                better = _better_form(images[member], originals, form, matches[member], match)
                named = f"{files[f'{part}_originals'].name} do not fit the images in "
                named += files[member].name
                misfit = _misfit_sentence(name, named, matches[member], better)
            labels[member] = {"digit": digits[found.index[rows]].astype(np.int64)}
    classes = {"digit": [str(digit) for digit in range(10)]}
    return RawData(images, labels, classes, matches, misfit)


def _originals(image_file: InputFile, label_file: InputFile) -> tuple[np.ndarray, np.ndarray]:
    """Return original images (M, 784) and their digits (M,)."""
    originals = parse_idx(image_file.content, image_file.name)
    digits = parse_idx(label_file.content, label_file.name)
    if originals.shape != (*digits.shape, SIDE, SIDE) or digits.ndim != 1:
        raise DataError(
            f"{image_file.name} with {label_file.name} are not N images of 28×28 with N labels, "
            f"but {originals.shape} and {digits.shape}: fetch both again."
        )
    if digits.max() > 9:
        raise DataError(f"{label_file.name} holds a label above 9: it is no MNIST label file.")
    return originals.reshape(-1, PIXELS), digits


def _as_stored(originals: np.ndarray, form: str) -> np.ndarray:
    """Convert originals (M, 784), 0 to 255, from one of the forms to that of the images."""
    transposed, inverted = _FORMS[form]
    if transposed:
        square = originals.reshape(-1, SIDE, SIDE).transpose(0, 2, 1)
        originals = np.ascontiguousarray(square).reshape(originals.shape)
    return 255 - originals if inverted else originals


def _fits(match: Match, definition: Mapping[str, Any]) -> bool:
    """Return whether nearly every image has a different original, and a shortfall near 0."""
    share = definition["matched_distinct_min_share"]
    close = match.shortfall_nats <= _MAX_SHORTFALL_NATS
    return share == 0 or (match.distinct_share >= share and close)


def _better_form(
    bits: np.ndarray, originals: np.ndarray, form: str, found: Match, match: Matcher
) -> str | None:
    """Return another form in which the file's originals fit the images, or None.

    ``found`` is the match in ``form``, which does not fit.
    """
    rows = np.linspace(0, len(bits) - 1, min(_TRIED, len(bits))).astype(int)
    others = {
        other: match(bits[rows], _as_stored(originals, other)) for other in _FORMS if other != form
    }
    best = max(others, key=lambda other: others[other].log_likelihood_nats.mean())
    gain = (others[best].log_likelihood_nats - found.part(rows).log_likelihood_nats).mean()
    good = others[best].shortfall_nats <= _MAX_SHORTFALL_NATS < gain
    return best if good else None


def _misfit_sentence(name: str, named: str, found: Match, better: str | None) -> str:
    if better:
        remedy = f"they do so {better}, so set the config key `datasets.{name}.originals` to it"
    else:
        key = f"the config key `datasets.{name}.matched_distinct_min_share`"
        if found.shortfall_nats > _MAX_SHORTFALL_NATS:
            other = f"or set {key} to 0 to accept every match"
        else:
            other = f"or, if several images were drawn from an original, lower {key}"
        remedy = f"name the originals of these images, {other}"
    return (
        f"The originals in {named} (matched_distinct_share is {found.distinct_share:.3f}, and an "
        f"image is {found.shortfall_nats:.0f} nats less likely than images of its original are): "
        f"{remedy}."
    )


def parse_idx(content: bytes, name: str) -> np.ndarray:
    """Return the uint8 array of one to three dimensions in an IDX file (MNIST's format).

    Raises DataError if the header is invalid, or the announced size is not that of the file.
    """
    dimensions = content[3] if len(content) >= 4 else 0
    if content[:3] != b"\0\0\x08" or not 1 <= dimensions <= 3:
        raise DataError(
            f"The file {name} is no IDX file of unsigned bytes in one to three dimensions (it "
            f"begins with {content[:4].hex() or 'nothing'}): fetch it again."
        )
    start = 4 + 4 * dimensions
    shape = struct.unpack_from(f">{dimensions}I", content.ljust(start, b"\0"), 4)
    announced = start + math.prod(shape)
    if len(content) != announced or min(shape) == 0:
        raise DataError(
            f"The file {name} is truncated or damaged: it has {len(content)} bytes but its header "
            f"announces {announced}, for {'×'.join(map(str, shape))} items; fetch it again."
        )
    # Copy: an array over bytes is read-only.
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def parse_amat(content: bytes, name: str, pixels: int = PIXELS) -> np.ndarray:
    """Return the uint8 array of 0 and 1, (N, ``pixels``), in a text file of binary images.

    Every line has exactly ``pixels`` digits 0 or 1, separated by single spaces, and ends with a
    line feed. The last line feed is optional. Raises DataError, which gives the first other line.
    """
    if not content.endswith(b"\n"):
        content += b"\n"
    text = np.frombuffer(content, np.uint8)
    count, rest = divmod(text.size, 2 * pixels)
    lines = text[: text.size - rest].reshape(count, 2 * pixels)
    # Digits are at even offsets, separators at odd ones.
    bits = lines[:, 0::2] - ord("0")
    separators = np.full(pixels, ord(" "), np.uint8)
    separators[-1] = ord("\n")
    bad = (bits > 1).any(axis=1) | (lines[:, 1::2] != separators).any(axis=1)
    if bad.any() or rest:
        line = bad.argmax() if bad.any() else count
        raise DataError(
            f"The file {name} is truncated or malformed in line {line + 1}: every line has to be "
            f"{pixels} digits 0 or 1 with single spaces between them and a line feed at the end; "
            "fetch it again."
        )
    return bits
