"""Probe the codes of one run for one task."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.config.probe_settings import TaskProbeSettings
from labelinfo.config.run import Run
from labelinfo.data.dataset import load_dataset
from labelinfo.io.losses import write_losses
from labelinfo.io.tables import write_table
from labelinfo.models.saved import load_vae
from labelinfo.models.vae import VaeSpec
from labelinfo.probes.both import KINDS, LOSSES, ProbeRecipes, both_columns, log_point, probe_both
from labelinfo.probes.codes import Codes, TaskLabels
from labelinfo.probes.encoding import codes_of_run
from labelinfo.probes.prequential import prequential_label_nats
from labelinfo.probes.recipe import Identity
from labelinfo.provenance import describe
from labelinfo.training.device import resolve_device


def probe_run(
    run: Run,
    spec: VaeSpec,
    task: str,
    settings: TaskProbeSettings,
    *,
    files: dict[str, Path | str],
    device: str,
    code: str,
) -> None:
    """Train both probes of a run for one task and write C and the losses of each test image.

    A diverged run gets a row without numbers, and no losses.

    Parameters
    ----------
    files
        Inputs ``dataset`` and ``weights`` (the best); outputs ``table`` of one row, ``losses`` and
        ``strong_losses``.
    """
    dataset, vae = load_dataset(files["dataset"]), load_vae(files["weights"], spec, run)
    where = resolve_device(device)
    probe = settings.probe
    labels = TaskLabels.of(dataset, task)
    recipes = ProbeRecipes.of(settings).resolved(len(labels.splits["train"]), where)
    row: dict[str, Any] = {}
    losses = dict.fromkeys(KINDS, np.empty((0, 0)))
    if vae.status == "ok":
        draws = probe.binarizations
        encoded = codes_of_run(run, vae.model.encoder, dataset, binarizations=draws, device=where)
        codes = labels.codes_of(encoded)
        identity = (*run.identity, "probe", task)
        row, losses = _probed(codes, labels, recipes, identity, probe.seeds)
        if labels.classes <= probe.prequential_classes_max:
            row["prequential_label_nats"] = prequential_label_nats(
                codes, labels, recipes.strong, (*identity, "prequential")
            )
    # with the task, because each task has its own strong recipe
    config = {
        "probe": probe.as_dict() | {"precision": recipes.paper.precision},
        "strong_probe": settings.strong_probe.as_dict() | {"precision": recipes.strong.precision},
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
    recipes: ProbeRecipes,
    identity: Identity,
    seeds: int,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the columns of a run's row and the losses of each kind, as means over probe seeds."""
    # the first identity does not depend on the number of seeds
    identities = [identity, *((*identity, "seed", seed) for seed in range(1, seeds))]
    probed = probe_both(codes, labels, recipes, identities, ["vae"] * seeds)
    means = {kind: each.over_seeds() for kind, each in probed.items()}
    row = both_columns(means) | {
        "probe_seeds": seeds,
        "label_distortion_probe_sd_nats": probed["paper"].seed_sd_nats,
        "strong_label_distortion_probe_sd_nats": probed["strong"].seed_sd_nats,
    }
    log_point(row)
    return row, {kind: each.losses for kind, each in means.items()}
