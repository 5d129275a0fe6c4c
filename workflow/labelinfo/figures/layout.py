"""Rows of two panels with a shared legend, the layout of Figures 1 and 2."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from string import ascii_lowercase

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labelinfo.figures import style
from labelinfo.figures.legend import TEXT_CHARACTERS, View, draw_legend, plan_legend
from labelinfo.figures.line_labels import visible_part
from labelinfo.figures.planes import (
    Against,
    Limits,
    baseline_label,
    draw_plane,
    inside,
    lines_against,
)
from labelinfo.figures.seeds import over_seeds
from labelinfo.tables.results import Panel, TaskResults, select_all_results

# inches
_LEFT, _RIGHT = 0.5, 0.5
_BETWEEN = 0.95  # with the names of the baselines
_HEAD = 0.55  # title, bits axis and its label
_PLANE = 1.8
_FOOT = 0.42  # nats axis and its label
_PRINT_LINE = 0.105  # one line of small print
_AFTER = 0.12
_SIDES: tuple[Against, Against] = ("rate", "distortion")


def draw_rows(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    panels: Sequence[Panel],
    choose_limits: Callable[[TaskResults], Limits],
    describe: Callable[[TaskResults, Limits], str],
) -> Figure:
    """Draw one row per panel: C against R on the left, C against D on the right.

    Parameters
    ----------
    choose_limits
        Returns the limits of a row's axes.
    describe
        Returns small print of a row, or an empty string. This function adds the number of runs
        without a result, H(X) and the panel's caveat.

    Raises
    ------
    LabelinfoError
        If a table lacks a column or there is no panel.
    """
    rows = select_all_results(runs, baselines, panels)
    styles = style.choose_run_styles(runs)
    limits = [choose_limits(row) for row in rows]
    prints = [
        _small_print(row, describe(row, limit)) for row, limit in zip(rows, limits, strict=True)
    ]
    heights = [
        _HEAD + _PLANE + _FOOT + _PRINT_LINE * max(1, len(lines)) + _AFTER for lines in prints
    ]
    views = [_view(row, limit) for row, limit in zip(rows, limits, strict=True)]
    legend = plan_legend(views, styles)
    letters = iter(ascii_lowercase)
    with mpl.rc_context(style.RC):
        top = sum(heights) + legend.height
        figure = Figure(figsize=(style.WIDTH, top))
        for row, limit, lines, height in zip(rows, limits, prints, heights, strict=True):
            _write_texts(figure, row.panel.title, lines, top)
            for axes, against in _add_axes(figure, row, top):
                draw_plane(axes, row, over_seeds(row.runs), styles, against=against, limits=limit)
                _hide_inner(axes, leftmost=against == "rate")
                axes.annotate(
                    f"({next(letters)})", (0, 1), xycoords="axes fraction", xytext=(0, 16),
                    textcoords="offset points", **style.PANEL_FONT,
                )  # fmt: skip
            top -= height
        draw_legend(figure, legend)
    return figure


def _view(row: TaskResults, limits: Limits) -> View:
    """Return the content within the limits of either panel."""
    points = over_seeds(row.runs)
    seen, names, crowded = pd.Series(False, index=points.index), set(), False
    low, high = limits.label_distortion
    for against in _SIDES:
        x_limits = getattr(limits, against)
        shown = inside(points, against, x_limits, (low, high))
        seen |= points.index.isin(shown.index)
        crowded |= len(shown) > style.CROWDED
        for name, (x, c) in lines_against(row, against).items():
            if len(visible_part(x, c, x_limits, (low, high))):
                names.add(name)
    levels = {name: level for name, level in row.levels.items() if low <= level.mean_nats <= high}
    labels = {name: baseline_label(name, row) for name in [*names, *levels]}
    bands = any(level.deviation_nats > 0 for level in levels.values())
    return View(points[seen], labels, bands, crowded)


def _add_axes(figure: Figure, row: TaskResults, top: float) -> Iterator[tuple[Axes, Against]]:
    """Add the two panels of a row."""
    height = figure.get_figheight()
    width = (style.WIDTH - _LEFT - _RIGHT - _BETWEEN) / 2
    bottom = top - _HEAD - _PLANE
    for column, against in enumerate(_SIDES):
        left = _LEFT + column * (width + _BETWEEN)
        axes = figure.add_axes(
            (left / style.WIDTH, bottom / height, width / style.WIDTH, _PLANE / height),
            label=f"{row.panel.dataset}/{row.panel.task}/{against}",
        )
        yield axes, against


def _write_texts(figure: Figure, title: str, lines: Sequence[str], top: float) -> None:
    height = figure.get_figheight()
    places = (top - 0.05, top - _HEAD - _PLANE - _FOOT)
    texts = ((title, style.TITLE_FONT), ("\n".join(lines), style.SMALL_PRINT))
    for place, (text, font) in zip(places, texts, strict=True):
        figure.text(_LEFT / style.WIDTH, place / height, text, va="top", **font)


def _hide_inner(axes: Axes, *, leftmost: bool) -> None:
    """Label nats only at the row's left end and bits at its right end; panels share the C axis."""
    if leftmost:
        bits = next(child for child in axes.child_axes if child.get_ylabel())
        bits.set_ylabel("")
        bits.tick_params(labelright=False, right=False)
    else:
        axes.set_ylabel("")
        axes.tick_params(labelleft=False, left=False)


def _small_print(row: TaskResults, description: str) -> list[str]:
    absent = row.n_runs - len(row.runs)
    sentences = [
        f"{absent} of {row.n_runs} runs missing or diverged." if absent else "",
        "No runs in the tables." if row.n_runs == 0 else "",
        description,
        row.entropy_note,
        row.panel.caveat.strip(),
    ]
    return textwrap.wrap(" ".join(filter(None, sentences)), TEXT_CHARACTERS)
