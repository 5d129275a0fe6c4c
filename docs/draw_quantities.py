"""Draw docs/quantities.svg: where R, D and C are paid, and what each is a bound of."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, RATE, DISTORTION, LABEL = "#222222", "#1f5a96", "#8a3b12", "#1c7a3e"


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], text: str) -> None:
    """Draw an arrow with a text above its middle."""
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.2})
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    axes.text(x, y + 0.16, text, ha="center", fontsize=9, color=INK)


def node(axes: Axes, x: float, y: float, text: str) -> None:
    """Draw a named box."""
    box = {"boxstyle": "round,pad=0.35", "facecolor": "#f2f2f2", "edgecolor": INK}
    axes.text(x, y, text, ha="center", va="center", fontsize=10, bbox=box)


def chain(axes: Axes) -> None:
    """Draw image, code, image again and label, with what is paid at each."""
    node(axes, 0.6, 4.6, "image x")
    node(axes, 4.2, 4.6, "code z")
    node(axes, 8.2, 5.2, "image x")
    node(axes, 8.2, 4.0, "label y")
    arrow(axes, (1.2, 4.6), (3.6, 4.6), "encoder p(z|x)")
    arrow(axes, (4.75, 4.68), (7.55, 5.2), "decoder d(x|z)")
    arrow(axes, (4.75, 4.52), (7.55, 4.0), "probe c(y|z)")
    axes.text(4.2, 4.0, "R: nats spent on z\nby a code for m(z)", ha="center", va="top", color=RATE)
    axes.text(8.9, 5.2, "D: nats still needed for x", va="center", color=DISTORTION)
    axes.text(8.9, 4.0, "C: nats still needed for y", va="center", color=LABEL)


def bar(axes: Axes, y: float, length: float, split: float, names: tuple[str, str, str]) -> None:
    """Draw an entropy as a bar that is split into what the code knows and the rest."""
    whole, known, rest = names
    axes.text(1.35, y + 0.2, whole, ha="right", va="center", fontsize=10)
    parts = ((1.5, split, known, "#dbe6f1"), (1.5 + split, length - split, rest, "#f4f4f4"))
    for x, width, text, colour in parts:
        style = {"facecolor": colour, "edgecolor": INK, "linewidth": 1}
        axes.add_patch(mpl.patches.Rectangle((x, y), width, 0.4, **style))
        axes.text(x + width / 2, y + 0.2, text, ha="center", va="center", fontsize=9)


def measured(axes: Axes, y: float, ends: tuple[float, float], text: str, colour: str) -> None:
    """Draw a measured length below or above a bar."""
    style = {"arrowstyle": "|-|,widthA=0.25,widthB=0.25", "color": colour, "linewidth": 1.4}
    axes.annotate("", (ends[1], y), (ends[0], y), arrowprops=style | {"shrinkA": 0, "shrinkB": 0})
    axes.text(sum(ends) / 2, y - 0.07, text, ha="center", va="top", fontsize=9, color=colour)


def main() -> None:
    """Write the picture next to this script."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "quantities", "font.size": 9})
    figure = Figure(figsize=(8.6, 4.2))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 11.9), ylim=(-0.1, 5.6))
    axes.axis("off")
    chain(axes)
    bar(axes, 2.4, 9.4, 3.0, ("H(X)", "I(X; Z)", "H(X|Z)"))
    measured(axes, 2.25, (1.5, 5.2), "R ≥ I(X; Z)", RATE)
    measured(axes, 1.75, (3.7, 10.9), "D ≥ H(X|Z)", DISTORTION)
    bar(axes, 0.75, 4.6, 3.1, ("H(Y)", "I(Y; Z)", "H(Y|Z)"))
    measured(axes, 0.6, (3.9, 6.1), "C ≥ H(Y|Z)", LABEL)
    measured(axes, 0.6, (1.5, 3.9), "H(Y) − C ≤ I(Y; Z)", INK)
    note = "R, D and C are too long\nby what m, d and c miss."
    axes.text(6.7, 0.8, note, va="center", fontsize=9)
    path = Path(__file__).with_name("quantities.svg")
    figure.savefig(path, metadata={"Date": None}, facecolor="white")


if __name__ == "__main__":
    main()
