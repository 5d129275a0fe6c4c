"""One panel: label distortion C against rate R or against distortion D."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from labelinfo.curves import pareto_front
from labelinfo.figures import style
from labelinfo.figures.line_labels import NamedLine, name_lines
from labelinfo.information import bits_to_nats, nats_to_bits
from labelinfo.tables.lines import numbers
from labelinfo.tables.results import TaskResults

Against = Literal["rate", "distortion"]
Span = tuple[float, float]

_NAMES = {"rate": "rate R", "distortion": "distortion D"}
LABEL_DISTORTION = "label distortion C"


@dataclass(frozen=True)
class Limits:
    """The limits of the axes of both planes, in nats."""

    rate: Span
    distortion: Span
    label_distortion: Span


def draw_plane(
    axes: Axes,
    data: TaskResults,
    styles: style.RunStyles,
    *,
    against: Against,
    limits: Limits,
) -> None:
    """Draw the baselines of one data set and task, and its runs over seeds.

    Baselines of bounded rate are lines; only random discarding has a distortion, D = H(X) − R.
    Baselines of unbounded rate are horizontal lines with a band of ±1 standard deviation over
    seeds. Axes are in nats, with bits on the opposite sides.
    """
    axes.set_xlim(*getattr(limits, against))
    axes.set_ylim(*limits.label_distortion)
    axes.set_axisbelow(True)
    named = _draw_levels(axes, data) + _draw_lines(axes, data, against)
    draw_runs(axes, mark_front(data.points, against), styles, against)
    _label(axes, against)
    if against == "rate":
        # the names are between the panels, for both
        name_lines(axes, named)


def inside(runs: pd.DataFrame, against: Against, x_nats: Span, c_nats: Span) -> pd.DataFrame:
    """Return the runs within the closed limits."""
    x, c = runs[f"{against}_nats"], runs["label_distortion_nats"]
    return runs[x.between(*x_nats) & c.between(*c_nats)]


def mark_front(runs: pd.DataFrame, against: Against) -> pd.DataFrame:
    """Return ``runs`` with a column ``front``: no other run is lower in both C and R (or D)."""
    return runs.assign(front=np.isin(np.arange(len(runs)), pareto_front(*_places(runs, against))))


def baseline_label(name: str, data: TaskResults) -> str:
    """Return a baseline's name, with the k of PCA."""
    if name == "pca" and data.pca_dimension is not None:
        return f"PCA, k = {data.pca_dimension}"
    return style.baseline_style(name).label


def _draw_levels(axes: Axes, data: TaskResults) -> list[NamedLine]:
    named = []
    for name, level in data.levels.items():
        look, mean, deviation = style.baseline_style(name), level.mean_nats, level.deviation_nats
        if deviation > 0:
            axes.axhspan(
                mean - deviation, mean + deviation, color=look.colour, alpha=style.BAND_ALPHA,
                linewidth=0, zorder=1.1, label=f"{look.label}, band",
            )  # fmt: skip
        axes.axhline(
            mean, color=look.colour, linestyle=look.line, linewidth=style.BASELINE_LINE_WIDTH,
            zorder=1.5, label=look.label,
        )  # fmt: skip
        c = np.full(2, mean)
        named.append(NamedLine(np.array(axes.get_xlim()), c, look.label, look.colour))
    return named


def _draw_lines(axes: Axes, data: TaskResults, against: Against) -> list[NamedLine]:
    named = []
    for name, (x, c) in lines_against(data, against).items():
        look, label = style.baseline_style(name), baseline_label(name, data)
        axes.plot(
            x, c, color=look.colour, linestyle=look.line, linewidth=look.width, zorder=1.7,
            label=label,
        )  # fmt: skip
        if look.named:
            named.append(NamedLine(x, c, label, look.colour))
    return named


