"""Names of the baselines at the ends of their lines."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from labelinfo.figures import style

# of the height and the width of the axes: the room for a name
_LINE, _CHARACTER = 0.062, 0.0117
_LIFT = 0.012
# how far along the visible part of a falling line its name begins, above it and to the right
_ALONG = 0.78


@dataclass(frozen=True)
class LineEnd:
    """Where the name of a line goes, in data units: left of that point, or else right of it."""

    x: float
    y: float
    text: str
    colour: str
    leftwards: bool


def near_end(x: np.ndarray, y: np.ndarray, axes: Axes) -> tuple[float, float] | None:
    """Return a point near the right end of a line's visible part, None if nothing is visible."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    if max(left, x.min()) > min(right, x.max()):
        return None
    fine = np.linspace(max(left, x.min()), min(right, x.max()), 400)
    values = np.interp(fine, x, y)
    visible = np.flatnonzero((values >= low) & (values <= high))
    if not len(visible):
        return None
    point = visible[round(_ALONG * (len(visible) - 1))]
    return float(fine[point]), float(values[point])


def label_ends(axes: Axes, ends: Sequence[LineEnd]) -> None:
    """Write each name just above its line, in the line's colour.

    Where the next line is too close for that, its name goes above that one, too; names whose places
    would overlap are moved apart, in the order of their lines.
    """
    ends = sorted(ends, key=lambda each: each.y)
    boxes = _places(axes, ends)
    for end, box in zip(ends, boxes, strict=True):
        text = axes.text(
            box.right if end.leftwards else box.left, box.bottom, end.text,
            transform=axes.transAxes, ha="right" if end.leftwards else "left", va="bottom",
            color=end.colour, fontsize=style.LINE_LABEL_FONT_SIZE, zorder=2.9,
        )  # fmt: skip
        text.set_path_effects([withStroke(linewidth=1.8, foreground="white")])


@dataclass
class _Box:
    """The room for a name, in shares of the axes."""

    left: float
    right: float
    bottom: float

    def beside(self, other: "_Box") -> bool:
        return self.left >= other.right or other.left >= self.right


def _places(axes: Axes, ends: Sequence[LineEnd]) -> list[_Box]:
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    boxes = []
    for end in ends:
        width = _CHARACTER * len(end.text)
        at = (end.x - left) / (right - left)
        begin = min(max(at - width if end.leftwards else at, 0.0), 0.995 - width)
        boxes.append(_Box(begin, begin + width, (end.y - low) / (high - low) + _LIFT))
    lines = [box.bottom for box in boxes]
    for place, box in enumerate(boxes):
        near = [other for other in range(len(boxes)) if not box.beside(boxes[other])]
        # above the line above, too, if a name does not fit in between
        for other in near:
            if other > place and lines[other] - _LIFT < box.bottom + _LINE:
                box.bottom = max(box.bottom, lines[other])
        for other in near:
            if other < place:
                box.bottom = max(box.bottom, boxes[other].bottom + _LINE)
    # what went over the top comes down again, and pushes what is below it
    for place in range(len(boxes) - 1, -1, -1):
        box = boxes[place]
        above = [other.bottom for other in boxes[place + 1 :] if not box.beside(other)]
        box.bottom = min([box.bottom, *(bottom - _LINE for bottom in [1.0, *above])])
    return boxes
