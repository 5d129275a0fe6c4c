"""Omniglot in the split of Burda et al. (2015), a MATLAB file.

References
----------
Burda, Grosse and Salakhutdinov (2015), Importance weighted autoencoders;
https://github.com/yburda/iwae/blob/master/datasets.py
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.io

from labelinfo.data.readers import InputFile, Matcher, RawData, reason
from labelinfo.data.readers.images import PIXELS, SIDE, shape_text
from labelinfo.data.readers.label_columns import MAX_CLASSES
from labelinfo.errors import DataError

# Seed of the shuffle and size of the validation split, both of Burda et al.
_SHUFFLE_SEED = 123
_VALID = 1345
_VARIABLES = ("data", "target", "targetchar")


class OmniglotPart(NamedTuple):
    """Training or test part of the file: images (N, 784) and codes (N,).

    Images are float32 intensities in [0, 1], row-major. Alphabets count from 0, characters from 1
    within their alphabet.
    """

    images: np.ndarray
    alphabet: np.ndarray
    character: np.ndarray


def read_omniglot(
    name: str,
    definition: Mapping[str, Any],
    tasks: Sequence[str],
    files: Mapping[str, InputFile],
    match: Matcher,
) -> RawData:
    """Return Omniglot in the published split, with the tasks ``alphabet`` and ``character``.

    It reads ``files["data"]`` (``chardata.mat``) and uses no other argument. Raises DataError if
    the file is not the published split.
    """
    file = files["data"]
    train, test = parse_omniglot(file.content, file.name)
    count = len(train.images)
    if count <= _VALID:
        raise DataError(
            f"{file.name} holds {count} training images, but {_VALID} of them are to be "
            "validation: fetch it again."
        )
    # The published split was drawn with NumPy's legacy generator.
    order = np.random.RandomState(_SHUFFLE_SEED).permutation(count)
    images, alphabet, numbers = (np.concatenate(both) for both in zip(train, test, strict=True))
    # Rows of each split in the concatenation of training and test images
    rows = {
        "train": order[:-_VALID],
        "valid": order[-_VALID:],
        "test": np.arange(count, len(images)),
    }
    pairs, character = np.unique(np.stack([alphabet, numbers], axis=1), axis=0, return_inverse=True)
    codes = {"alphabet": alphabet, "character": character.reshape(-1).astype(np.int64)}
    return RawData(
        {split: images[part] for split, part in rows.items()},
        {split: {task: of[part] for task, of in codes.items()} for split, part in rows.items()},
        {
            "alphabet": [str(code) for code in range(int(alphabet.max()) + 1)],
            "character": [f"{code}/{number}" for code, number in pairs],
        },
    )


def parse_omniglot(content: bytes, name: str) -> tuple[OmniglotPart, OmniglotPart]:
    """Return the training and test parts of ``chardata.mat``.

    The file's columns are column-major images; the returned images are row-major. Raises DataError
    if the file is not a MATLAB file, or a variable is missing or out of range.
    """
    wanted = [prefix + variable for prefix in ("", "test") for variable in _VARIABLES]
    try:
        loaded = scipy.io.loadmat(io.BytesIO(content), variable_names=wanted)
    except Exception as error:  # SciPy raises many kinds on a damaged file
        raise DataError(
            f"The MATLAB file {name} cannot be read ({reason(error)}): fetch it again."
        ) from error
    for variable in wanted:
        if variable not in loaded:
            raise _fault(variable, name, "is missing")
        if loaded[variable].dtype.kind not in "buif":
            raise _fault(variable, name, "does not hold real numbers")
    alphabets = len(loaded["target"])
    return _part(loaded, "", alphabets, name), _part(loaded, "test", alphabets, name)


def _fault(variable: str, name: str, fault: str) -> DataError:
    return DataError(f"The variable '{variable}' of the file {name} {fault}: fetch it again.")


def _part(loaded: Mapping[str, np.ndarray], prefix: str, alphabets: int, name: str) -> OmniglotPart:
    data, target, character = (loaded[prefix + variable] for variable in _VARIABLES)
    count = data.shape[-1]
    shapes = ((PIXELS, count), (alphabets, count), (1, count))
    for variable, shape in zip(_VARIABLES, shapes, strict=True):
        found = loaded[prefix + variable].shape
        if found != shape or count == 0:
            both = f"{shape_text(found)} where {shape_text(shape)} is expected"
            fault = f"has the shape {both}, with at least one image"
            raise _fault(prefix + variable, name, fault)
    # Each check is false for NaN. The upper bound keeps the conversion to int64 exact.
    one_hot = np.all((target == 0) | (target == 1)) and np.all((target == 1).sum(axis=0) == 1)
    whole = (character >= 1) & (character <= MAX_CLASSES) & (character == np.floor(character))
    checks = [
        ("data", np.all((data >= 0) & (data <= 1)), "has values outside [0, 1]"),
        ("target", one_hot, "has columns that are not one-hot (a single 1)"),
        ("targetchar", np.all(whole), "has values that are not positive integers"),
    ]
    for variable, fits, fault in checks:
        if not fits:
            raise _fault(prefix + variable, name, fault)
    columnwise = data.T.astype(np.float32).reshape(-1, SIDE, SIDE)
    images = np.ascontiguousarray(columnwise.transpose(0, 2, 1)).reshape(-1, PIXELS)
    alphabet = np.argmax(target, axis=0).astype(np.int64)
    return OmniglotPart(images, alphabet, character[0].astype(np.int64))
