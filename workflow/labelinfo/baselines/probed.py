"""One point of a baseline that is measured by both probes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from labelinfo.baselines.points import Point, write_point
from labelinfo.config.probe_settings import TaskProbeSettings
from labelinfo.data.dataset import Dataset
from labelinfo.probes.both import LOSSES, ProbeRecipes, both_columns, probe_both
from labelinfo.probes.codes import Codes, TaskLabels
from labelinfo.probes.recipe import Identity


def write_probed(
    files: dict[str, Path | str],
    dataset: Dataset,
    point: Point,
    codes: Codes,
    settings: TaskProbeSettings,
    identity: Identity,
    origin: dict[str, Any],
) -> None:
    """Train both probes on a deterministic code of the images and write their C and accuracy.

    Parameters
    ----------
    files
        Outputs ``table`` of one row, and ``losses`` and ``strong_losses`` of each test image.
    codes
        Codes of all images; images without a label of ``point.task`` are not used.
    identity
        Root of the probes' seeds.
    origin
        Provenance of the tables, without the precisions.
    """
    # all draws of a deterministic code are equal
    own = replace(ProbeRecipes.of(settings), samples=1)
    labels = TaskLabels.of(dataset, point.task)
    codes = labels.codes_of(codes)
    own = own.resolved(len(labels.splits["train"]), codes.device)
    origin = origin | {"config": origin["config"] | {"precisions": own.precisions}}
    probed = probe_both(codes, labels, own, [identity], ["probe"])
    losses = {
        files[target]: (probed[kind].losses, {"probe": kind}) for kind, target in LOSSES.items()
    }
    write_point(files["table"], losses, dataset, point, both_columns(probed), origin)
