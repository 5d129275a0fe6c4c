"""Both planes as one interactive chart."""

from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from labelinfo.figures import style

# matplotlib's markers by Vega's names
_SHAPES = {
    "o": "circle", "s": "square", "^": "triangle-up", "D": "diamond", "v": "triangle-down",
    "p": "triangle-right", "X": "triangle-left", "P": "cross",
}  # fmt: skip
_TITLES = {
    "rate_nats": "rate R (nats)",
    "distortion_nats": "distortion D (nats)",
    "label_distortion_nats": "label distortion C (nats)",
}
# widths of lines on the page and in the figures
_LINE_SCALE = 1.23
# set by the page's controls
SETTINGS = {
    "panel": "", "encoder": "", "decoder": "", "marginal": "", "lowest": 0.0, "highest": 1e9,
    "picked": "",
}  # fmt: skip
_CHOSEN = (
    "datum.panel == panel && (encoder == '' || datum.encoder == encoder)"
    " && (decoder == '' || datum.decoder == decoder)"
    " && (marginal == '' || datum.marginal == marginal)"
    " && datum.beta >= lowest * 0.999999 && datum.beta <= highest * 1.000001"
)


def planes_spec(table: pd.DataFrame, baselines: Iterable[str]) -> dict[str, Any]:
    """Return the Vega-Lite specification of C against R and C against D, side by side.

    A click on the legend filters, hovering shows a run's numbers and reconstructions, and the
    parameters :data:`SETTINGS` select what is shown. The data are to be given as the data sets
    ``runs``, ``lines`` and ``levels`` of :mod:`labelinfo.explorer.records`.

    Parameters
    ----------
    table
        The table of runs, for the choice of styles.
    baselines
        Names of the baselines in the legend.
    """
    scales = _run_scales(table), _baseline_scales(baselines)
    params = [alt.param(name=name, value=value) for name, value in SETTINGS.items()]
    legend = alt.selection_point(name="legend", fields=["key"], bind="legend")
    planes = [_plane(x, *scales, legend) for x in ("rate_nats", "distortion_nats")]
    chart = (
        alt.concat(*planes, columns=2, spacing=24)
        .add_params(*params)
        .configure_view(stroke="#404040")
        .configure_axis(gridColor="#eeeeee", labelFontSize=11, titleFontSize=12)
        .configure_legend(orient="top", labelFontSize=12, titleFontSize=12, symbolSize=90)
    )
    return chart.to_dict()


def _plane(
    x: str, run_scales: dict[str, Any], baseline_scales: dict[str, Any], legend: alt.Parameter
) -> alt.LayerChart:
    across = alt.X(f"{x}:Q", title=_TITLES[x])
    up = alt.Y("label_distortion_nats:Q", title=_TITLES["label_distortion_nats"])
    points = alt.Chart(alt.NamedData("runs")).transform_filter(_CHOSEN)
    points = points.transform_filter(legend)
    bars = [
        points.mark_rule(color="#888888", strokeWidth=0.8, tooltip=None).encode(
            x=f"{x}_low:Q", x2=f"{x}_high:Q", y=up
        ),
        points.mark_rule(color="#888888", strokeWidth=0.8, tooltip=None).encode(
            x=across, y="label_distortion_nats_low:Q", y2="label_distortion_nats_high:Q"
        ),
    ]
    curves = (
        alt.Chart(alt.NamedData("lines"))
        .transform_filter(f"datum.panel == panel && isValid(datum.{x})")
        .mark_line()
        .encode(x=across, y=up, strokeWidth=_widths(baseline_scales), **baseline_scales)
    )
    rules = (
        alt.Chart(alt.NamedData("levels"))
        .transform_filter("datum.panel == panel")
        .mark_rule(strokeWidth=1.6)
        .encode(y=up, tooltip=[alt.Tooltip("baseline:N"), alt.Tooltip(
            "label_distortion_nats:Q", title="C (nats)", format=".3f")], **baseline_scales)
    )  # fmt: skip
    is_picked = "datum.id == picked"
    marks = points.mark_point(opacity=1).encode(
        x=across,
        y=up,
        size=alt.condition(is_picked, alt.value(380), alt.value(75)),
        strokeWidth=alt.condition(is_picked, alt.value(3.2), alt.value(1.6)),
        tooltip=_tooltips(),
        **run_scales,
    )
    marks = marks.add_params(legend) if x == "rate_nats" else marks
    return alt.layer(rules, curves, *bars, marks).properties(width=430, height=340, name=x)


