"""Input and output of the readers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from labelinfo.data.labels import Match

# Maps bits (N, P) and intensities (M, P) of originals to a Match.
Matcher = Callable[[np.ndarray, np.ndarray], Match]


class InputFile(NamedTuple):
    """A verified file: its name, for messages, and its content."""

    name: str
    content: bytes


@dataclass
class RawData:
    """Images and labels by split, before binarisation and limits.

    Attributes
    ----------
    images
        (N, 784) by split: uint8 bits, or float32 intensities in [0, 1].
    labels, classes
        Class codes (N,) by split and task, and the class names by task.
    matches
        Matches of images and originals by split; empty if the reader matches nothing.
    misfit
        A sentence on why the images cannot come from these originals; empty if they can.
    """

    images: dict[str, np.ndarray]
    labels: dict[str, dict[str, np.ndarray]]
    classes: dict[str, list[str]]
    matches: dict[str, Match] = field(default_factory=dict)
    misfit: str = ""


def reason(error: Exception) -> str:
    """Return the message of a library's exception in one line of at most 200 characters."""
    printable = "".join(letter if letter.isprintable() else " " for letter in str(error))
    text = " ".join(printable.split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:197]}..."
