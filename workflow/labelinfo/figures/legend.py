"""The legend below the panels: keys of the runs, marks, baselines, and what the symbols mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path

from labelinfo.figures import style
from labelinfo.figures.seeds import over_seeds
from labelinfo.tables.panels import PanelData

Handle = Line2D | tuple[Line2D, ...]
Entry = tuple[Handle, str]

# inches
_SIDE = 0.62
_LINE = 0.165  # also of the title
_TEXT_LINE = 0.13
_ABOVE, _AFTER_BLOCK, _BELOW = 0.1, 0.14, 0.08
_GAP = 0.2

_BASELINE_COLUMNS = 3


@dataclass(frozen=True)
class Block:
    """Entries under one title, column by column; sizes in inches, handles in font sizes."""

    title: str
    entries: list[Entry]
    columns: int
    handle_length: float

    @property
    def lines(self) -> int:
        """Entries per column."""
        return ceil(len(self.entries) / self.columns)

    @property
    def height(self) -> float:
        """Height with the title and the space below."""
        return _LINE * (1 + self.lines) + _AFTER_BLOCK

    @property
    def width(self) -> float:
        """Width without the margin of the last column."""
        size = style.RC["legend.fontsize"]
        around = self.handle_length + style.LEGEND_TEXT_PAD + style.LEGEND_COLUMN_SPACING
        texts = [
            max(_text_width(label, size) for _, label in self.entries[first : first + self.lines])
            for first in range(0, len(self.entries), self.lines)
        ]
        points = sum(texts) + size * (len(texts) * around - style.LEGEND_COLUMN_SPACING)
        return points / 72


@dataclass(frozen=True)
class Legend:
    """What the legend holds; ``beside`` puts its two blocks on one line."""

    blocks: list[Block]
    beside: bool
    text: list[str]

    @property
    def height(self) -> float:
        """The height in inches that the legend needs."""
        heights = [block.height for block in self.blocks]
        boxes = max(heights, default=0.0) if self.beside else sum(heights)
        return _ABOVE + boxes + _TEXT_LINE * len(self.text) + _BELOW


def plan_legend(rows: Sequence[PanelData], styles: style.RunStyles, width: float) -> Legend:
    """Plan the legend of all ``rows`` for a figure ``width`` inches wide; only what is drawn."""
    blocks = []
    runs, columns = _run_entries(rows, styles)
    if runs:
        blocks.append(Block("Runs (decoder, marginal)", runs, columns, 1.2))
    baselines = _baseline_entries(rows)
    if baselines:
        blocks.append(Block("Baselines", baselines, _BASELINE_COLUMNS, 2.6))
    beside = sum(block.width for block in blocks) + _GAP <= width - 2 * _SIDE
    return Legend(blocks, beside, _text(rows, styles))


def draw_legend(figure: Figure, legend: Legend) -> None:
    """Draw ``legend`` into the lowest ``legend.height`` inches of ``figure``."""
    inches_wide, inches_high = figure.get_size_inches()
    top = legend.height - _ABOVE
    for position, block in enumerate(legend.blocks):
        right = legend.beside and position > 0
        box = figure.legend(
            handles=[handle for handle, _ in block.entries],
            labels=[label for _, label in block.entries],
            title=block.title,
            ncols=block.columns,
            loc="upper right" if right else "upper left",
            bbox_to_anchor=(
                (inches_wide - _SIDE if right else _SIDE) / inches_wide,
                top / inches_high,
            ),
            borderaxespad=0,
            borderpad=0,
            frameon=False,
            alignment="left",
            handlelength=block.handle_length,
            handletextpad=style.LEGEND_TEXT_PAD,
            columnspacing=style.LEGEND_COLUMN_SPACING,
            labelspacing=0.45,
        )
        box.get_title().set_fontweight("bold")
        if not legend.beside:
            top -= block.height
    figure.text(
        _SIDE / inches_wide,
        (_BELOW + _TEXT_LINE * len(legend.text)) / inches_high,
        "\n".join(legend.text),
        va="top",
        **style.SMALL_PRINT,
    )


def _text_width(text: str, points: float) -> float:
    font = FontProperties(family=style.RC["font.family"], size=points)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]


def _drawn(rows: Sequence[PanelData]) -> set[tuple[str, str]]:
    return {
        pair for row in rows for pair in zip(row.runs["decoder"], row.runs["marginal"], strict=True)
    }


def _run_entries(rows: Sequence[PanelData], styles: style.RunStyles) -> tuple[list[Entry], int]:
    """Return the entries column by column: one column per marginal, one line per decoder."""
    drawn = _drawn(rows)
    decoders = [name for name in styles.decoders if any(name == d for d, _ in drawn)]
    marginals = [name for name in styles.marginals if any(name == m for _, m in drawn)]
    entries: list[Entry] = [
        (Line2D([], [], **styles.marker(decoder, marginal)), styles.key(decoder, marginal))
        if (decoder, marginal) in drawn
        else (Line2D([], [], linestyle="none"), " ")
        for marginal in marginals
        for decoder in decoders
    ]
    entries += _mark_entries(rows, styles)
    columns = ceil(len(entries) / max(1, len(decoders)))
    # full columns: otherwise the entries would be shared out among them evenly
    missing = columns * len(decoders) - len(entries)
    entries += [(Line2D([], [], linestyle="none"), " ")] * missing
    return entries, columns


def _mark_entries(rows: Sequence[PanelData], styles: style.RunStyles) -> list[Entry]:
    plain = Line2D([], [], **style.ANY_RUN)
    encoders = {encoder for row in rows for encoder in row.runs["encoder"]}
    entries: list[Entry] = [
        ((plain, Line2D([], [], **mark)), f"{encoder} encoder")
        for encoder in styles.encoders
        if encoder in encoders and (mark := styles.encoder_mark(encoder)) is not None
    ]
    if any((row.runs["violations"].fillna("") != "").any() for row in rows):
        entries.append(((plain, Line2D([], [], **style.VIOLATION_RING)), "breaks an inequality"))
    return entries


def _baseline_entries(rows: Sequence[PanelData]) -> list[Entry]:
    present = {name for row in rows for name in (*row.curves, *row.levels)}
    if any(row.discard is not None for row in rows):
        present.add("random_discard")
    known = [name for name in style.BASELINES if name in present]
    looks = [style.baseline_style(name) for name in known + sorted(present - set(known))]
    return [
        (
            Line2D(
                [],
                [],
                color=look.colour,
                linestyle=look.line,
                linewidth=style.BASELINE_LINE_WIDTH,
            ),
            look.label,
        )
        for look in looks
    ]


def _text(rows: Sequence[PanelData], styles: style.RunStyles) -> list[str]:
    """Say what the symbols, bars and bands mean, as far as there are any."""
    drawn = _drawn(rows)
    keys, spreads = [], []
    if drawn:
        decoders = [look for name, look in styles.decoders.items() if name in {d for d, _ in drawn}]
        marginals = [
            look for name, look in styles.marginals.items() if name in {m for _, m in drawn}
        ]
        keys += [
            f"Decoder (fill): {_meanings(decoders)}.",
            f"Marginal (colour and shape): {_meanings(marginals)}.",
        ]
        several = any((over_seeds(row.runs)["seeds"] > 1).any() for row in rows)
        spreads.append(
            "Points of several seeds: mean, bars ±1 standard deviation; others: ±1 standard error."
            if several
            else "Bars: ±1 standard error."
        )
    if any(level.deviation_nats > 0 for row in rows for level in row.levels.values()):
        spreads.append("Bands: ±1 standard deviation over seeds.")
    return [" ".join(sentences) for sentences in (keys, spreads) if sentences]


def _meanings(looks: Sequence[style.DecoderStyle | style.MarginalStyle]) -> str:
    return ", ".join(
        look.symbol if look.symbol == look.meaning else f"{look.symbol} {look.meaning}"
        for look in looks
    )
