"""Rows of two panels with a shared legend: what Figures 1 and 2 have in common."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labelinfo.figures import style
from labelinfo.figures.legend import draw_legend, plan_legend
from labelinfo.figures.planes import Against, Span, draw_plane
from labelinfo.tables.panels import Panel, PanelData, select_panels

# inches
_WIDTH = 10.0
_LEFT, _RIGHT, _BETWEEN = 0.62, 0.62, 0.3
_HEAD = 0.62  # title, bits axis and its label
_PLANE = 2.3
_FOOT = 0.43  # nats axis and its label
_PRINT_LINE = 0.13  # one line of small print; with one line, a row is 3.6 inches high
_AFTER = 0.12
_PRINT_CHARACTERS = 175


@dataclass(frozen=True)
class Limits:
    """The limits of a row's axes, in nats."""

    rate: Span
    distortion: Span
    label_distortion: Span


def draw_rows(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    panels: Sequence[Panel],
    choose_limits: Callable[[PanelData], Limits],
    describe: Callable[[PanelData, Limits], str],
) -> Figure:
    """Draw one row per panel: C against R on the left, C against D on the right.

    Parameters
    ----------
    runs, baselines
        The tables of results.
    panels
        The rows, from top to bottom.
    choose_limits
        Gives the limits of a row's axes.
    describe
        Gives what the figure has to say of a row in small print, or an empty string; the number of
        runs without a result and the panel's caveat are added here.

    Raises
    ------
    LabelinfoError
        If a table lacks a column or there is no panel.
    """
    rows = select_panels(runs, baselines, panels)
    styles = style.choose_run_styles(runs)
    limits = [choose_limits(row) for row in rows]
    prints = [
        _small_print(row, describe(row, limit)) for row, limit in zip(rows, limits, strict=True)
    ]
    heights = [
        _HEAD + _PLANE + _FOOT + _PRINT_LINE * max(1, len(lines)) + _AFTER for lines in prints
    ]
    legend = plan_legend(rows, styles, _WIDTH)
    with mpl.rc_context(style.RC):
        figure = Figure(figsize=(_WIDTH, sum(heights) + legend.height))
        top = sum(heights) + legend.height
        for row, limit, lines, height in zip(rows, limits, prints, heights, strict=True):
            _draw_row(figure, row, limit, styles, lines, top)
            top -= height
        draw_legend(figure, legend)
    return figure


def _draw_row(
    figure: Figure,
    row: PanelData,
    limits: Limits,
    styles: style.RunStyles,
    lines: Sequence[str],
    top: float,
) -> None:
    height = figure.get_figheight()
    width = (_WIDTH - _LEFT - _RIGHT - _BETWEEN) / 2
    bottom = top - _HEAD - _PLANE
    sides: tuple[Against, Against] = ("rate", "distortion")
    for column, against in enumerate(sides):
        left = _LEFT + column * (width + _BETWEEN)
        axes = figure.add_axes(
            (left / _WIDTH, bottom / height, width / _WIDTH, _PLANE / height),
            label=f"{row.panel.dataset}/{row.panel.task}/{against}",
        )
        draw_plane(
            axes,
            row,
            styles,
            against=against,
            x_nats=getattr(limits, against),
            c_nats=limits.label_distortion,
        )
        _hide_inner(axes, leftmost=column == 0)
    figure.text(
        _LEFT / _WIDTH, (top - 0.06) / height, row.panel.title, va="top", **style.TITLE_FONT
    )
    figure.text(
        _LEFT / _WIDTH,
        (bottom - _FOOT) / height,
        "\n".join(lines),
        va="top",
        **style.SMALL_PRINT,
    )


def _hide_inner(axes: Axes, *, leftmost: bool) -> None:
    """Keep nats at the row's left end and bits at its right end: both panels share the C axis."""
    if leftmost:
        bits = next(child for child in axes.child_axes if child.get_ylabel())
        bits.set_ylabel("")
        bits.tick_params(labelright=False)
    else:
        axes.set_ylabel("")
        axes.tick_params(labelleft=False)


def _small_print(row: PanelData, description: str) -> list[str]:
    absent = row.n_runs - len(row.runs)
    sentences = [
        f"{absent} of {row.n_runs} runs missing or diverged." if absent else "",
        "No runs in the tables." if row.n_runs == 0 else "",
        description,
        row.panel.caveat.strip(),
    ]
    return textwrap.wrap(" ".join(filter(None, sentences)), _PRINT_CHARACTERS)
