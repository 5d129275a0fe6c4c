"""The gallery of one run: originals, reconstructions, samples."""

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labelinfo.figures import style
from labelinfo.io.pictures import Pictures

_GAP = 2
# inches
_IMAGE = 0.36
_LEFT, _RIGHT, _HEAD, _BETWEEN = 1.25, 0.1, 0.45, 0.1


def draw_gallery(pictures: Pictures | None, title: str) -> Figure:
    """Draw the pictures of one run as rows of small images; None draws only the title.

    One column per test image: the original, its reconstructions, then unrelated samples from the
    marginal.
    """
    with matplotlib.rc_context(style.RC):
        if pictures is None:
            figure = Figure(figsize=(6.0, 0.6))
            figure.text(0.5, 0.5, title, ha="center", va="center")
            return figure
        draws = list(pictures.reconstructions)
        each = ",\none row per draw" if len(draws) > 1 else ""
        blocks = [
            ("originals\n(test images x)", [pictures.originals]),
            (f"reconstructions\nfrom z ~ p(z|x){each}", draws),
            ("samples\nfrom z ~ m(z)", [pictures.samples]),
        ]
        across = _IMAGE * len(pictures.originals)
        width = _LEFT + max(across, 3.0) + _RIGHT
        height = _HEAD + sum(_IMAGE * len(rows) + _BETWEEN for _, rows in blocks)
        figure = Figure(figsize=(width, height))
        figure.text(0.1 / width, 1 - 0.08 / height, title, ha="left", va="top")
        bottom = height - _HEAD
        for name, rows in blocks:
            up = _IMAGE * len(rows)
            bottom -= up
            box = (_LEFT / width, bottom / height, across / width, up / height)
            add_mosaic(figure, box, rows)
            middle = (bottom + up / 2) / height
            figure.text((_LEFT - 0.1) / width, middle, name, ha="right", va="center")
            bottom -= _BETWEEN
        return figure


def add_mosaic(
    figure: Figure, box: tuple[float, float, float, float], rows: list[np.ndarray]
) -> Axes:
    """Draw rows of images into a box of the figure, 1 as black."""
    axes = figure.add_axes(box)
    axes.imshow(mosaic(rows), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    return axes


def mosaic(rows: list[np.ndarray]) -> np.ndarray:
    """Join (N, h, w) rows of images into one picture with white gaps between them."""
    count, height, width = rows[0].shape
    canvas = np.zeros((len(rows), height + _GAP, count, width + _GAP))
    canvas[:, :height, :, :width] = np.swapaxes(rows, 1, 2)
    return canvas.reshape(len(rows) * (height + _GAP), -1)[:-_GAP, :-_GAP]
