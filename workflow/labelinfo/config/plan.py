"""The computing jobs of an experiment: all jobs except those that only read tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from labelinfo.config.run import Run
from labelinfo.config.sweep import decoders_of, enumerate_runs, path_betas
from labelinfo.config.tasks import tasks_of

# the stage that makes each baseline of unbounded rate
LEVEL_STAGES = {
    "random_fully_connected": "measure_random_encoder",
    "random_convolutional": "measure_random_encoder",
    "simple_image": "probe_images",
    "complex_image": "train_classifier",
}
# the stages whose points have both the paper's probe and the strong probe
PROBED_LEVEL_STAGES = ("measure_random_encoder", "probe_images")


@dataclass(frozen=True)
class PlannedJob:
    """One job: its rule ``stage``, and its ``name`` below the rule's folders.

    Jobs of one stage and ``kind`` take about the same time. ``last`` is the ending of the file that
    is written last. ``run`` is the run of the job, if any. The files below are relative to the
    experiment's folder.
    """

    stage: str
    name: str
    kind: str
    last: str = ".parquet"
    run: Run | None = None

    @property
    def result(self) -> str:
        """The last file that the job writes."""
        return f"{self.stage}/{self.name}{self.last}"

    @property
    def log(self) -> str:
        """Its log."""
        return f"logs/{self.stage}/{self.name}.log"

    @property
    def benchmark(self) -> str:
        """Its benchmark file of Snakemake."""
        return f"benchmarks/{self.stage}/{self.name}.tsv"


def training_stage(config: dict[str, Any]) -> str:
    """Return the rule that trains a run's weights."""
    return {"separate": "train_vae", "path": "cool_vae"}[config["training"]["mode"]]


def training_epochs(config: dict[str, Any]) -> dict[str, float]:
    """Return the passes over the training images by rule; for paths, of the longest path."""
    if training_stage(config) == "train_vae":
        return {"train_vae": config["training"]["epochs"]}
    path = config["path"]
    snapshots = [len(path_betas(config, decoder)) for decoder in decoders_of(config)]
    rise = path["epochs_per_decade"] * (max(snapshots, default=1) - 1)
    first = path["first_epochs"] + rise / path["snapshots_per_decade"]
    return {"train_path": first, "cool_vae": path["cooling_epochs"]}


def training_jobs(config: dict[str, Any]) -> Iterator[PlannedJob]:
    """Yield one job per path, if runs cool down from paths, and one job per run."""
    stage = training_stage(config)
    runs = list(enumerate_runs(config))
    if stage == "cool_vae":
        for path_id, run in {run.path_id: run for run in runs}.items():
            yield PlannedJob("train_path", path_id, _kind(run), last="/path.parquet", run=run)
    for run in runs:
        yield PlannedJob(stage, run.path, _kind(run), last="/training.parquet", run=run)


def _kind(run: Run) -> str:
    return f"{run.dataset}/{run.architecture}"


def planned_jobs(config: dict[str, Any]) -> list[PlannedJob]:
    """Return the computing jobs of a completed configuration, stage by stage.

    Pictures, encodings (which are temporary) and the search for a classifier are left out.
    """
    sweep = config["sweep"]
    pairs = [(dataset, task) for dataset in sweep["datasets"] for task in tasks_of(config, dataset)]
    runs = list(enumerate_runs(config))
    jobs = [
        PlannedJob("prepare_dataset", dataset, dataset, last="/summary.parquet")
        for dataset in sweep["datasets"]
    ]
    jobs += training_jobs(config)
    jobs += (PlannedJob("measure_vae", run.path, _kind(run), run=run) for run in runs)
    for run in runs:
        for task in tasks_of(config, run.dataset):
            kind = f"{run.dataset}/{task}"
            jobs.append(PlannedJob("train_probe", f"{run.path}/{task}", kind, run=run))
    if "pca" in sweep["baselines"]:
        jobs += (PlannedJob("measure_pca", f"{d}/{task}", f"{d}/{task}") for d, task in pairs)
    for dataset, task in pairs:
        for baseline in sweep["baselines"]:
            kind = f"{dataset}/{baseline}/{task}"
            for seed in sweep["baseline_seeds"] if baseline in LEVEL_STAGES else ():
                jobs.append(PlannedJob(LEVEL_STAGES[baseline], f"{kind}/seed{seed}", kind))
    return jobs
