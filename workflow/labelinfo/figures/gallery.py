"""The gallery of one run: originals, reconstructions, samples."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from labelinfo.figures import style
from labelinfo.io.pictures import Pictures

_GAP = 2
_INCHES_PER_IMAGE = 0.42


def draw_gallery(pictures: Pictures | None, title: str) -> Figure:
    """Draw the pictures of one run as rows of small images; None draws the title alone.

    Returns
    -------
    Figure
        One column per test image: the original on top, its reconstructions below, then unrelated
        samples from the marginal.
    """
    with matplotlib.rc_context(style.RC):
        if pictures is None:
            figure = Figure(figsize=(6.0, 0.6))
            figure.text(0.5, 0.5, title, ha="center", va="center")
            return figure
        blocks = [("original", [pictures.originals])]
        blocks.append(("reconstructions", list(pictures.reconstructions)))
        blocks.append(("samples", [pictures.samples]))
        lines = sum(len(rows) for _, rows in blocks)
        width = max(4.5, 1.3 + _INCHES_PER_IMAGE * len(pictures.originals))
        height = 0.55 + _INCHES_PER_IMAGE * (lines + 0.3 * len(blocks))
        figure = Figure(figsize=(width, height))
        figure.text(0.02, 1 - 0.08 / height, title, ha="left", va="top")
        grid = figure.add_gridspec(
            len(blocks),
            1,
            height_ratios=[len(rows) for _, rows in blocks],
            left=1.15 / width,
            right=0.99,
            top=1 - 0.42 / height,
            bottom=0.05 / height,
            hspace=0.12,
        )
        for row, (name, rows) in enumerate(blocks):
            axes = figure.add_subplot(grid[row])
            axes.imshow(mosaic(rows), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            axes.set_anchor("W")
            axes.set_ylabel(name, rotation=0, ha="right", va="center")
            axes.set_xticks([])
            axes.set_yticks([])
            for spine in axes.spines.values():
                spine.set_visible(False)
        return figure


def mosaic(rows: list[np.ndarray]) -> np.ndarray:
    """Join (N, h, w) rows of images into one picture with white gaps between them."""
    count, height, width = rows[0].shape
    canvas = np.zeros((len(rows) * (height + _GAP) - _GAP, count * (width + _GAP) - _GAP))
    for line, images in enumerate(rows):
        for column, image in enumerate(images):
            top, left = line * (height + _GAP), column * (width + _GAP)
            canvas[top : top + height, left : left + width] = image
    return canvas
