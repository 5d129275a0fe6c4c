"""Say how far an experiment has come: ``python -m labelinfo.progress --configfile OVERLAY``."""

import argparse
import sys
from pathlib import Path
from typing import Any

from labelinfo.config.experiment import read_config
from labelinfo.config.plan import planned_jobs, training_epochs
from labelinfo.errors import LabelinfoError
from labelinfo.io.tables import read_table
from labelinfo.machine import uses_gpu
from labelinfo.progress.estimate import Scale, estimate_left
from labelinfo.progress.report import progress_report
from labelinfo.progress.states import JobState, job_states

# taken of data sets that are not prepared yet: static MNIST's
_TRAINING_IMAGES = 50_000


def progress(overlays: list[Path], results: Path = Path("results")) -> str:
    """Return the progress of the experiment that ``config.yaml`` and overlays describe."""
    config = read_config(overlays)
    out = results / config["experiment"]
    states = job_states(planned_jobs(config), out)
    scale = Scale(
        on_gpu=_on_gpu(config, states, out),
        jobs_per_gpu=config["machine"]["jobs_per_gpu"],
        epochs=training_epochs(config),
        images={name: _images(config, out, name) for name in config["sweep"]["datasets"]},
    )
    unit = "GPU-hours" if scale.on_gpu else "core-hours"
    left = estimate_left(states, out, scale)
    told = progress_report(config["experiment"], states, left, out, unit)
    assumed = [
        f"{name} to have {images:,} training images"
        for name, images in scale.images.items()
        if not _summary(out, name).exists()
    ]
    if assumed and left.hours:
        told += f"\nUntil a data set is prepared, it is guessed: {', '.join(assumed)}.\n"
    return told


def _on_gpu(config: dict[str, Any], states: list[JobState], out: Path) -> bool:
    """Return whether trainings are on GPUs; they may be on other machines than this one."""
    for each in states:
        if each.job.stage in training_epochs(config) and each.state == "done":
            return not str(read_table(out / each.job.result)["device"].iloc[0]).startswith("cpu")
    return uses_gpu(config["machine"]["device"])


def _summary(out: Path, dataset: str) -> Path:
    return out / "prepare_dataset" / dataset / "summary.parquet"


def _images(config: dict[str, Any], out: Path, dataset: str) -> int:
    summary = _summary(out, dataset)
    if not summary.exists():
        limit = config["datasets"][dataset]["limit"].get("train")
        return min(limit or _TRAINING_IMAGES, _TRAINING_IMAGES)
    table = read_table(summary)
    return int(table.loc[table["split"] == "train", "images"].iloc[0])


def main() -> None:
    """Print the progress."""
    parser = argparse.ArgumentParser(prog="python -m labelinfo.progress", description=__doc__)
    parser.add_argument(
        "--configfile", nargs="*", type=Path, default=[], help="overlays, as for Snakemake"
    )
    options = parser.parse_args()
    try:
        sys.stdout.write(progress(options.configfile))
    except LabelinfoError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
