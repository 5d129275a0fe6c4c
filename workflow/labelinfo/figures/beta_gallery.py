"""The gallery of one architecture: what a code of so many nats looks like, along β."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from labelinfo.config.run import Run
from labelinfo.data.dataset import load_dataset
from labelinfo.figures import style
from labelinfo.figures.gallery import mosaic
from labelinfo.figures.style import save_figure
from labelinfo.io.tables import read_table
from labelinfo.measure.pictures import Pictures, make_pictures
from labelinfo.models.saved import load_vae
from labelinfo.models.vae import VaeSpec
from labelinfo.seeds import derive_seed
from labelinfo.training.device import resolve_device

# inches
_IMAGE = 0.36
_LEFT, _RIGHT, _BETWEEN = 1.75, 0.1, 0.3
_HEAD, _LINE, _BELOW = 0.72, 0.42, 0.12


@dataclass(frozen=True)
class Step:
    """The pictures of one β, None of a training that diverged, and what stands beside them."""

    label: str
    pictures: Pictures | None


def draw_beta_gallery(steps: Sequence[Step], title: str) -> Figure:
    """Draw one line per step: reconstructions of the same test images, then samples.

    Parameters
    ----------
    steps
        From top to bottom.
    title
        Stands above.
    """
    shown = next((step.pictures for step in steps if step.pictures is not None), None)
    count = 0 if shown is None else len(shown.originals)
    block = max(2.0, _IMAGE * count)  # room for the title
    width = _LEFT + 2 * block + _BETWEEN + _RIGHT
    lines = len(steps) + (shown is not None)
    height = _HEAD + _LINE * lines + _BELOW
    with matplotlib.rc_context(style.RC):
        figure = Figure(figsize=(width, height))
        figure.text(0.1 / width, 1 - 0.08 / height, title, va="top", **style.TITLE_FONT)
        heads = ("reconstructions", "samples")
        for head, left in zip(heads, (_LEFT, _LEFT + block + _BETWEEN), strict=True):
            figure.text(left / width, 1 - (_HEAD - 0.08) / height, head, va="bottom")

        def line(place: int, label: str, left: Any, right: Any) -> None:
            bottom = height - _HEAD - (place + 1) * _LINE
            middle = (bottom + _LINE / 2) / height
            figure.text((_LEFT - 0.12) / width, middle, label, ha="right", va="center")
            for images, start in ((left, _LEFT), (right, _LEFT + block + _BETWEEN)):
                if images is not None:
                    axes = figure.add_axes(
                        (start / width, bottom / height, block / width, _IMAGE / height)
                    )
                    axes.imshow(
                        mosaic([images]), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest"
                    )
                    axes.set_anchor("W")
                    axes.set_axis_off()

        if shown is not None:
            line(0, "originals", shown.originals, None)
        for place, step in enumerate(steps, start=lines - len(steps)):
            pictures = step.pictures
            if pictures is None:
                line(place, step.label, None, None)
            else:
                line(place, step.label, pictures.reconstructions[0], pictures.samples)
    return figure


def picture_architecture(
    runs: Sequence[Run],
    spec: VaeSpec,
    *,
    title: str,
    images: int,
    dataset_file: Path | str,
    weights_files: Sequence[Path | str],
    measure_files: Sequence[Path | str],
    target: Path | str,
    device: str,
) -> None:
    """Draw the runs of one architecture, those of large rates first.

    Parameters
    ----------
    runs, weights_files, measure_files
        The runs, their best weights, and their measured rates and distortions, in one order.
    spec
        What their VAEs are made of.
    title, images
        Stands above; how many test images, and as many samples.
    dataset_file, target, device
        The prepared data set, the picture, where to compute.
    """
    dataset = load_dataset(dataset_file)
    found: list[tuple[float, Step]] = []
    for run, weights, measure in zip(runs, weights_files, measure_files, strict=True):
        trained = load_vae(weights, spec, run)
        if trained.status != "ok":
            found.append((-1.0, Step(f"β = {run.beta}: {trained.status}", None)))
            continue
        # the images are the same for all, the draws each run's own
        pictures = make_pictures(
            trained.model.to(resolve_device(device)),
            dataset.test,
            images=images,
            reconstructions=1,
            seed=derive_seed(*run.identity, "pictures"),
        )
        measured = read_table(measure).iloc[0]
        rate = float(measured["rate_nats"])
        label = f"R = {rate:.1f}, D = {measured['distortion_nats']:.1f}\nβ = {run.beta}"
        found.append((rate, Step(label, pictures)))
    steps = [step for _, step in sorted(found, key=lambda each: -each[0])]
    heading = f"{title}: {runs[0].architecture}, seed {runs[0].seed} (R and D in nats)"
    save_figure(draw_beta_gallery(steps, heading), [target])
