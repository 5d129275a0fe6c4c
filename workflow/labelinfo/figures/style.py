"""Colours, markers, symbols and fonts of the figures, and saving them."""

import logging
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font_names
from matplotlib.textpath import text_to_path

from labelinfo.errors import LabelinfoError
from labelinfo.io.atomic import atomic_path

logger = logging.getLogger(__name__)

WIDTH = 7.0  # inches, the width of a journal's page, so that printed font sizes are true

# Fonts with Chinese, Japanese and Korean letters, for titles; the first one installed is used.
_CJK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC",
    "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "IPAexGothic",
    "Droid Sans Fallback", "Hiragino Sans", "PingFang SC", "Microsoft YaHei",
    "Arial Unicode MS", "Unifont",
)  # fmt: skip


def font_families(installed: Iterable[str]) -> list[str]:
    """Return the fonts in the order of matplotlib's search for a letter.

    DejaVu Sans ships with matplotlib, so Latin and Greek letters are the same everywhere.
    """
    present = set(installed)
    return ["DejaVu Sans", *[name for name in _CJK_FONTS if name in present][:1], "sans-serif"]


# For matplotlib.rc_context, around both drawing and saving: ticks are created when first drawn.
RC: dict[str, Any] = {
    "axes.edgecolor": "0.25", "axes.grid": True, "axes.labelsize": 7.5, "axes.linewidth": 0.5,
    "axes.unicode_minus": True,
    "figure.dpi": 100, "savefig.dpi": 300,
    "font.family": font_families(get_font_names()), "font.size": 7, "legend.fontsize": 6.5,
    "grid.color": "0.92", "grid.linewidth": 0.4,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",  # text stays text: it can be searched and edited
    "svg.hashsalt": "labelinfo",
    "text.parse_math": False,  # a $ in a title or caveat is a $
    **{
        f"{axis}tick.{name}": value
        for axis in "xy"
        for name, value in (
            ("direction", "out"), ("labelsize", 6.5), ("major.size", 2.5), ("major.width", 0.5)
        )
    },
}  # fmt: skip

TITLE_FONT = {"fontsize": 8.5, "fontweight": "bold"}
PANEL_FONT = {"fontsize": 7.5, "fontweight": "bold"}
BITS_COLOUR = "0.35"
SMALL_FONT_SIZE = 6.5  # of bits, notes and names of lines
RED_BALL = "#9E1B1B"
SMALL_PRINT = {"fontsize": 6, "color": "0.3"}

MARKER_SIZE = 4.2  # points
MARKER_EDGE_WIDTH = 0.9
ERROR_BAR = {"elinewidth": 0.5, "capsize": 0}
ERROR_BAR_ALPHA = 0.6
BAND_ALPHA = 0.15
CROWDED = 100  # points in one panel; with more, all except the front are faded
CROWDED_ALPHA, CROWDED_BAR_ALPHA = 0.35, 0.15
FRONT_SCALE = 0.85  # of the front's markers in crowded panels
BASELINE_LINE_WIDTH = 1.1

VIOLATION_RING: dict[str, Any] = {
    "linestyle": "none", "marker": "o", "markersize": 7.5, "markerfacecolor": "none",
    "markeredgecolor": "black", "markeredgewidth": 0.7,
}  # fmt: skip

# A run of any kind, in the legend of the marks
ANY_RUN: dict[str, Any] = VIOLATION_RING | {
    "markersize": MARKER_SIZE, "markerfacecolor": "white", "markeredgecolor": "0.6",
    "markeredgewidth": MARKER_EDGE_WIDTH,
}  # fmt: skip
LEGEND_COLUMN_SPACING, LEGEND_TEXT_PAD = 1.2, 0.7  # font sizes

_SAVED_AS: dict[str, dict[str, Any]] = {
    ".pdf": {"metadata": {"CreationDate": None}},
    ".svg": {"metadata": {"Date": None}},
    ".png": {"dpi": 300},
}


@dataclass(frozen=True)
class DecoderStyle:
    """The look of a decoder: its symbol in the key (d, m), the meaning, the marker's fill."""

    symbol: str
    meaning: str
    fill: str


@dataclass(frozen=True)
class MarginalStyle:
    """The look of a marginal: its symbol in the key (d, m), the meaning, colour and shape."""

    symbol: str
    meaning: str
    colour: str
    marker: str


@dataclass(frozen=True)
class BaselineStyle:
    """The look of a baseline's line, its name, and whether the figure names it at the line."""

    label: str
    colour: str
    line: str | tuple[int, tuple[float, ...]]
    width: float = BASELINE_LINE_WIDTH
    named: bool = True


DECODERS = {
    "deconv": DecoderStyle("−", "factorised", "none"),
    "pixelcnn": DecoderStyle("+", "autoregressive", "full"),
}

# Okabe and Ito's colours (https://jfly.uni-koeln.de/color/); in grey, the shapes distinguish them.
MARGINALS = {
    "gaussian": MarginalStyle("−", "Gaussian", "#0072B2", "o"),
    "maf": MarginalStyle("+", "autoregressive flow", "#E69F00", "s"),
    "vamp": MarginalStyle("v", "VampPrior", "#CC79A7", "^"),
}

