"""Figure 3: a bag of balls next to the label information that β-VAEs keep."""

import textwrap
from collections.abc import Sequence
from math import ceil
from string import ascii_lowercase

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from labelinfo.claims.balls import chance_of_all_red
from labelinfo.figures import style
from labelinfo.figures.legend import View, draw_legend, plan_legend
from labelinfo.figures.line_labels import NamedLine, name_lines
from labelinfo.figures.planes import draw_runs, inside, mark_front
from labelinfo.tables.results import Panel, TaskResults, select_all_results

# inches
_LEFT, _RIGHT, _BETWEEN = 0.58, 0.22, 0.72
_HEAD, _PLANE, _FOOT = 0.34, 2.1, 0.48
_COLUMNS = 2
_PRINT_LINE, _PRINT_CHARACTERS = 0.105, 66

_BALLS, _RED = 100, 3
_BAG = f"A bag of {_BALLS} balls, {_RED} of them red"
_PAPER_DRAWS = (70, 10)  # the two numbers of balls in the paper
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_figure3(runs: pd.DataFrame, baselines: pd.DataFrame, panels: Sequence[Panel]) -> Figure:
    """Draw Figure 3: red balls in a random draw, and label information in codes.

    The first plane shows, against the share of 100 balls drawn, the chance to draw all 3 red balls
    and the expected share of the red balls. The other planes show 1 − C / H(Y) of the runs against
    R / H(X), with the lines of random discarding. R and C are upper bounds, so the true points may
    be further left and higher; H(X) is an upper bound, which moves points to the left.

    Raises
    ------
    LabelinfoError
        If a table lacks a column or there is no panel.
    """
    rows = select_all_results(runs, baselines, panels)
    styles = style.choose_run_styles(runs)
    shares = [_shares(row) for row in rows]
    legend = plan_legend(list(map(_view, rows, shares)), styles)
    lines = ceil((1 + len(rows)) / _COLUMNS)
    prints = [
        textwrap.wrap(f"{row.entropy_note} {row.panel.caveat.strip()}".strip(), _PRINT_CHARACTERS)
        for row in rows
    ]
    pitch = _HEAD + _PLANE + _FOOT + _PRINT_LINE * max(map(len, prints))
    height = lines * pitch + legend.height
    width = (style.WIDTH - _LEFT - _RIGHT - (_COLUMNS - 1) * _BETWEEN) / _COLUMNS
    with mpl.rc_context(style.RC):
        figure = Figure(figsize=(style.WIDTH, height))
        for place, row in enumerate([None, *rows]):
            line, column = divmod(place, _COLUMNS)
            left = (_LEFT + column * (width + _BETWEEN)) / style.WIDTH
            bottom = height - line * pitch - _HEAD - _PLANE
            axes = figure.add_axes(
                (left, bottom / height, width / style.WIDTH, _PLANE / height),
                label="balls" if row is None else f"{row.panel.dataset}/{row.panel.task}",
            )
            title = _BAG if row is None else row.panel.title
            axes.set_title(f"({ascii_lowercase[place]}) {title}", loc="left", **style.TITLE_FONT)
            axes.set(xlim=(0, 1), ylim=(0, 1), xticks=_TICKS, yticks=_TICKS, axisbelow=True)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(PercentFormatter(1, decimals=0))
            if row is None:
                _draw_balls(axes)
            else:
                _draw_runs(axes, row, shares[place - 1], styles)
                figure.text(
                    left, (bottom - _FOOT + 0.1) / height, "\n".join(prints[place - 1]), va="top",
                    **style.SMALL_PRINT,
                )  # fmt: skip
        draw_legend(figure, legend)
    return figure


def _shares(data: TaskResults) -> pd.DataFrame:
    """Return the runs with R / H(X) for R and 1 − C / H(Y) for C; none without H(X) or H(Y)."""
    points = mark_front(data.points, "rate")
    if data.data_entropy_nats is None or data.label_entropy_nats is None:
        return points.iloc[:0]
    c, error = (points[f"label_distortion_nats{end}"] for end in ("", "_se"))
    return points.assign(
        rate_nats=points["rate_nats"] / data.data_entropy_nats,
        rate_nats_se=points["rate_nats_se"] / data.data_entropy_nats,
        label_distortion_nats=1 - c / data.label_entropy_nats,
        label_distortion_nats_se=error / data.label_entropy_nats,
    )


def _view(data: TaskResults, kept: pd.DataFrame) -> View:
    labels = {name: style.baseline_style(name).label for name in data.discards}
    shown = inside(kept, "rate", (0, 1), (0, 1))
    return View(shown, labels, crowded=len(shown) > style.CROWDED)


def _draw_line(axes: Axes, name: str, end: float, text: str = "") -> NamedLine:
    """Draw a line of random discarding from (0, 0) to (1, ``end``)."""
    look = style.baseline_style(name)
    axes.plot(
        [0, 1], [0, end], color=look.colour, linestyle=look.line, label=look.label,
        linewidth=look.width, zorder=1.7,
    )  # fmt: skip
    return NamedLine(np.array([0, 1]), np.array([0, end]), text or look.label, look.colour)


def _draw_balls(axes: Axes) -> None:
    expected = _draw_line(axes, "random_discard", 1, "expected share of the red balls")
    drawn = np.arange(_BALLS + 1)
    chances = [chance_of_all_red(int(count), balls=_BALLS, red=_RED) for count in drawn]
    axes.plot(drawn / _BALLS, chances, color=style.RED_BALL, linewidth=1.5, label="all red")
    for count in _PAPER_DRAWS:
        chance = chances[count]
        axes.plot(count / _BALLS, chance, "o", color=style.RED_BALL, markersize=3.5, clip_on=False)
        place, va = ((6, -4), "top") if chance > 0.1 else ((2.5, 9), "bottom")
        axes.annotate(
            f"{count} balls: {100 * chance:.2g} %", (count / _BALLS, chance), xytext=place, va=va,
            textcoords="offset points", fontsize=style.SMALL_PRINT["fontsize"],
        )  # fmt: skip
    chance = NamedLine(drawn / _BALLS, np.array(chances), "chance of all red", style.RED_BALL)
    name_lines(axes, [expected, chance], margin=False)
    axes.set_xlabel("balls drawn at random")
    axes.set_ylabel(f"chance to hold all {_RED} red ones")


def _draw_runs(axes: Axes, data: TaskResults, kept: pd.DataFrame, styles: style.RunStyles) -> None:
    axes.set_xlabel("nats of the image spent, R / H(X)")
    axes.set_ylabel("label kept, 1 − C / H(Y)")
    if data.data_entropy_nats is None or data.label_entropy_nats is None:
        axes.text(0.5, 0.5, "H(X) is not known", ha="center", va="center")
        return
    named = [_draw_line(axes, "random_discard", 1)]
    if data.classifier is not None:
        end = 1 - data.classifier.mean_nats / data.label_entropy_nats
        named.append(_draw_line(axes, "classifier_discard", end))
    draw_runs(axes, kept, styles, "rate")
    outside = len(kept) - len(inside(kept, "rate", (0, 1), (0, 1)))
    if outside:
        note = f"{outside} run{'s' if outside > 1 else ''} outside"
        axes.text(0.98, 0.03, note, ha="right", fontsize=style.SMALL_FONT_SIZE)
    name_lines(axes, named, margin=False)
