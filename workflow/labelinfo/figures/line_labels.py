"""Names of the baselines, placed right of the axes or in empty space."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib.axes import Axes

from labelinfo.figures import style

# points
_LINE = 1.25 * style.SMALL_FONT_SIZE
_FROM_AXES, _FROM_LINE, _CLEAR = 11.0, 3.0, 1.8
_STEP = 1.5  # between the sampled places of a drawn line

_CHARACTERS = 15  # maximum in one line of a name right of the axes
_SHARES = (0.75, 0.65, 0.85, 0.55, 0.45, 0.35, 0.25, 0.15, 0.95, 0.05)  # along a line
_SIDES = (("left", "bottom"), ("right", "top"), ("left", "top"), ("right", "bottom"))


@dataclass(frozen=True)
class NamedLine:
    """A line in data units, and its name."""

    x: np.ndarray
    y: np.ndarray
    text: str
    colour: str


def visible_part(
    x: np.ndarray, y: np.ndarray, across: tuple[float, float], up: tuple[float, float]
) -> np.ndarray:
    """Return places along the part of a line within the limits of both axes, (N, 2)."""
    (left, right), (low, high) = across, up
    fine = np.linspace(max(left, x.min()), min(right, x.max()), 400)
    values = np.interp(fine, x, y)
    seen = (values >= low) & (values <= high) & (fine >= x.min())
    return np.column_stack([fine, values])[seen]


def name_lines(axes: Axes, lines: Sequence[NamedLine], *, margin: bool = True) -> None:
    """Write the names of lines, each in its line's colour, avoiding the content of ``axes``.

    The name of a line that reaches the right end of the axes is outside, if there is a ``margin``.
    Other names are near their line in empty space; without such a place, only the legend has them.
    """
    outside, taken = [], np.vstack([np.empty((0, 2)), *_drawn_places(axes)])
    for line in lines:
        seen = visible_part(line.x, line.y, axes.get_xlim(), axes.get_ylim())
        if not len(seen):
            continue
        if margin and seen[-1, 0] >= axes.get_xlim()[1]:
            outside.append((seen[-1, 1], line))
        else:
            taken = _name_inside(axes, line, seen, taken)
    _name_outside(axes, sorted(outside, key=lambda each: each[0]))


def _name_outside(axes: Axes, lines: Sequence[tuple[float, NamedLine]]) -> None:
    """Write names right of the axes, without overlaps, with a stroke to each line's end."""
    texts = ["\n".join(textwrap.wrap(line.text, _CHARACTERS)) for _, line in lines]
    heights = [_LINE * (1 + text.count("\n")) + _CLEAR for text in texts]
    ends = [_in_points(axes, [axes.get_xlim()[1], height])[1] for height, _ in lines]
    bottom, top = (_in_points(axes, [0, limit])[1] for limit in axes.get_ylim())
    places = _spread(ends, heights, top)
    for (_, line), text, end, place in zip(lines, texts, ends, places, strict=True):
        axes.annotate(
            text, (1, (end - bottom) / (top - bottom)), xycoords="axes fraction",
            xytext=(_FROM_AXES, place - end), textcoords="offset points",
            ha="left", va="center", color=line.colour, fontsize=style.SMALL_FONT_SIZE,
            linespacing=1.05, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": line.colour, "linewidth": 0.6,
                        "shrinkA": 0, "shrinkB": 3, "relpos": (0, 0.5)},
        )  # fmt: skip


def _spread(centres: Sequence[float], heights: Sequence[float], top: float) -> list[float]:
    """Return the sorted centres, moved up until none overlap, then down until all are below top."""
    places = list(centres)
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + (heights[i - 1] + heights[i]) / 2)
    for i in reversed(range(len(places))):
        places[i] = min(places[i], top - heights[i] / 2)
        top = places[i] - heights[i] / 2
    return places


def _name_inside(axes: Axes, line: NamedLine, seen: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Write a name that avoids ``taken``; return ``taken`` with the places of the name."""
    size = np.array([style.text_width(line.text, style.SMALL_FONT_SIZE), _LINE])
    corners = zip(axes.get_xlim(), axes.get_ylim(), strict=True)
    low, high = (_in_points(axes, corner) for corner in corners)
    for share, (across, up) in product(_SHARES, _SIDES):
        at = _in_points(axes, seen[round(share * (len(seen) - 1))])
        signs = np.array([1 if across == "left" else -1, 1 if up == "bottom" else -1])
        box = np.array([at + _FROM_LINE * signs, at + (_FROM_LINE + size) * signs])
        first, last = box.min(axis=0) - _CLEAR, box.max(axis=0) + _CLEAR
        if (first < low).any() or (last > high).any():
            continue
        if ((taken > first) & (taken < last)).all(axis=1).any():
            continue
        axes.annotate(
            line.text, seen[round(share * (len(seen) - 1))], xytext=_FROM_LINE * signs,
            textcoords="offset points", ha=across, va=up, color=line.colour,
            fontsize=style.SMALL_FONT_SIZE,
        )  # fmt: skip
        grid = np.meshgrid(*(np.arange(a, b, _STEP) for a, b in zip(first, last, strict=True)))
        return np.vstack([taken, np.column_stack([each.ravel() for each in grid])])
    return taken


def _drawn_places(axes: Axes) -> Iterator[np.ndarray]:
    """Yield places of all markers, lines and bars on ``axes``, in points, (N, 2)."""
    scale = 72 / axes.get_figure().dpi
    for line in axes.lines:
        places = scale * line.get_transform().transform(line.get_xydata())
        if line.get_linestyle() == "None":
            reach = line.get_markersize() / 2
            steps = np.array(list(product((-reach, 0, reach), repeat=2)))
            yield (places[:, None] + steps).reshape(-1, 2)
        else:
            yield _along(places)
    for bars in axes.collections:
        for segment in bars.get_segments():
            yield _along(scale * axes.transData.transform(segment))


def _along(places: np.ndarray) -> np.ndarray:
    """Return places at small distances along a line through ``places``."""
    lengths = np.append(0, np.hypot(*np.diff(places, axis=0).T).cumsum())
    fine = np.arange(0, lengths[-1], _STEP)
    return np.column_stack([np.interp(fine, lengths, side) for side in places.T])


def _in_points(axes: Axes, place: Sequence[float]) -> np.ndarray:
    return axes.transData.transform(place) * 72 / axes.get_figure().dpi
