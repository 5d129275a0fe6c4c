"""Probe the codes of one run for one task."""

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
from labelinfo.probes.both import KINDS, LOSSES, ProbeSettings, both_columns, log_point, probe_both
from labelinfo.probes.codes import Codes, VaeCodes
from labelinfo.probes.encoding import load_features
from labelinfo.probes.measure import TaskLabels
from labelinfo.probes.prequential import prequential_label_nats
from labelinfo.probes.recipe import Identity
from labelinfo.provenance import describe
from labelinfo.training.device import resolve_device


def probe_run(
    run: Run,
    spec: VaeSpec,
    task: str,
    settings: dict[str, Any],
    *,
    files: dict[str, Path | str],
    device: str,
    code: str,
    compiled_folder: Path | str | None = None,
) -> None:
    """Train the probes of a run for one task and write what they reach.

    A diverged run gets its row with no numbers in it, and no losses.

    Parameters
    ----------
    run, spec, task
        What is probed, what its VAE is made of, for which labels.
    settings
        ``probe``, that section of the configuration, and ``strong_probe``, the task's recipe.
    files
        ``dataset``, ``weights`` (the best) and ``features`` (that
        :func:`~labelinfo.probes.encoding.encode_run` wrote of both) are read; ``table`` of one row
        and the losses of each test image, ``losses`` and ``strong_losses``, are written.
    device, code
        Where to compute; digest of the stage's code.
    compiled_folder
        Where compiled code is kept for other probes.
    """
    dataset, vae = load_dataset(files["dataset"]), load_vae(files["weights"], spec, run)
    where, folder = resolve_device(device), compiled_folder and Path(compiled_folder)
    probe, strong = settings["probe"], settings["strong_probe"]
    labels = TaskLabels.of(dataset, task)
    images = len(labels.splits["train"])
    resolved = ProbeSettings.of(probe, strong).resolved(images, where, folder)
    row: dict[str, Any] = {}
    losses = dict.fromkeys(KINDS, np.empty((0, 0)))
    if vae.status == "ok":
        features = load_features(files["features"], vae.weights_sha256).to(where)
        codes = labels.codes_of(VaeCodes(vae.model.encoder, features))
        identity = (*run.identity, "probe", task)
        row, losses = _probed(codes, labels, resolved, identity, probe["seeds"], folder)
        if labels.classes <= probe["prequential_classes_max"]:
            row["prequential_label_nats"] = prequential_label_nats(
                codes,
                labels,
                resolved.strong,
                (*identity, "prequential"),
                compiled_folder=folder,
            )
    # a task of its own in the origin, as each has its own strong recipe
    config = {
        "probe": probe | {"precision": resolved.paper.precision},
        "strong_probe": strong | {"precision": resolved.strong.precision},
        "task": task,
    }
    origin = describe("train_probe", code=code, config=config, data=dataset.digests)
    of: dict[str, Any] = {**run.columns, "task": task}
    for kind, target in LOSSES.items():
        write_losses(files[target], losses[kind], of | {"probe": kind}, origin)
    state = {"status": vae.status, "weights_sha256": vae.weights_sha256}
    write_table(files["table"], pd.DataFrame([{**of, **state, **row}]), origin)


def _probed(
    codes: Codes,
    labels: TaskLabels,
    settings: ProbeSettings,
    identity: Identity,
    seeds: int,
    compiled_folder: Path | None,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the columns of a run's row, and the losses of either kind, means over probe seeds."""
    # the first has the seeds that it has if it is the only one
    identities = [identity, *((*identity, "seed", seed) for seed in range(1, seeds))]
    probed = probe_both(
        codes,
        labels,
        settings,
        identities,
        ["vae"] * seeds,
        compiled_folder=compiled_folder,
    )
    means = {kind: each.over_seeds() for kind, each in probed.items()}
    row = both_columns(means) | {
        "probe_seeds": seeds,
        "label_distortion_probe_sd_nats": probed["paper"].seed_sd_nats,
        "strong_label_distortion_probe_sd_nats": probed["strong"].seed_sd_nats,
    }
    log_point(row)
    return row, {kind: each.losses for kind, each in means.items()}
