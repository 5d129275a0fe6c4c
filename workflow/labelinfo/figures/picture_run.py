"""Picture one run of the sweep."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from labelinfo.config.run import Run
from labelinfo.data.dataset import load_dataset
from labelinfo.figures.gallery import draw_gallery, mosaic
from labelinfo.figures.style import save_figure
from labelinfo.io.atomic import atomic_path
from labelinfo.io.pictures import write_pictures
from labelinfo.io.tables import read_table
from labelinfo.measure.pictures import make_pictures
from labelinfo.models.saved import load_vae
from labelinfo.models.vae import VaeSpec
from labelinfo.provenance import describe
from labelinfo.seeds import derive_seed
from labelinfo.training.device import resolve_device

_THUMBNAILS = 8


def picture_run(
    run: Run,
    spec: VaeSpec,
    settings: dict[str, Any],
    *,
    title: str,
    dataset_file: Path | str,
    weights_file: Path | str,
    measure_file: Path | str,
    target: Path | str,
    thumbnail: Path | str,
    kept: Path | str,
    device: str,
    code: str,
) -> None:
    """Draw the run's reconstructions and samples, with its R and D above them.

    ``thumbnail`` gets a few of the images above their reconstructions, pixel by pixel, for pages;
    of a diverged run it is empty. ``kept`` gets the images themselves, for the gallery along β.
    """
    dataset = load_dataset(dataset_file)
    trained = load_vae(weights_file, spec, run)
    origin = describe("draw_gallery", code=code, config={"gallery": settings}, data=dataset.digests)
    of: dict[str, Any] = {**run.columns, "status": trained.status}
    heading = f"{title}: {run.architecture}, β = {run.beta}, seed {run.seed}"
    if trained.status != "ok":
        save_figure(draw_gallery(None, f"{heading}: {trained.status}"), [target])
        _save_pixels(thumbnail, np.zeros((1, 1)))
        write_pictures(kept, None, of, origin)
        return
    pictures = make_pictures(
        trained.model.to(resolve_device(device)),
        dataset.test,
        **settings,
        seed=derive_seed(*run.identity, "pictures"),
    )
    measured = read_table(measure_file).iloc[0]
    of |= {name: float(measured[name]) for name in ("rate_nats", "distortion_nats")}
    heading += f"\nR = {measured['rate_nats']:.1f} nats, D = {measured['distortion_nats']:.1f} nats"
    save_figure(draw_gallery(pictures, heading), [target])
    rows = [pictures.originals[:_THUMBNAILS], pictures.reconstructions[0][:_THUMBNAILS]]
    _save_pixels(thumbnail, mosaic(rows))
    write_pictures(kept, pictures, of, origin)


def _save_pixels(path: Path | str, grey: np.ndarray) -> None:
    """Write 1 as black and 0 as white, to a small PNG."""
    with atomic_path(path) as temporary:
        Image.fromarray(np.uint8(np.round(255 * (1 - grey)))).save(
            temporary, format="png", optimize=True
        )
