"""Cool down a copy of a path's snapshot at one β: a run of a sweep in the mode ``path``."""

import logging
import math
from pathlib import Path

from labelinfo.config.model_settings import PathPlan, TrainingSettings
from labelinfo.config.path_grid import nearest_below
from labelinfo.config.run import Run
from labelinfo.data.dataset import Dataset, load_dataset
from labelinfo.io.checkpoints import alone, lock_of
from labelinfo.io.tables import read_table
from labelinfo.io.tensors import stored_sha256
from labelinfo.models.vae import VaeSpec
from labelinfo.provenance import describe
from labelinfo.training.checkpoint import Progress, load_snapshot, snapshot
from labelinfo.training.device import device_name
from labelinfo.training.job import TrainingJob
from labelinfo.training.path import PathFiles
from labelinfo.training.run import TrainingFiles, steps_behind, write_training
from labelinfo.training.trainer import TrainingResult, curve_of, train

logger = logging.getLogger(__name__)


def cooling_settings(plan: PathPlan) -> TrainingSettings:
    """Return the settings of a cool-down: a constant β, and a learning rate that decays to 0."""
    constant = {"warmup_epochs": 0.0, "beta_warmup": 0.0, "beta_start": math.inf}
    return plan.training.model_copy(update=constant | {"epochs": plan.path.cooling_epochs})


def cool_run(
    run: Run,
    spec: VaeSpec,
    plan: PathPlan,
    *,
    path: PathFiles,
    files: TrainingFiles,
    job: TrainingJob,
) -> None:
    """Cool down the nearest snapshot at or below the run's β, and write the files of a training.

    The copy is trained at the run's β for a few epochs, and validation chooses its best epoch.
    Only the starting point differs from a separate training, so R, D and C remain bounds. If the
    path diverged before that snapshot, the run counts as diverged.

    Raises
    ------
    StorageError
        If the snapshot is missing, damaged, or belongs to another path.
    """
    dataset = load_dataset(job.dataset_file)
    beta = float(run.beta)
    start_beta = nearest_below(plan.betas, beta)
    reached = read_table(path.record).iloc[0]["beta_reached"]
    config = plan.as_dict() | {"model": spec.as_dict()}
    facts = {
        "training_mode": "path",
        "path_id": run.path_id,
        "device": device_name(job.where),
    }
    origin = describe("cool_vae", code=job.code, config=config, data=dataset.digests)
    # negated, so that a path without any snapshot counts as too short
    if not start_beta <= (reached if reached is not None else 0.0):
        logger.warning("The path %s diverged before β = %g.", run.path_id, beta)
        result = _diverged(spec, dataset)
        write_training(run, spec, result, facts | {"epochs_total": 0.0}, origin, files)
        return
    start = load_snapshot(Path(path.snapshots), start_beta, run.path_columns)
    training = cooling_settings(plan)
    started = config | {"start": stored_sha256(start.source)}
    checkpoints = job.checkpoints(files.best, run.identity, started, training.precision)
    logger.info("Cooling %s from β = %g.", "-".join(map(str, run.identity)), start_beta)
    with alone(lock_of(files.best)):
        result = train(
            spec,
            dataset,
            beta,
            training,
            (*run.identity, "cool"),
            device=job.where,
            checkpoints=checkpoints,
            start=start,
        )
        epochs = start.epochs + result.record["epochs"]
        facts |= {
            "epochs_total": epochs,
            "steps_total": steps_behind(epochs, dataset, training),
            # β rose on the path
            "beta_start": plan.betas[0],
            "beta_warmup_epochs": start.epochs,
        }
        write_training(run, spec, result, facts, origin, files)


def _diverged(spec: VaeSpec, dataset: Dataset) -> TrainingResult:
    """Return the result of a run whose path diverged before reaching its β."""
    model = spec.build()
    model.initialise(dataset.train.images.view(-1, 1, 28, 28))
    state = snapshot(model)
    record = {"status": "diverged", "epochs": 0, "best_epoch": 0, "train_seconds": 0.0}
    return TrainingResult(state, state, curve_of(Progress()), record)
