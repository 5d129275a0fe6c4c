"""Train one run of the sweep and keep its files."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.config.model_settings import TrainingSettings
from labelinfo.config.run import Run
from labelinfo.data.dataset import Dataset, load_dataset
from labelinfo.io.checkpoints import alone, lock_of
from labelinfo.io.tables import write_table
from labelinfo.io.tensors import save_tensors
from labelinfo.models.vae import VaeSpec
from labelinfo.provenance import describe
from labelinfo.training.device import device_name
from labelinfo.training.job import TrainingJob
from labelinfo.training.schedule import FEW_STEPS, steps_of_epoch
from labelinfo.training.trainer import TrainingResult, train

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingFiles:
    """The outputs of a run's training: weights at the best epoch and at the end, and two tables."""

    best: Path | str
    last: Path | str
    curve: Path | str
    record: Path | str


def train_run(
    run: Run, spec: VaeSpec, settings: TrainingSettings, *, files: TrainingFiles, job: TrainingJob
) -> None:
    """Train ``run``, or resume it, and write its weights, learning curve and record.

    The checkpoint is next to the best weights; the stage that reads the weights removes it. If two
    processes train the same run, the second waits for the first. It then resumes from the finished
    checkpoint; there is none if the training took less than ``checkpoint_seconds``, and the second
    process repeats the training.
    """
    dataset = load_dataset(job.dataset_file)
    config = {"training": settings.as_dict(), "model": spec.as_dict()}
    checkpoints = job.checkpoints(files.best, run.identity, config, settings.precision)
    device = device_name(job.where)
    logger.info("Training %s on %s.", "-".join(map(str, run.identity)), device)
    with alone(lock_of(files.best)):
        result = train(
            spec,
            dataset,
            float(run.beta),
            settings,
            run.identity,
            device=job.where,
            checkpoints=checkpoints,
        )
        origin = describe("train_vae", code=job.code, config=config, data=dataset.digests)
        epochs = float(result.record["epochs"])
        steps = steps_behind(epochs, dataset, settings)
        facts = {"training_mode": "separate", "device": device}
        facts |= {"epochs_total": epochs, "steps_total": steps}
        write_training(run, spec, result, facts, origin, files)


def steps_behind(epochs: float, dataset: Dataset, settings: TrainingSettings) -> int:
    """Return the number of optimiser steps in ``epochs`` epochs; warn if it is too small."""
    steps = round(epochs * steps_of_epoch(len(dataset.train), settings.batch_size)[1])
    if steps < FEW_STEPS:
        logger.warning(
            "The run had %d optimiser steps in all, which are too few to learn much (below %d): "
            "raise training.epochs, or path.first_epochs and path.epochs_per_decade, or lower "
            "training.batch_size.",
            steps,
            FEW_STEPS,
        )
    return steps


def write_training(
    run: Run,
    spec: VaeSpec,
    result: TrainingResult,
    facts: dict[str, Any],
    origin: dict[str, Any],
    files: TrainingFiles,
) -> None:
    """Write a training's weights, learning curve and record; ``facts`` are further columns."""
    metadata = {"run": run.columns, "spec": spec.as_dict(), "status": result.record["status"]}
    digest = save_tensors(files.best, result.best_state, metadata)
    save_tensors(files.last, result.last_state, metadata)
    write_table(files.curve, result.curve, origin)
    record = {**run.columns, **result.record, **facts, "weights_sha256": digest}
    write_table(files.record, pd.DataFrame([record]), origin)
