"""Input and output of the readers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from labelinfo.data.labels import Match

# Finds the original of each binary image: (N, P) bits and (M, P) intensities to a Match.
Matcher = Callable[[np.ndarray, np.ndarray], Match]


class InputFile(NamedTuple):
    """A file whose size and digest have been checked: its name for messages, and its content."""

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
        Codes (N,) by split and task, and the class names that they number, by task.
    matches
        The originals of the images by split; empty if the reader matches nothing.
    misfit
        Why the images cannot be drawn from these originals, a sentence; empty if they can.
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