# Red, green and blue as in the paper, but with clearly different lightness, for grey prints and
# colour-blind readers. The two dashed classifiers also differ in the length of their dashes.
BASELINES = {
    "random_discard": BaselineStyle("random discard", "black", (0, (4, 2.5))),
    "pca": BaselineStyle("PCA, best k", "#2DA87F", "-"),
    "pca_hull": BaselineStyle("PCA, hull over k", "#2DA87F", "-", 0.5, named=False),
    "classifier_discard": BaselineStyle("discard to classifier", "black", (0, (1, 2)), 0.8, False),
    "random_fully_connected": BaselineStyle("random fully connected", "#9E1B1B", "-"),
    "random_convolutional": BaselineStyle("random convolutional", "#56A8E9", "-"),
    "simple_image": BaselineStyle("simple image classifier", "#9E1B1B", (0, (2, 1.5))),
    "complex_image": BaselineStyle("complex image classifier", "#2DA87F", (0, (7, 2.5))),
}
_SPARE_FILLS = ("left", "top", "right", "bottom")
_SPARE_COLOURS = ("#D55E00", "#009E73", "#56B4E9", "#000000")
_SPARE_MARKERS = ("D", "v", "p", "X", "P")
# the mark inside a run's marker; the plain encoder has none
_ENCODERS = {"gaussian": "", "iaf": "."}
_SPARE_ENCODER_MARKS = ("+", "x", "_", "|")


@dataclass(frozen=True)
class RunStyles:
    """The styles of all components in a table of runs, in the order of the legend.

    ``encoders`` gives the mark inside the marker, empty for none.
    """

    decoders: dict[str, DecoderStyle]
    marginals: dict[str, MarginalStyle]
    encoders: dict[str, str]

    def kinds(self, runs: pd.DataFrame) -> list[tuple[str, str]]:
        """Return the pairs (decoder, marginal) of ``runs`` in the order of the legend."""
        present = set(zip(runs["decoder"], runs["marginal"], strict=True))
        pairs = ((decoder, marginal) for marginal in self.marginals for decoder in self.decoders)
        return [pair for pair in pairs if pair in present]

    def key(self, decoder: str, marginal: str) -> str:
        """Return the legend's key (d, m)."""
        return f"({self.decoders[decoder].symbol}, {self.marginals[marginal].symbol})"

    def marker(self, decoder: str, marginal: str, scale: float = 1.0) -> dict[str, Any]:
        """Return the marker as keyword arguments of a line: filled means autoregressive."""
        look, fill = self.marginals[marginal], self.decoders[decoder].fill
        # white rather than transparent, so that the lines behind do not look like a fill
        face, fill = ("white", "full") if fill == "none" else (look.colour, fill)
        return {
            "linestyle": "none", "marker": look.marker, "markersize": scale * MARKER_SIZE,
            "markeredgewidth": scale * MARKER_EDGE_WIDTH, "color": look.colour, "fillstyle": fill,
            "markeredgecolor": look.colour, "markerfacecolor": face, "markerfacecoloralt": "white",
        }  # fmt: skip

    def encoder_mark(self, encoder: str, scale: float = 1.0) -> dict[str, Any] | None:
        """Return the mark inside the marker as keyword arguments of a line, if there is one."""
        mark = self.encoders[encoder]
        if not mark:
            return None
        return {
            "linestyle": "none", "marker": mark, "markersize": scale * 2.9,
            "markeredgewidth": scale * 0.6, "color": "black",
        }  # fmt: skip


def choose_run_styles(runs: pd.DataFrame) -> RunStyles:
    """Choose the style of each decoder, marginal and encoder in ``runs``, known ones first.

    An unknown component gets the next free colour, shape, fill or mark, and its name as symbol. The
    choice depends only on the set of names, so figures of the same table agree.
    """

    def styles(column: str, known: dict[str, Any], spare: Callable[[str, int, int], Any]) -> dict:
        names = {str(name) for name in runs[column].dropna()}
        unknown = enumerate(sorted(names - known.keys()))
        found = {name: look for name, look in known.items() if name in names}
        return found | {name: spare(name, place % 4, place % 5) for place, name in unknown}

    return RunStyles(
        styles("decoder", DECODERS, lambda name, i, _: DecoderStyle(name, name, _SPARE_FILLS[i])),
        styles(
            "marginal",
            MARGINALS,
            lambda name, i, j: MarginalStyle(name, name, _SPARE_COLOURS[i], _SPARE_MARKERS[j]),
        ),
        styles("encoder", _ENCODERS, lambda _name, i, _: _SPARE_ENCODER_MARKS[i]),
    )


def baseline_style(name: str) -> BaselineStyle:
    """Return the style of a baseline; an unknown baseline is a grey dash-dotted line."""
    return BASELINES.get(name) or BaselineStyle(name.replace("_", " "), "0.45", "-.")


def text_width(text: str, points: float) -> float:
    """Return the width of a line of text in points."""
    font = FontProperties(family=RC["font.family"], size=points)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]


def save_figure(figure: Figure, paths: Iterable[Path | str]) -> None:
    """Write ``figure`` to each path, in the format of its suffix: .pdf, .svg or .png (300 dpi).

    Writes are atomic, and files contain no date: the same figure gives the same bytes. Matplotlib's
    warnings, such as those of letters that no font has, are logged once for all formats.

    Raises
    ------
    LabelinfoError
        If a path has another suffix; nothing is written then.
    """
    paths = [Path(path) for path in paths]
    for path in paths:
        if path.suffix not in _SAVED_AS:
            known = ", ".join(_SAVED_AS)
            raise LabelinfoError(f"Cannot save a figure as {path.name}: use one of {known}.")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for path in paths:
            with mpl.rc_context(RC), atomic_path(path) as temporary:
                figure.savefig(temporary, format=path.suffix[1:], **_SAVED_AS[path.suffix])
    for message in dict.fromkeys(str(each.message) for each in caught):
        logger.warning("%s: %s", paths[0].with_suffix(""), message)