def _tooltips() -> list[alt.Tooltip]:
    named = (
        ("encoder", "encoder"), ("decoder", "decoder"), ("marginal", "marginal"), ("beta", "β"),
        ("seed", "seed"), ("r_text", "R"), ("d_text", "D"), ("c_text", "C"),
    )  # fmt: skip
    shares = (("label_retained_share", "label kept"), ("label_accuracy", "accuracy"))
    return [
        *(alt.Tooltip(f"{field}:N", title=title) for field, title in named),
        *(alt.Tooltip(f"{field}:Q", title=title, format=".1%") for field, title in shares),
        alt.Tooltip("violations:N", title="breaks"),
        # the page's tooltips show a field of this name as a picture
        alt.Tooltip("image:N", title="image"),
    ]


def _run_scales(table: pd.DataFrame) -> dict[str, Any]:
    """Colour and shape are the marginal, the fill is the decoder, as in the figures.

    Where a figure fills half of a marker, the page fills all of it in a lighter colour.
    """
    styles = style.choose_run_styles(table)
    pairs = [(decoder, marginal) for marginal in styles.marginals for decoder in styles.decoders]
    keys = [styles.key(*pair) for pair in pairs]
    colours = [styles.marginals[marginal].colour for _, marginal in pairs]
    shares = _fill_shares(decoder.fill for decoder in styles.decoders.values())
    fills = [
        _mixed(colour, shares[styles.decoders[decoder].fill])
        for (decoder, _), colour in zip(pairs, colours, strict=True)
    ]
    shapes = [_SHAPES[styles.marginals[marginal].marker] for _, marginal in pairs]
    legend = alt.Legend(title="Runs: click to filter")

    def scale(values: list[str]) -> alt.Scale:
        return alt.Scale(domain=keys, range=values)

    return {
        "stroke": alt.Stroke("key:N", scale=scale(colours), legend=legend),
        "fill": alt.Fill("key:N", scale=scale(fills), legend=legend),
        "shape": alt.Shape("key:N", scale=scale(shapes), legend=legend),
    }


def _fill_shares(fills: Iterable[str]) -> dict[str, float]:
    """Return how much of a marker's colour each fill has, between white (0) and the colour (1)."""
    shares = {"none": 0.0, "full": 1.0}
    spare = [fill for fill in dict.fromkeys(fills) if fill not in shares]
    return shares | {
        fill: (place + 1) / (len(spare) + 1) for place, fill in enumerate(reversed(spare))
    }


def _mixed(colour: str, share: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    mixed = (round(255 + share * (part - 255)) for part in (red, green, blue))
    return "#{:02X}{:02X}{:02X}".format(*mixed)


def _baseline_scales(present: Iterable[str]) -> dict[str, Any]:
    present = dict.fromkeys(present)
    looks = {look.label: look for look in style.BASELINES.values()}
    names = [name for name in looks if name in present]
    names += [name for name in present if name not in looks]
    colours = [looks[name].colour if name in looks else "#737373" for name in names]
    dashes = [_dash(looks[name].line) if name in looks else [8, 3, 2, 3] for name in names]
    # long enough to tell the dashes apart
    legend = alt.Legend(title="Baselines", symbolSize=1000)
    return {
        "color": alt.Color(
            "baseline:N", scale=alt.Scale(domain=names, range=colours), legend=legend
        ),
        "strokeDash": alt.StrokeDash(
            "baseline:N", scale=alt.Scale(domain=names, range=dashes), legend=legend
        ),
    }


def _widths(baseline_scales: dict[str, Any]) -> dict[str, Any]:
    """Return the widths of the lines, in the proportions of the figures.

    They are conditions, as Vega warns of a scale of widths over names.
    """
    looks = {look.label: look.width for look in style.BASELINES.values()}
    widths = {
        name: _LINE_SCALE * looks.get(name, style.BASELINE_LINE_WIDTH)
        for name in baseline_scales["color"]["scale"]["domain"]
    }
    return {
        "condition": [
            {"test": {"field": "baseline", "equal": name}, "value": width}
            for name, width in widths.items()
        ],
        "value": _LINE_SCALE * style.BASELINE_LINE_WIDTH,
    }


def _dash(line: str | tuple[int, tuple[float, ...]]) -> list[float]:
    return [1, 0] if isinstance(line, str) else [2 * length for length in line[1]]
