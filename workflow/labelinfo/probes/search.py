"""The search for the strong probe of a data set and task."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from labelinfo.baselines.chosen import RECIPE
from labelinfo.config.probe_settings import TaskProbeSettings
from labelinfo.config.run import Run
from labelinfo.data.dataset import load_dataset
from labelinfo.errors import LabelinfoError
from labelinfo.io.tables import write_table
from labelinfo.models.saved import load_vae
from labelinfo.models.vae import VaeSpec
from labelinfo.probes.codes import TaskLabels
from labelinfo.probes.encoding import codes_of_run
from labelinfo.probes.fit import fit_probes
from labelinfo.probes.recipe import StrongRecipe
from labelinfo.provenance import describe
from labelinfo.training.device import resolve_device

logger = logging.getLogger(__name__)


def search_probe(
    runs: list[tuple[Run, Path | str]],
    spec: VaeSpec,
    task: str,
    settings: TaskProbeSettings,
    *,
    files: dict[str, Path | str],
    device: str,
    code: str,
) -> None:
    """Train one candidate on the codes of each run and write its mean C on validation.

    The test split is not used. Diverged runs are left out.

    ``runs`` are those of one architecture, with their weights. ``settings`` has the candidate's
    recipe, and ``precision`` and ``binarizations`` of the section ``probe``. ``files`` names the
    prepared ``dataset`` to read and the ``table`` of one row to write.

    Raises
    ------
    LabelinfoError
        If all runs diverged.
    """
    dataset = load_dataset(files["dataset"])
    where = resolve_device(device)
    labels = TaskLabels.of(dataset, task)
    probe, candidate = settings.probe, settings.strong_probe
    recipe = StrongRecipe.of(candidate, probe.precision)
    recipe = recipe.resolved(len(labels.splits["train"]), where)
    nats = []
    for run, weights in runs:
        vae = load_vae(weights, spec, run)
        if vae.status == "ok":
            codes = codes_of_run(
                run,
                vae.model.encoder,
                dataset,
                binarizations=probe.binarizations,
                device=where,
            )
            identity = (*run.identity, "probe search", task)
            fitted = fit_probes(labels.codes_of(codes), labels, recipe, [identity], ["candidate"])
            nats.append(float(fitted.best_valid_nats[0]))
    if not nats:
        raise LabelinfoError(
            f"A strong probe for {task} cannot be searched, as the runs to try it on diverged: set "
            "the config key `strong_probe.search` to false."
        )
    row = {"dataset": dataset.name, "task": task}
    row |= {name: getattr(candidate, name) for name in RECIPE}
    row |= {"label_distortion_valid_nats": np.mean(nats), "n_runs": len(nats)}
    logger.info("%s: C %.4f nats on valid, of %d runs", row, np.mean(nats), len(nats))
    config = candidate.as_dict() | probe.as_dict()
    origin = describe("search_probe", code=code, config=config, data=dataset.digests)
    write_table(files["table"], pd.DataFrame([row]), origin)
