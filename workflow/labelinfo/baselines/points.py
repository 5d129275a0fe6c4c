"""One point of a baseline of unbounded rate: a task and a seed."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.data.dataset import Dataset
from labelinfo.io.tables import write_table
from labelinfo.probes.feature_codes import FeatureCodes
from labelinfo.probes.fit import fit_probes, measure_probes
from labelinfo.seeds import derive_seed
from labelinfo.tables.baselines import baseline_rows

logger = logging.getLogger(__name__)


def probed_point(
    codes: FeatureCodes,
    dataset: Dataset,
    task: str,
    settings: dict[str, Any],
    identity: tuple[str | int, ...],
) -> dict[str, Any]:
    """Train a probe on deterministic codes; return C and accuracy on test, and C on valid."""
    classes = len(dataset.classes[task])
    labels = dataset.train.labels[task]
    probes = fit_probes(codes, labels, classes, settings, identity, ["probe"])
    test, valid = (
        measure_probes(
            probes,
            codes,
            name,
            dataset.split(name).labels[task],
            samples=1,  # the code is deterministic
            seed=derive_seed(*identity, "measure", name),
        ).row(0)
        for name in ("test", "valid")
    )
    return point_of(test, valid)


def point_of(test: dict[str, float], valid: dict[str, float]) -> dict[str, Any]:
    """Return one point of a baseline, from what was measured on test and on validation."""
    return {**test, "label_distortion_valid_nats": valid["label_distortion_nats"]}


def write_point(
    target: Path | str,
    dataset: Dataset,
    task: str,
    baseline: str,
    seed: int,
    point: dict[str, Any],
    params: list[str],
    origin: dict[str, Any],
) -> None:
    """Write one point of a baseline as a table of one row; ``params`` of it describe the point."""
    logger.info(
        "%s, %s, seed %d: C = %.3f ± %.3f nats, accuracy %.1f %%",
        baseline,
        task,
        seed,
        point["label_distortion_nats"],
        point["label_distortion_nats_se"],
        100 * point["label_accuracy"],
    )
    table = baseline_rows(
        dataset.name, task, baseline, pd.DataFrame([point]), params=params, seed=seed
    )
    write_table(target, table, origin)
