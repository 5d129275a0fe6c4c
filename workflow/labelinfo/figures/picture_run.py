"""Draw the pictures of one run of the sweep."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from labelinfo.config.output_settings import GallerySettings
from labelinfo.config.run import Run
from labelinfo.data.dataset import load_dataset
from labelinfo.figures.gallery import draw_gallery, mosaic
from labelinfo.figures.style import save_figure
from labelinfo.io.atomic import atomic_path
from labelinfo.io.pictures import write_pictures
from labelinfo.io.tables import read_table
from labelinfo.measure.pictures import choose_over_classes, make_pictures
from labelinfo.models.saved import load_vae
from labelinfo.models.vae import VaeSpec
from labelinfo.provenance import describe
from labelinfo.seeds import derive_seed
from labelinfo.training.device import resolve_device

_THUMBNAILS = 10


def picture_run(
    run: Run,
    spec: VaeSpec,
    settings: GallerySettings,
    *,
    title: str,
    files: Mapping[str, str],
    device: str,
    code: str,
) -> None:
    """Draw the run's reconstructions and samples, with its R, D, C and accuracy above them.

    The test images cover the classes of the probed task and are the same for all runs of a data
    set. The thumbnail of a diverged run is empty.

    Parameters
    ----------
    files
        Inputs: ``dataset``, ``weights``, the rows ``measure`` and ``probe``. Outputs: ``picture``,
        the gallery; ``thumbnail``, a small PNG of images above their reconstructions; ``pictures``,
        the images for the gallery along β.
    """
    dataset = load_dataset(files["dataset"])
    trained = load_vae(files["weights"], spec, run)
    config = {"gallery": settings.as_dict()}
    origin = describe("draw_gallery", code=code, config=config, data=dataset.digests)
    of: dict[str, Any] = {**run.columns, "status": trained.status}
    heading = f"{title}: {run.architecture}, β = {run.beta}, seed {run.seed}"
    if trained.status != "ok":
        save_figure(draw_gallery(None, f"{heading}: {trained.status}"), [files["picture"]])
        _save_pixels(files["thumbnail"], np.zeros((1, 1)))
        write_pictures(files["pictures"], None, of, origin)
        return
    measured, probed = (read_table(file).iloc[0] for file in (files["measure"], files["probe"]))
    task = probed["task"]
    chosen = choose_over_classes(
        dataset.test.labels[task], settings.images, derive_seed(run.dataset, task, "pictures")
    )
    pictures = make_pictures(
        trained.model.to(resolve_device(device)),
        dataset.test.images[chosen],
        reconstructions=settings.reconstructions,
        seed=derive_seed(*run.identity, "pictures"),
    )
    of |= {name: float(measured[name]) for name in ("rate_nats", "distortion_nats")}
    of |= {name: float(probed[name]) for name in ("label_distortion_nats", "label_accuracy")}
    heading += (
        f"\nR = {of['rate_nats']:.1f} nats, D = {of['distortion_nats']:.1f} nats; {task}: "
        f"C = {of['label_distortion_nats']:.3f} nats, accuracy {of['label_accuracy']:.1%}"
    )
    save_figure(draw_gallery(pictures, heading), [files["picture"]])
    few = _over_classes(dataset.test.labels[task][chosen].cpu().numpy())
    thumbnail = mosaic([pictures.originals[few], pictures.reconstructions[0][few]])
    _save_pixels(files["thumbnail"], thumbnail)
    write_pictures(files["pictures"], pictures, of, origin)


def _over_classes(labels: np.ndarray) -> np.ndarray:
    """Return positions of a few images, further images of a class only after all classes."""
    earlier = pd.Series(labels).groupby(labels).cumcount().to_numpy()
    return np.sort(np.argsort(earlier, kind="stable")[:_THUMBNAILS])


def _save_pixels(path: Path | str, grey: np.ndarray) -> None:
    """Write 1 as black and 0 as white, to a small PNG."""
    with atomic_path(path) as temporary:
        Image.fromarray(np.uint8(np.round(255 * (1 - grey)))).save(
            temporary, format="png", optimize=True
        )
