"""Omniglot in the split of Burda et al. (2015), a MATLAB file.

References
----------
Burda, Grosse and Salakhutdinov (2015), Importance weighted autoencoders;
https://github.com/yburda/iwae/blob/master/datasets.py
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.io

from labelinfo.data.readers.images import PIXELS, SIDE, shape_text
from labelinfo.data.readers.label_columns import MAX_CLASSES
from labelinfo.data.readers.raw import InputFile, Matcher, RawData, reason
from labelinfo.errors import DataError

# Seed of the shuffle and size of the validation split, both of Burda et al.
_SHUFFLE_SEED = 123
_VALID = 1345
_VARIABLES = ("data", "target", "targetchar")


@dataclass(frozen=True)
class OmniglotPart:
    """Training or test part of the file, N images.

    Attributes
    ----------
    images
        (N, 784) float32 intensities in [0, 1], each 28×28 image row-major.
    alphabet
        (N,) int64 codes from 0.
    character
        (N,) int64 numbers from 1 within the alphabet; alphabet and number identify a character.
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

    It reads ``files["data"]`` (``chardata.mat``) and uses no other argument.

    Raises
    ------
    DataError
        If the file is not the published split.
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
    # Rows of each split in the concatenation of training and test images
    rows = {
        "train": order[:-_VALID],
        "valid": order[-_VALID:],
        "test": np.arange(count, count + len(test.images)),
    }
    images = np.concatenate([train.images, test.images])
    alphabet = np.concatenate([train.alphabet, test.alphabet])
    numbers = np.concatenate([train.character, test.character])
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

    The file's columns are column-major images; the returned images are row-major.

    Raises
    ------
    DataError
        If the file is not a MATLAB file, or a variable is missing or out of range.
    """
    wanted = [prefix + variable for prefix in ("", "test") for variable in _VARIABLES]
    try:
        loaded = scipy.io.loadmat(io.BytesIO(content), variable_names=wanted)
    except Exception as error:  # SciPy raises many kinds on a damaged file
        raise DataError(
            f"The MATLAB file {name} cannot be read ({reason(error)}): fetch it again."
        ) from error
    for variable in wanted:
        fault = "" if variable in loaded else "is missing"
        if not fault and loaded[variable].dtype.kind not in "buif":
            fault = "does not hold real numbers"
        if fault:
            raise DataError(
                f"The variable '{variable}' of the file {name} {fault}: fetch it again."
            )
    alphabets = len(loaded["target"])
    return _part(loaded, "", alphabets, name), _part(loaded, "test", alphabets, name)


def _part(loaded: Mapping[str, np.ndarray], prefix: str, alphabets: int, name: str) -> OmniglotPart:
    data, target, character = (loaded[prefix + variable] for variable in _VARIABLES)
    count = data.shape[-1]
    shapes = ((PIXELS, count), (alphabets, count), (1, count))
    for variable, shape in zip(_VARIABLES, shapes, strict=True):
        found = loaded[prefix + variable].shape
        if found != shape or count == 0:
            raise DataError(
                f"The variable '{prefix}{variable}' of the file {name} has the shape "
                f"{shape_text(found)} where {shape_text(shape)} is expected, with at least one "
                "image: fetch it again."
            )
    # Each check is false for NaN. The upper bound keeps the conversion to int64 exact.
    one_hot = np.all((target == 0) | (target == 1)) and np.all((target == 1).sum(axis=0) == 1)
    whole = (character >= 1) & (character <= MAX_CLASSES) & (character == np.floor(character))
    checks = [
        ("data", np.all((data >= 0) & (data <= 1)), "values outside [0, 1]"),
        ("target", one_hot, "columns that are not one-hot (a single 1)"),
        ("targetchar", np.all(whole), "values that are not positive integers"),
    ]
    for variable, fits, fault in checks:
        if not fits:
            raise DataError(
                f"The variable '{prefix}{variable}' of the file {name} has {fault}: fetch it again."
            )
    columnwise = data.T.astype(np.float32).reshape(-1, SIDE, SIDE)
    images = np.ascontiguousarray(columnwise.transpose(0, 2, 1)).reshape(-1, PIXELS)
    return OmniglotPart(
        images, np.argmax(target, axis=0).astype(np.int64), character[0].astype(np.int64)
    )
