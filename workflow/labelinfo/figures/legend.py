"""The legend below the panels: keys of the runs, marks, baselines, and meanings of symbols."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from labelinfo.figures import style

Handle = Line2D | tuple[Line2D, ...]
Entry = tuple[Handle, str]

# inches
_SIDE, _RIGHT = 0.5, 0.1
_TITLE = 0.75  # width of the titles, left of their entries
_LINE = 0.15
_TEXT_LINE = 0.105
_ABOVE, _AFTER_BLOCK, _BELOW = 0.12, 0.1, 0.08
TEXT_CHARACTERS = 135  # maximum in one line of small print across the page


@dataclass(frozen=True)
class View:
    """The visible content of the panels of one data set and task.

    ``points`` are the runs over seeds; ``baselines`` has the labels of the baselines by name.
    """

    points: pd.DataFrame
    baselines: dict[str, str]
    bands: bool = False
    crowded: bool = False


@dataclass(frozen=True)
class Block:
    """Entries to the right of a title, column by column; handles in font sizes."""

    title: str
    entries: list[Entry]
    handle_length: float

    @property
    def columns(self) -> int:
        """The maximum number of columns on the page."""
        room = 72 * (style.WIDTH - _SIDE - _TITLE - _RIGHT)
        counts = range(len(self.entries), 1, -1)
        return next((count for count in counts if self._width(count) <= room), 1)

    @property
    def height(self) -> float:
        """Height in inches, including the space below."""
        return _LINE * -(-len(self.entries) // self.columns) + _AFTER_BLOCK

    def _width(self, columns: int) -> float:
        """Return the width in points; matplotlib distributes the entries in the same way."""
        size = style.RC["legend.fontsize"]
        around = self.handle_length + style.LEGEND_TEXT_PAD + style.LEGEND_COLUMN_SPACING
        texts = [style.text_width(label, size) for _, label in self.entries]
        return sum(max(column) + around * size for column in np.array_split(texts, columns))


@dataclass(frozen=True)
class Legend:
    """Blocks of entries, and lines of text below them."""

    blocks: list[Block]
    text: list[str]

    @property
    def height(self) -> float:
        """The required height in inches."""
        boxes = sum(block.height for block in self.blocks)
        return _ABOVE + boxes + _TEXT_LINE * len(self.text) + _BELOW


def plan_legend(views: Sequence[View], styles: style.RunStyles) -> Legend:
    """Plan a legend of the visible content only."""
    points = pd.concat([view.points for view in views])
    blocks = [
        Block("Runs (d, m)", _run_entries(points, styles), 1.1),
        Block("Baselines", _baseline_entries(views), 2.5),
    ]
    text = _text(points, styles, views)
    return Legend([block for block in blocks if block.entries], text)


def draw_legend(figure: Figure, legend: Legend) -> None:
    """Draw ``legend`` into the lowest ``legend.height`` inches of ``figure``."""
    inches_wide, inches_high = figure.get_size_inches()
    top = legend.height - _ABOVE
    for block in legend.blocks:
        figure.legend(
            handles=[handle for handle, _ in block.entries],
            labels=[label for _, label in block.entries],
            bbox_to_anchor=((_SIDE + _TITLE) / inches_wide, top / inches_high),
            ncols=block.columns, loc="upper left", borderaxespad=0, borderpad=0, frameon=False,
            handlelength=block.handle_length, handletextpad=style.LEGEND_TEXT_PAD,
            columnspacing=style.LEGEND_COLUMN_SPACING, labelspacing=0.6,
        )  # fmt: skip
        figure.text(
            _SIDE / inches_wide, top / inches_high, block.title, va="top", fontweight="bold",
            fontsize=style.RC["legend.fontsize"],
        )  # fmt: skip
        top -= block.height
    text_top = (_BELOW + _TEXT_LINE * len(legend.text)) / inches_high
    figure.text(
        _SIDE / inches_wide, text_top, "\n".join(legend.text), va="top", **style.SMALL_PRINT
    )


def _run_entries(points: pd.DataFrame, styles: style.RunStyles) -> list[Entry]:
    """Return the entries of the kinds of runs, then of their marks."""
    kinds: list[Entry] = [
        (Line2D([], [], **styles.marker(decoder, marginal)), styles.key(decoder, marginal))
        for decoder, marginal in styles.kinds(points)
    ]
    plain = Line2D([], [], **style.ANY_RUN)
    encoders = set(points["encoder"])
    entries: list[Entry] = [
        ((plain, Line2D([], [], **mark)), f"{encoder} encoder")
        for encoder in styles.encoders
        if encoder in encoders and (mark := styles.encoder_mark(encoder)) is not None
    ]
    if (points["violations"].fillna("") != "").any():
        entries.append(((plain, Line2D([], [], **style.VIOLATION_RING)), "breaks an inequality"))
    return kinds + entries


def _baseline_entries(views: Sequence[View]) -> list[Entry]:
    labels: dict[str, dict[str, None]] = {}
    for view in views:
        for name, label in view.baselines.items():
            labels.setdefault(name, {})[label] = None
    known = [name for name in style.BASELINES if name in labels]
    entries: list[Entry] = []
    for name in known + sorted(labels.keys() - set(known)):
        look = style.baseline_style(name)
        handle = Line2D([], [], color=look.colour, linestyle=look.line, linewidth=look.width)
        first, *others = labels[name]
        # the same baseline may have another k in another row
        entries.append((handle, ", ".join([first, *(each.rpartition(" ")[2] for each in others)])))
    return entries


def _text(points: pd.DataFrame, styles: style.RunStyles, views: Sequence[View]) -> list[str]:
    """Explain the symbols, bars and bands, if there are any."""
    keys = spreads = ""
    if len(points):
        keys = (
            f"Decoder d (fill): {_meanings(styles.decoders, points['decoder'])}. "
            f"Marginal m (colour and shape): {_meanings(styles.marginals, points['marginal'])}."
        )
        spreads = (
            "Points of several seeds: mean, bars ±1 standard deviation; others: ±1 standard error. "
            if (points["seeds"] > 1).any()
            else "Bars: ±1 standard error. "
        )
    if any(view.bands for view in views):
        spreads += "Bands: ±1 standard deviation over seeds. "
    if any(view.crowded for view in views):
        spreads += "Faded: another run is better in both quantities."
    return [line for text in (keys, spreads) for line in textwrap.wrap(text, TEXT_CHARACTERS)]


def _meanings(looks: dict[str, Any], drawn: pd.Series) -> str:
    return ", ".join(
        look.symbol if look.symbol == look.meaning else f"{look.symbol} {look.meaning}"
        for name, look in looks.items()
        if name in set(drawn)
    )
