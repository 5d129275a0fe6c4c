"""The states and the hours left of one experiment, from its configuration and its folder."""

from pathlib import Path
from typing import Any

from labelinfo.config.plan import planned_jobs, training_epochs
from labelinfo.io.tables import read_table
from labelinfo.machine import gpus, uses_gpu
from labelinfo.progress.estimate import Estimate, Scale, estimate_left
from labelinfo.progress.states import JobState, job_states

# taken of data sets that are not prepared yet: static MNIST's
_TRAINING_IMAGES = 50_000
_LONG_HOURS = 10.0


def examine(config: dict[str, Any], out: Path) -> tuple[list[JobState], Estimate, str]:
    """Return the states of an experiment's jobs, what is left, and its unit.

    Parameters
    ----------
    config
        A completed configuration.
    out
        The experiment's folder.
    """
    states = job_states(planned_jobs(config), out)
    scale = Scale(
        on_gpu=_on_gpu(config, states, out),
        jobs_per_gpu=config["machine"]["jobs_per_gpu"],
        epochs=training_epochs(config),
        images={name: _images(config, out, name) for name in config["sweep"]["datasets"]},
        width=config["model"]["width"],
    )
    unit = "GPU-hours" if scale.on_gpu else "core-hours"
    return states, estimate_left(states, out, scale), unit


def long_run_notice(config: dict[str, Any], out: Path, at_once: int) -> str:
    """Return one line on a run of more than ten hours and what to do about it, else nothing.

    Parameters
    ----------
    config, out
        As for :func:`examine`.
    at_once
        Cores that compute at a time; of GPUs those of this machine count.
    """
    _, left, unit = examine(config, out)
    if unit == "GPU-hours":
        at_once = max(1, len(gpus()))
    if left.total / at_once <= _LONG_HOURS:
        return ""
    of = unit.removesuffix("-hours") + ("s" if at_once > 1 else "")
    return (
        f"About {left.total / at_once:,.0f} hours are left: {left.total:,.0f} {unit} on {at_once} "
        f"{of}{', for trainings alone' if left.unknown else ''}. Interrupt it whenever you like: "
        "the same command goes on. docs/cluster.md says how to spread it over more machines."
    )


def _on_gpu(config: dict[str, Any], states: list[JobState], out: Path) -> bool:
    """Return whether trainings are on GPUs; they may be on other machines than this one."""
    for each in states:
        if each.job.stage in training_epochs(config) and each.state == "done":
            return not str(read_table(out / each.job.result)["device"].iloc[0]).startswith("cpu")
    return uses_gpu(config["machine"]["device"])


def _images(config: dict[str, Any], out: Path, dataset: str) -> int:
    summary = out / "prepare_dataset" / dataset / "summary.parquet"
    if not summary.exists():
        limit = config["datasets"][dataset]["limit"].get("train")
        return min(limit or _TRAINING_IMAGES, _TRAINING_IMAGES)
    table = read_table(summary)
    return int(table.loc[table["split"] == "train", "images"].iloc[0])
