"""The configuration behind a published row, read from the provenance of its table."""

from typing import Any

import pandas as pd

from labelinfo.config.completion import complete
from labelinfo.errors import ConfigError, StorageError
from labelinfo.models.registry import COMPONENTS

# the stages that train, by `training_mode`
_TRAINING_STAGES = {"separate": ("train_vae",), "path": ("train_path", "cool_vae")}
# the name of the recomputed experiment
EXPERIMENT = "verified"

Origins = dict[str, list[dict[str, Any]]]


def origins_of_row(row: pd.Series, origins: Origins, data: dict[str, str]) -> Origins:
    """Return the origins of one row of a table with these ``origins``, by stage.

    A row does not name its code, so a stage that ran for several architectures has several origins
    that differ in code alone. ``data`` has the digests of the row's data set.

    Raises
    ------
    StorageError
        If a component is not the package's, or if the provenance has no or several settings for the
        row.
    """
    try:
        model = {
            kind: COMPONENTS[f"{kind}s"][row[kind]] for kind in ("encoder", "decoder", "marginal")
        }
    except KeyError as error:
        raise StorageError(
            f"The row has the component {error}, which is not one of the package's, so it cannot "
            "be recomputed from the table alone: run its workflow again."
        ) from error
    training_stages = _TRAINING_STAGES[row.get("training_mode") or "separate"]
    samples = row.get("samples")

    def fits(stage: str, config: dict[str, Any]) -> bool:
        if stage in training_stages:
            return model.items() <= config["model"].items()
        if stage == "measure_vae":
            # joined slices may differ in the number of draws; older tables do not name it
            return pd.isna(samples) or config["measure"]["samples"] == samples
        # each task has its own strong probe
        return config.get("task") == row["task"]

    found = {
        stage: [
            each
            for each in origins.get(stage, [])
            if each["data"] == data and fits(stage, each["config"])
        ]
        for stage in (*training_stages, "measure_vae", "train_probe")
    }
    for stage, each in found.items():
        settings = {repr(origin["config"]) for origin in each}
        if len(settings) != 1:
            raise StorageError(
                f"The table has {len(settings)} settings of {stage} for {row['dataset']}, "
                f"{'-'.join(row[kind] for kind in model)}: only a table of one configuration can "
                "be verified."
            )
    return found


def row_config(
    row: pd.Series, found: Origins, prepared: dict[str, Any], definition: dict[str, Any]
) -> dict[str, Any]:
    """Return the configuration that makes one row: its run, task and data set alone.

    ``found`` are the row's origins by stage; ``prepared`` is its data set's origin, and
    ``definition`` the data set's entry in the catalogue, which names its files.

    Raises
    ------
    StorageError
        If this version has no such configuration.
    """
    name, decoder = row["dataset"], row["decoder"]
    settings = {stage: each[0]["config"] for stage, each in found.items()}
    probe = settings["train_probe"]
    config = {
        "experiment": EXPERIMENT,
        "sweep": {
            "datasets": [name],
            "architectures": [f"{row['encoder']}-{decoder}-{row['marginal']}"],
            "betas": {decoder: [float(row["beta"])]},
            "seeds": [int(row["seed"])],
            "baselines": [],
        },
        # the published data was checked
        "data": prepared["config"]["data"] | {"duplicates_max_share": 1.0},
        "datasets": {
            name: definition
            | prepared["config"]["datasets"][name]
            | {"tasks": [row["task"]], "matched_distinct_min_share": 0}
        },
        **_training(row, settings),
        "measure": settings["measure_vae"]["measure"],
        "probe": probe["probe"],
        "strong_probe": {"recipes": _of_every_task(probe["strong_probe"])},
    }
    try:
        return complete(config)
    except ConfigError as error:
        raise StorageError(
            f"The table was made with settings that this version does not have ({error}): check "
            "out the version that made it."
        ) from error


def _training(row: pd.Series, settings: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the sections `training`, `path` and `model`."""
    trained = settings.get("train_vae") or settings["cool_vae"]
    model = trained["model"]
    options = {row[kind]: each for kind, each in model["options"].items() if each}
    sections = {
        "training": dict(trained["training"]),
        "model": {key: model[key] for key in ("latent_dim", "width")} | options,
    }
    # the precision of the published run, not what `auto` would choose here
    if row.get("precision") in ("bfloat16", "float32"):
        sections["training"]["precision"] = row["precision"]
    if "cool_vae" in settings:
        betas = trained["betas"]
        sections["training"]["mode"] = "path"
        sections["path"] = settings["train_path"]["path"] | trained["path"]
        sections["path"]["ends"] = {row["decoder"]: [betas[0], betas[-1]]}
    return sections


def _of_every_task(recipe: dict[str, Any]) -> dict[str, dict[str, Any]]:
    # precision is a setting of `probe`
    recipe = {key: value for key, value in recipe.items() if key != "precision"}
    return dict.fromkeys(complete({})["strong_probe"]["recipes"], recipe)


def differences_in_origin(
    row: pd.Series, found: Origins, remade: pd.Series, remade_origins: Origins
) -> list[str]:
    """Return the differences in machine, code and versions; without any, bits must agree."""
    reasons = []
    if row["device"] != remade["device"]:
        reasons.append(f"it was made on {row['device']}, this is {remade['device']}")
    changed = {}
    for stage, each in found.items():
        (now,) = remade_origins[stage]
        if now["code"] not in {origin["code"] for origin in each}:
            reasons.append(f"the code of {stage} has changed")
        for name, version in now["versions"].items():
            then = {str(origin["versions"].get(name)) for origin in each} - {version}
            changed |= {f"{name} {other} → {version}": None for other in sorted(then)}
    if changed:
        reasons.append("versions are others: " + ", ".join(changed))
    then = row.get("compiled")
    if pd.notna(then) and bool(then) != bool(remade["compiled"]):
        how = {True: "compiled", False: "not compiled"}
        reasons.append(f"its steps were {how[bool(then)]}, here they are {how[not then]}")
    return reasons
