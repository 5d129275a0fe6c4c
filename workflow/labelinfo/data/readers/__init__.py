"""Readers of images and labels from a data set's verified files, one module per format.

Each reader takes the data set's name (the root of its seeds), its section of the configuration, the
tasks to probe, its files by role, and a function that matches binary images with their originals.
"""

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

    ``images`` (N, 784) by split are uint8 bits, or float32 intensities in [0, 1]. ``labels`` are
    class codes (N,) by split and task, and ``classes`` the class names by task. ``matches`` are
    those of images and originals by split, if the reader matches any. ``misfit`` is a sentence on
    why the images cannot come from these originals, if so.
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
