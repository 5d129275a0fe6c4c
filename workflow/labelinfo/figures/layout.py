"""Rows of two panels with a shared legend, the layout of Figures 1 and 2."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from string import ascii_lowercase

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labelinfo.figures import planes, style
from labelinfo.figures.legend import TEXT_CHARACTERS, View, draw_legend, plan_legend
from labelinfo.figures.line_labels import visible_part
from labelinfo.figures.planes import Against, Limits, inside
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

    ``describe`` returns further small print of a row, or an empty string.

    Raises
    ------
    LabelinfoError
        If a table lacks a column or there is no panel.
    """
    rows = select_all_results(runs, baselines, panels)
    styles = style.choose_run_styles(runs)
    limits = [choose_limits(row) for row in rows]
    prints = list(map(_small_print, rows, map(describe, rows, limits)))
    heights = [
        _HEAD + _PLANE + _FOOT + _PRINT_LINE * max(1, len(lines)) + _AFTER for lines in prints
    ]
    legend = plan_legend(list(map(_view, rows, limits)), styles)
    letters = iter(ascii_lowercase)
    with mpl.rc_context(style.RC):
        top = sum(heights) + legend.height
        figure = Figure(figsize=(style.WIDTH, top))
        for row, limit, lines, height in zip(rows, limits, prints, heights, strict=True):
            _write_texts(figure, row.panel.title, lines, top)
            for axes, against in _add_axes(figure, row, top):
                planes.draw_plane(axes, row, styles, against=against, limits=limit)
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
    points, c_limits = row.points, limits.label_distortion
    sides = {against: (getattr(limits, against), c_limits) for against in _SIDES}
    shown = [inside(points, against, *within).index for against, within in sides.items()]
    names = {
        name
        for against, within in sides.items()
        for name, (x, c) in planes.lines_against(row, against).items()
        if len(visible_part(x, c, *within))
    }
    low, high = c_limits
    levels = {name: level for name, level in row.levels.items() if low <= level.mean_nats <= high}
    labels = {name: planes.baseline_label(name, row) for name in [*names, *levels]}
    bands = any(level.deviation_nats > 0 for level in levels.values())
    crowded = any(len(each) > style.CROWDED for each in shown)
    return View(points.loc[points.index.isin(shown[0].union(shown[1]))], labels, bands, crowded)


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
