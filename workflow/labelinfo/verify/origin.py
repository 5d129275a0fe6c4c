"""What a published table says of how a row was made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.code_digest import code_digest
from labelinfo.config.run import Run, beta_key
from labelinfo.errors import StorageError
from labelinfo.models.registry import COMPONENTS
from labelinfo.models.vae import VaeSpec
from labelinfo.provenance import versions

_WORKFLOW = Path(__file__).parents[2]
# the stages that train, by `training_mode`
TRAINING_STAGES = {"separate": ("train_vae",), "path": ("train_path", "cool_vae")}

Origins = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class RowOrigin:
    """How one row was made.

    Attributes
    ----------
    run, task, spec
        Whose numbers they are, for which labels, and what the VAE is made of.
    training, measure, probe
        The configuration's sections that the three stages read.
    path, betas
        Of a run that cooled down from a path: the section `path`, and β of the path's snapshots;
        else None.
    strong_probe
        The recipe of the task's strong probe.
    unlike_here
        What is not as it was then, in words; the same bits are due only where this is empty.
    """

    run: Run
    task: str
    spec: VaeSpec
    training: dict[str, Any]
    path: dict[str, Any] | None
    betas: list[float] | None
    measure: dict[str, Any]
    probe: dict[str, Any]
    strong_probe: dict[str, Any]
    unlike_here: tuple[str, ...]


def origin_of(row: pd.Series, origins: Origins, device: str, data: dict[str, Any]) -> RowOrigin:
    """Return how a row of the table of runs was made.

    Parameters
    ----------
    row
        Of the table.
    origins
        The table's provenance: the distinct origins by stage.
    device
        What computes here, as a table names it.
    data
        The digests of the row's data set.

    Raises
    ------
    StorageError
        If the provenance does not tell, or names several ways.
    """
    run = Run(
        *(row[key] for key in ("dataset", "encoder", "decoder", "marginal")),
        beta_key(row["beta"]),
        int(row["seed"]),
    )
    try:
        paths = {
            kind: COMPONENTS[f"{kind}s"][row[kind]] for kind in ("encoder", "decoder", "marginal")
        }
    except KeyError as error:
        raise StorageError(
            f"The row is of the component {error}, which is not one of the package's, so it cannot "
            "be recomputed from the table alone: run its workflow again."
        ) from error
    stages = TRAINING_STAGES[row.get("training_mode") or "separate"]
    trained = {
        stage: [
            origin
            for origin in origins.get(stage, [])
            if origin["data"] == data
            and all(origin["config"]["model"][kind] == path for kind, path in paths.items())
        ]
        for stage in stages
    }
    of_data = {
        stage: [origin for origin in origins.get(stage, []) if origin["data"] == data]
        for stage in ("measure_vae", "train_probe")
    }
    # each task has its own strong probe
    of_data["train_probe"] = [
        origin for origin in of_data["train_probe"] if origin["config"].get("task") == row["task"]
    ]
    candidates = trained | of_data
    found = {stage: _only(each, stage, run) for stage, each in candidates.items()}
    train = found[stages[-1]]
    followed = found["train_path"]["config"] if "train_path" in stages else None
    return RowOrigin(
        run=run,
        task=row["task"],
        spec=VaeSpec(**train["config"]["model"]),
        training=train["config"]["training"] | _precision(row),
        path=followed and followed["path"] | train["config"]["path"],
        betas=followed and followed["betas"],
        measure=found["measure_vae"]["config"]["measure"],
        probe=found["train_probe"]["config"]["probe"],
        strong_probe=found["train_probe"]["config"]["strong_probe"],
        unlike_here=tuple(_unlike_here(row, candidates, paths, device)),
    )


def _precision(row: pd.Series) -> dict[str, str]:
    # not what `auto` would come to here
    precision = row.get("precision")
    return {"precision": precision} if precision in ("bfloat16", "float32") else {}


def _only(found: list[dict[str, Any]], stage: str, run: Run) -> dict[str, Any]:
    # origins that differ in their code alone are one way to make it
    ways = {repr(origin["config"]): origin for origin in found}
    if len(ways) != 1:
        raise StorageError(
            f"The table tells {len(ways)} ways in which {stage} made {'-'.join(run.identity[:4])}: "
            "only a table of one configuration can be verified."
        )
    return next(iter(ways.values()))


def _unlike_here(
    row: pd.Series, candidates: Origins, paths: dict[str, str], device: str
) -> list[str]:
    reasons = []
    if row["device"] != device:
        reasons.append(f"it was made on {row['device']}, this is {device}")
    roots = (_WORKFLOW, _WORKFLOW.parent)
    modules = [path.partition(":")[0] for path in paths.values()]
    for stage, each in candidates.items():
        # each architecture has its own, and a measured row does not say which is its
        then = {origin["code"] for origin in each}
        if code_digest(_WORKFLOW / "scripts" / f"{stage}.py", modules, roots) not in then:
            reasons.append(f"the code of {stage} has changed")
    now = versions()
    changed = {
        f"{name} {origin['versions'].get(name)} → {now[name]}": None
        for each in candidates.values()
        for origin in each
        for name in now
        if origin["versions"].get(name) != now[name]
    }
    if changed:
        reasons.append("versions are others: " + ", ".join(changed))
    return reasons


def unlike_made(row: pd.Series, made: pd.Series) -> list[str]:
    """Return the differences of a recomputed row, in words."""
    then = row.get("compiled")
    if pd.isna(then) or bool(then) == bool(made["compiled"]):
        return []
    how = {True: "compiled", False: "not compiled"}
    return [f"its steps were {how[bool(then)]}, here they are {how[bool(made['compiled'])]}"]
