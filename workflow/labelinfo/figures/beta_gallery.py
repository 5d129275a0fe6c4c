"""The gallery of one architecture: reconstructions and samples along β."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from labelinfo.config.run import Run
from labelinfo.figures import style
from labelinfo.figures.gallery import add_mosaic
from labelinfo.figures.style import save_figure
from labelinfo.io.pictures import Pictures, read_pictures

# inches
_IMAGE = 0.27
_LEFT, _RIGHT, _BETWEEN = 1.75, 0.1, 0.25
_HEAD, _LINE, _BELOW = 0.6, 0.31, 0.1


@dataclass(frozen=True)
class Step:
    """The label of one β and its pictures, None for a diverged training."""

    label: str
    pictures: Pictures | None


def draw_beta_gallery(steps: Sequence[Step], title: str) -> Figure:
    """Draw one line per step: reconstructions of the same test images, then samples."""
    shown = next((step.pictures for step in steps if step.pictures is not None), None)
    count = 0 if shown is None else len(shown.originals)
    block = max(2.0, _IMAGE * count)  # room for the title
    width = _LEFT + 2 * block + _BETWEEN + _RIGHT
    lines = len(steps) + (shown is not None)
    height = _HEAD + _LINE * lines + _BELOW
    with matplotlib.rc_context(style.RC):
        figure = Figure(figsize=(width, height))
        figure.text(0.1 / width, 1 - 0.08 / height, title, va="top", **style.TITLE_FONT)
        heads = ("reconstructions from z ~ p(z|x)", "samples from z ~ m(z)")
        for head, left in zip(heads, (_LEFT, _LEFT + block + _BETWEEN), strict=True):
            figure.text(left / width, 1 - (_HEAD - 0.08) / height, head, va="bottom")

        def line(place: int, label: str, left: Any, right: Any) -> None:
            bottom = height - _HEAD - (place + 1) * _LINE
            middle = (bottom + _LINE / 2) / height
            figure.text((_LEFT - 0.12) / width, middle, label, ha="right", va="center")
            for images, start in ((left, _LEFT), (right, _LEFT + block + _BETWEEN)):
                if images is not None:
                    box = (start / width, bottom / height, block / width, _IMAGE / height)
                    add_mosaic(figure, box, [images]).set_anchor("W")

        if shown is not None:
            line(0, "originals (test images x)", shown.originals, None)
        for place, step in enumerate(steps, start=lines - len(steps)):
            pair = step.pictures and (step.pictures.reconstructions[0], step.pictures.samples)
            line(place, step.label, *(pair or (None, None)))
    return figure


def picture_architecture(
    runs: Sequence[Run], pictures_files: Sequence[Path | str], *, title: str, target: Path | str
) -> None:
    """Draw the runs of one architecture, large rates first, without reading a model.

    ``pictures_files`` are outputs of each run's gallery.
    """
    found: list[tuple[float, Step]] = []
    for run, file in zip(runs, pictures_files, strict=True):
        pictures, of = read_pictures(file)
        if pictures is None:
            found.append((-1.0, Step(f"β = {run.beta}: {of['status']}", None)))
            continue
        rate = of["rate_nats"]
        label = (
            f"β = {run.beta}: R = {rate:.1f}, D = {of['distortion_nats']:.1f}\n"
            f"C = {of['label_distortion_nats']:.3f}, accuracy {of['label_accuracy']:.1%}"
        )
        found.append((rate, Step(label, pictures)))
    steps = [step for _, step in sorted(found, key=lambda each: -each[0])]
    heading = f"{title}: {runs[0].architecture}, seed {runs[0].seed} (R, D, C in nats)"
    save_figure(draw_beta_gallery(steps, heading), [target])
