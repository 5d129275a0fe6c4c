"""Probe the codes of one run for one task."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.config.run import Run
from labelinfo.data.dataset import load_dataset
from labelinfo.io.losses import write_losses
from labelinfo.io.tables import write_table
from labelinfo.models.saved import load_vae
from labelinfo.models.vae import VaeSpec
from labelinfo.probes.fit import fit_and_measure
from labelinfo.probes.precision import resolve_probe_precision
from labelinfo.probes.vae_codes import VaeCodes
from labelinfo.provenance import describe
from labelinfo.training.device import resolve_device

logger = logging.getLogger(__name__)


def probe_run(
    run: Run,
    spec: VaeSpec,
    task: str,
    settings: dict[str, Any],
    *,
    dataset_file: Path | str,
    weights_file: Path | str,
    target: Path | str,
    losses_target: Path | str,
    device: str,
    code: str,
    compiled_folder: Path | str | None = None,
) -> None:
    """Train a probe on the run's codes and write C and accuracy: on test, and C on validation.

    A diverged run gets its row with no numbers in it, and no losses.

    Parameters
    ----------
    run, spec, task, settings
        What is probed, what its VAE is made of, for which labels, and the configuration's ``probe``
        section.
    dataset_file, weights_file
        The prepared data set and the best weights.
    target, losses_target
        The one-row table, and the one of the losses of each test image.
    device, code
        Where to compute; digest of the stage's code.
    compiled_folder
        Where compiled code is kept for other probes.
    """
    dataset = load_dataset(dataset_file)
    where, folder = resolve_device(device), compiled_folder and Path(compiled_folder)
    settings = resolve_probe_precision(settings, len(dataset.train), where, folder)
    trained = load_vae(weights_file, spec, run)
    of: dict[str, Any] = {**run.columns, "task": task}
    row: dict[str, Any] = {
        **of,
        "status": trained.status,
        "weights_sha256": trained.weights_sha256,
    }
    losses = np.empty((0, 0))
    if trained.status == "ok":
        identity = (*run.identity, "probe", task)
        codes = VaeCodes(
            trained.model.encoder,
            dataset,
            binarizations=settings["binarizations"],
            identity=run.identity,
            device=where,
        )
        point, losses = fit_and_measure(
            codes,
            dataset,
            task,
            settings,
            identity,
            "vae",
            samples=settings["samples"],
            compiled_folder=folder,
        )
        row |= point
        logger.info(
            "C = %.3f ± %.3f nats, accuracy %.1f %%",
            row["label_distortion_nats"],
            row["label_distortion_nats_se"],
            100 * row["label_accuracy"],
        )
    origin = describe("train_probe", code=code, config={"probe": settings}, data=dataset.digests)
    write_losses(losses_target, losses, of, origin)
    write_table(target, pd.DataFrame([row]), origin)
