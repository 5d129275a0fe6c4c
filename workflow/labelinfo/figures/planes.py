"""One panel: label distortion C against rate R or against distortion D."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from labelinfo.figures import style
from labelinfo.figures.line_labels import LineEnd, label_ends, near_end
from labelinfo.figures.seeds import over_seeds
from labelinfo.tables.panels import PanelData
from labelinfo.units import bits_to_nats, nats_to_bits

Against = Literal["rate", "distortion"]
Span = tuple[float, float]

_NAMES = {"rate": "rate R", "distortion": "distortion D"}
LABEL_DISTORTION = "label distortion C"


def draw_plane(
    axes: Axes,
    data: PanelData,
    styles: style.RunStyles,
    *,
    against: Against,
    x_nats: Span,
    c_nats: Span,
) -> None:
    """Draw the runs and baselines of one data set and task onto ``axes``.

    Runs are points with bars of ±1 standard error; those that differ by seed alone are one point
    with bars of ±1 standard deviation over seeds. Baselines of bounded rate are lines, and only
    random discard has a distortion, D = H(X) − R; those of unbounded rate are horizontal lines with
    a band of ±1 standard deviation over seeds. Axes are in nats, their opposite sides in bits.

    Parameters
    ----------
    axes
        Where to draw.
    data
        What to draw.
    styles
        The styles of all runs of the figure.
    against
        What lies on the x axis.
    x_nats, c_nats
        The limits of both axes; runs outside are left out, lines are cut.
    """
    axes.set_xlim(*x_nats)
    axes.set_ylim(*c_nats)
    axes.set_axisbelow(True)
    levels, lines = _draw_levels(axes, data), _draw_lines(axes, data, against)
    # levels are the same in both panels, and where D is large but C small there are no runs
    label_ends(axes, lines if against == "rate" else levels)
    draw_runs(axes, inside(over_seeds(data.runs), against, x_nats, c_nats), styles, against)
    _label(axes, against)


def inside(runs: pd.DataFrame, against: Against, x_nats: Span, c_nats: Span) -> pd.DataFrame:
    """Return the runs within the limits, bounds included."""
    x, c = runs[f"{against}_nats"], runs["label_distortion_nats"]
    return runs[x.between(*x_nats) & c.between(*c_nats)]


def _draw_levels(axes: Axes, data: PanelData) -> list[LineEnd]:
    ends = []
    for name, level in data.levels.items():
        look = style.baseline_style(name)
        if level.deviation_nats > 0:
            axes.axhspan(
                level.mean_nats - level.deviation_nats,
                level.mean_nats + level.deviation_nats,
                color=look.colour,
                alpha=style.BAND_ALPHA,
                linewidth=0,
                zorder=1.1,
                label=f"{look.label}, band",
            )
        axes.axhline(
            level.mean_nats,
            color=look.colour,
            linestyle=look.line,
            linewidth=style.BASELINE_LINE_WIDTH,
            zorder=1.5,
            label=look.label,
        )
        if level.mean_nats <= axes.get_ylim()[1]:
            ends.append(LineEnd(axes.get_xlim()[1], level.mean_nats, look.label, look.colour, True))
    return ends


def _draw_lines(axes: Axes, data: PanelData, against: Against) -> list[LineEnd]:
    ends = []
    curves = dict(data.curves) if against == "rate" else {}
    if data.discard is not None:
        curves["random_discard"] = data.discard
    for name, curve in curves.items():
        x = curve.rate_nats
        if against == "distortion":
            x = data.data_entropy_nats - x
        look = style.baseline_style(name)
        axes.plot(
            x,
            curve.label_distortion_nats,
            color=look.colour,
            linestyle=look.line,
            linewidth=style.BASELINE_LINE_WIDTH,
            zorder=1.7,
            label=look.label,
        )
        # in the other panel names stand at the horizontal lines alone
        end = near_end(x, curve.label_distortion_nats, axes) if against == "rate" else None
        if end is not None:
            ends.append(LineEnd(*end, look.label, look.colour, False))
    return ends


def draw_runs(axes: Axes, runs: pd.DataFrame, styles: style.RunStyles, against: Against) -> None:
    """Draw runs as points with bars, C against R or D, as the columns say.

    A dot marks an encoder other than the plain one, a ring a row that breaks an inequality.
    """
    kinds = runs.groupby(["encoder", "decoder", "marginal"])
    for position, ((encoder, decoder, marginal), group) in enumerate(kinds):
        # marks right above their own markers, not above those of a later kind
        level = 3 + position / (kinds.ngroups + 1)
        points, _, bars = axes.errorbar(
            group[f"{against}_nats"].to_numpy(dtype=float),
            group["label_distortion_nats"].to_numpy(dtype=float),
            xerr=group[f"{against}_nats_se"].to_numpy(dtype=float),
            yerr=group["label_distortion_nats_se"].to_numpy(dtype=float),
            label=styles.key(decoder, marginal),
            **style.ERROR_BAR,
            **styles.marker(decoder, marginal),
        )
        points.set(zorder=level, clip_on=False)  # whole markers on the axes themselves
        for bar in bars:
            bar.set(alpha=style.ERROR_BAR_ALPHA, zorder=2.6)
        mark = styles.encoder_mark(encoder)
        if mark is not None:
            _mark(axes, group, against, f"{encoder} encoder", level, mark)
    violating = runs[runs["violations"].fillna("") != ""]
    if not violating.empty:
        _mark(axes, violating, against, "violation", 4, style.VIOLATION_RING)


def _mark(
    axes: Axes,
    runs: pd.DataFrame,
    against: Against,
    label: str,
    level: float,
    look: dict[str, Any],
) -> None:
    axes.plot(
        runs[f"{against}_nats"].to_numpy(dtype=float),
        runs["label_distortion_nats"].to_numpy(dtype=float),
        zorder=level,
        clip_on=False,
        label=label,
        **look,
    )


def _label(axes: Axes, against: Against) -> None:
    axes.set_xlabel(f"{_NAMES[against]} (nats)")
    axes.set_ylabel(f"{LABEL_DISTORTION} (nats)")
    top = axes.secondary_xaxis("top", functions=(_to_bits, _to_nats))
    right = axes.secondary_yaxis("right", functions=(_to_bits, _to_nats))
    top.set_xlabel(f"{_NAMES[against]} (bits)", fontsize=style.BITS_FONT_SIZE)
    right.set_ylabel(f"{LABEL_DISTORTION} (bits)", fontsize=style.BITS_FONT_SIZE)
    for side in (top, right):
        side.tick_params(labelsize=style.BITS_FONT_SIZE, colors=style.BITS_COLOUR)
        for axis in (side.xaxis, side.yaxis):
            axis.label.set_color(style.BITS_COLOUR)


def _to_bits(nats: np.ndarray) -> np.ndarray:
    return nats_to_bits(np.asarray(nats, dtype=float))


def _to_nats(bits: np.ndarray) -> np.ndarray:
    return bits_to_nats(np.asarray(bits, dtype=float))