def lines_against(data: TaskResults, against: Against) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the baselines of bounded rate by name, as increasing R or D, and C."""
    if against == "rate":
        return {name: (x.rate_nats, x.label_distortion_nats) for name, x in data.lines.items()}
    return {
        name: (data.data_entropy_nats - x.rate_nats[::-1], x.label_distortion_nats[::-1])
        for name, x in data.discards.items()
    }


def draw_runs(axes: Axes, runs: pd.DataFrame, styles: style.RunStyles, against: Against) -> None:
    """Draw the runs within the limits of ``axes`` as points with bars, C against R or D.

    A mark inside a point is its encoder's; a ring marks a row that breaks an inequality. Many
    points are small, faded and below the lines; those in the column ``front`` are drawn again,
    larger and opaque.
    """
    runs = inside(runs, against, axes.get_xlim(), axes.get_ylim())
    crowded = len(runs) > style.CROWDED
    # markers are smaller than in a panel of few points
    scale = min(1.0, max(0.6, (style.CROWDED / max(len(runs), 1)) ** 0.5))
    kinds = runs.groupby(["encoder", "decoder", "marginal"])
    for position, ((encoder, decoder, marginal), group) in enumerate(kinds):
        # marks directly above their own markers, below the markers of later kinds
        share = position / (kinds.ngroups + 1)
        layers = [(group, scale, None, 3 + share)]
        if crowded:
            large = max(scale, style.FRONT_SCALE)
            layers = [
                (group, scale, style.CROWDED_ALPHA, 1.2 + 0.2 * share),
                (group[group["front"]], large, None, 3 + share),
            ]
            look = styles.marker(decoder, marginal, large)
            _mark(axes, group[group["front"]], against, "front", 3 + share, look)
        _, _, alpha, level = layers[0]
        look = styles.marker(decoder, marginal, scale) | {"alpha": alpha}
        points, _, bars = axes.errorbar(
            *_places(group, against),
            xerr=group[f"{against}_nats_se"].to_numpy(dtype=float),
            yerr=group["label_distortion_nats_se"].to_numpy(dtype=float),
            label=styles.key(decoder, marginal),
            **style.ERROR_BAR,
            **look,
        )
        # do not cut markers and bars at the ends of the axes
        points.set(zorder=level, clip_on=False)
        faint, below = (style.CROWDED_BAR_ALPHA, 1.15) if crowded else (style.ERROR_BAR_ALPHA, 2.6)
        for bar in bars:
            bar.set(alpha=faint, zorder=below, clip_on=False)
        for rows, size, alpha, level in layers:
            mark = styles.encoder_mark(encoder, size)
            if mark is not None:
                label = f"{encoder} encoder"
                _mark(axes, rows, against, label, level, mark | {"alpha": alpha})
    violating = runs[runs["violations"].fillna("") != ""]
    if not violating.empty:
        ring = style.VIOLATION_RING | {"markersize": scale * style.VIOLATION_RING["markersize"]}
        _mark(axes, violating, against, "violation", 4, ring)


def _mark(
    axes: Axes, runs: pd.DataFrame, against: Against, label: str, level: float, look: dict[str, Any]
) -> None:
    axes.plot(*_places(runs, against), zorder=level, clip_on=False, label=label, **look)


def _places(runs: pd.DataFrame, against: Against) -> list[np.ndarray]:
    return numbers(runs, f"{against}_nats", "label_distortion_nats")


def _label(axes: Axes, against: Against) -> None:
    axes.set_xlabel(f"{_NAMES[against]} (nats)")
    axes.set_ylabel(f"{LABEL_DISTORTION} (nats)")
    top = axes.secondary_xaxis("top", functions=(nats_to_bits, bits_to_nats))
    right = axes.secondary_yaxis("right", functions=(nats_to_bits, bits_to_nats))
    top.set_xlabel(f"{_NAMES[against]} (bits)", fontsize=style.SMALL_FONT_SIZE)
    right.set_ylabel(f"{LABEL_DISTORTION} (bits)", fontsize=style.SMALL_FONT_SIZE)
    for side in (top, right):
        side.tick_params(labelsize=style.SMALL_FONT_SIZE, colors=style.BITS_COLOUR)
        for axis in (side.xaxis, side.yaxis):
            axis.label.set_color(style.BITS_COLOUR)
