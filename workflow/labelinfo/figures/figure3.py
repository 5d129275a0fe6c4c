"""Figure 3: the question itself, a bag of balls beside what the β-VAEs kept."""

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from labelinfo.claims.balls import chance_of_all_red
from labelinfo.figures import style
from labelinfo.figures.legend import draw_legend, plan_legend
from labelinfo.figures.planes import draw_runs, inside
from labelinfo.figures.seeds import over_seeds
from labelinfo.tables.panels import Panel, PanelData, select_panels

# inches
_WIDTH = 10.0
_LEFT, _RIGHT, _BETWEEN = 0.78, 0.3, 0.85
_HEAD, _PLANE, _FOOT = 0.42, 2.9, 0.62
_COLUMNS = 2
_PRINT_LINE, _PRINT_CHARACTERS = 0.13, 85

_BALLS, _RED = 100, 3
_TOLD = (70, 10)  # the paper's two draws
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_figure3(runs: pd.DataFrame, baselines: pd.DataFrame, panels: Sequence[Panel]) -> Figure:
    """Draw Figure 3: what chance keeps of the red balls, and what codes keep of the label.

    The first plane shows, by the share of 100 balls that are drawn, the chance that all 3 red ones
    are among them, and the share of the red ones to be expected. The others show, by the share R /
    H(X) of the image's nats that a run spends, the share 1 − C / H(Y) of the label that it keeps;
    chance is the same diagonal. As R is an upper bound on what the code knows of the image, and
    H(Y) − C a lower one on what it knows of the label, points lie too far right and too low, if
    anything.

    Parameters
    ----------
    runs, baselines
        The tables of results.
    panels
        The data sets and tasks.

    Raises
    ------
    LabelinfoError
        If a table lacks a column or there is no panel.
    """
    selected = select_panels(runs, baselines, panels)
    rows = [replace(row, curves={}, levels={}) for row in selected]
    styles = style.choose_run_styles(runs)
    legend = plan_legend(rows, styles, _WIDTH)
    lines = ceil((1 + len(rows)) / _COLUMNS)
    prints = [textwrap.wrap(row.panel.caveat.strip(), _PRINT_CHARACTERS) for row in rows]
    foot = _FOOT + _PRINT_LINE * max(map(len, prints))
    height = lines * (_HEAD + _PLANE + foot) + legend.height
    width = (_WIDTH - _LEFT - _RIGHT - (_COLUMNS - 1) * _BETWEEN) / _COLUMNS
    with mpl.rc_context(style.RC):
        figure = Figure(figsize=(_WIDTH, height))
        for place, row in enumerate([None, *rows]):
            line, column = divmod(place, _COLUMNS)
            left = _LEFT + column * (width + _BETWEEN)
            bottom = height - (line + 1) * (_HEAD + _PLANE + foot) + foot
            axes = figure.add_axes(
                (left / _WIDTH, bottom / height, width / _WIDTH, _PLANE / height),
                label="balls" if row is None else f"{row.panel.dataset}/{row.panel.task}",
            )
            _frame(axes)
            if row is None:
                _draw_balls(axes)
            else:
                _draw_runs(axes, row, styles)
                figure.text(
                    left / _WIDTH, (bottom - _FOOT + 0.12) / height,
                    "\n".join(prints[place - 1]), va="top", **style.SMALL_PRINT,
                )  # fmt: skip
        draw_legend(figure, legend)
    return figure


def _frame(axes: Axes) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xticks(_TICKS)
    axes.set_yticks(_TICKS)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_axisbelow(True)
    chance = style.baseline_style("random_discard")
    axes.plot(
        [0, 1], [0, 1], color=chance.colour, linestyle=chance.line, label=chance.label,
        linewidth=style.BASELINE_LINE_WIDTH, zorder=1.7,
    )  # fmt: skip


def _draw_balls(axes: Axes) -> None:
    drawn = np.arange(_BALLS + 1)
    chances = [chance_of_all_red(int(count), balls=_BALLS, red=_RED) for count in drawn]
    axes.plot(drawn / _BALLS, chances, color=style.RED_BALL, linewidth=1.8, label="all red")
    for count in _TOLD:
        chance = chance_of_all_red(count, balls=_BALLS, red=_RED)
        axes.plot(count / _BALLS, chance, "o", color=style.RED_BALL, markersize=5, clip_on=False)
        axes.annotate(
            f"{count} balls: {100 * chance:.2g} %",
            (count / _BALLS, chance),
            xytext=(8, -6) if chance > 0.1 else (6, 12),
            textcoords="offset points",
            va="top" if chance > 0.1 else "bottom",
            fontsize=style.NOTE_FONT_SIZE,
        )
    axes.text(
        0.56, 0.6, "share of the red balls\nto be expected", fontsize=style.NOTE_FONT_SIZE,
        ha="right", va="bottom",
    )  # fmt: skip
    axes.set_title(f"A bag of {_BALLS} balls, {_RED} of them red", loc="left", **style.TITLE_FONT)
    axes.set_xlabel("balls drawn at random")
    axes.set_ylabel(f"chance to hold all {_RED} red ones")


def _draw_runs(axes: Axes, data: PanelData, styles: style.RunStyles) -> None:
    axes.set_title(data.panel.title, loc="left", **style.TITLE_FONT)
    axes.set_xlabel("nats of the image spent, R / H(X)")
    axes.set_ylabel("label kept, 1 − C / H(Y)")
    if data.data_entropy_nats is None or data.label_entropy_nats is None:
        axes.text(0.5, 0.5, "H(X) is not known", ha="center", va="center")
        return
    kept = as_shares(over_seeds(data.runs), data.data_entropy_nats, data.label_entropy_nats)
    draw_runs(axes, inside(kept, "rate", (0, 1), (0, 1)), styles, "rate")
    outside = len(kept) - len(inside(kept, "rate", (0, 1), (0, 1)))
    if outside:
        note = f"{outside} run{'s' if outside > 1 else ''} outside"
        axes.text(0.98, 0.03, note, ha="right", fontsize=style.NOTE_FONT_SIZE)


def as_shares(
    runs: pd.DataFrame, data_entropy_nats: float, label_entropy_nats: float
) -> pd.DataFrame:
    """Return runs with R / H(X) in place of R and 1 − C / H(Y) in place of C, errors likewise."""
    table = runs.copy()
    for name in ("rate_nats", "rate_nats_se"):
        table[name] = runs[name] / data_entropy_nats
    table["label_distortion_nats_se"] = runs["label_distortion_nats_se"] / label_entropy_nats
    table["label_distortion_nats"] = 1 - runs["label_distortion_nats"] / label_entropy_nats
    return table
