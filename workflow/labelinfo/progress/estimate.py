"""How much of a processor's or GPU's time the jobs that are left will take."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from labelinfo.config.plan import PlannedJob
from labelinfo.progress.speeds import training_seconds
from labelinfo.progress.states import JobState

# threads of the jobs that have more than one
_THREADS = {"prepare_dataset": 2, "measure_pca": 2}


@dataclass(frozen=True)
class Scale:
    """What turns the time of a job into that of a processor's core, or of a GPU.

    Attributes
    ----------
    on_gpu
        Whether jobs compute on GPUs.
    jobs_per_gpu
        How many share one.
    epochs
        Of each training, by rule.
    images
        In the training split, by data set.
    """

    on_gpu: bool
    jobs_per_gpu: int
    epochs: dict[str, float]
    images: dict[str, int]

    def seconds(self, job: PlannedJob, wall_seconds: float) -> float:
        """Return the share of a core's or GPU's time in a job of so many seconds."""
        if self.on_gpu:
            return wall_seconds / self.jobs_per_gpu
        return wall_seconds * _THREADS.get(job.stage, 1)

    def recorded(self, job: PlannedJob) -> float | None:
        """Return what a training should take by the speeds that the docs record, if they do."""
        if job.stage not in self.epochs or job.run is None:
            return None
        images = self.epochs[job.stage] * self.images[job.run.dataset]
        return training_seconds(job.run.architecture, images, on_gpu=self.on_gpu)


@dataclass(frozen=True)
class Estimate:
    """Hours of a core or GPU that are left, by stage, and what they are estimated from.

    Attributes
    ----------
    hours
        By stage, of the jobs that something is known of.
    measured
        Finished jobs whose time was measured.
    by_kind, by_stage, by_record
        Jobs left, by what their time was taken from: finished ones like them; finished ones of the
        same stage, scaled by the recorded speeds if these are trainings; the recorded speeds alone.
    unknown
        Jobs left of which nothing is known yet, by stage.
    """

    hours: dict[str, float]
    measured: int
    by_kind: int
    by_stage: int
    by_record: int
    unknown: dict[str, int]


def estimate_left(states: Iterable[JobState], out: Path, scale: Scale) -> Estimate:
    """Estimate what the jobs take that are not done, from Snakemake's benchmarks of those that are.

    Of a training that runs, the epochs still to come count.
    """
    states = list(states)
    own: dict[tuple[str, str], list[float]] = defaultdict(list)
    relative: dict[str, list[float]] = defaultdict(list)
    for each in states:
        if each.state == "done" and (wall := _benchmarked(out / each.job.benchmark)) is not None:
            job, seconds = each.job, scale.seconds(each.job, wall)
            own[job.stage, job.kind].append(seconds)
            recorded = scale.recorded(job)
            if job.stage not in scale.epochs:
                relative[job.stage].append(seconds)
            elif recorded is not None:
                relative[job.stage].append(seconds / recorded)
    hours: dict[str, float] = defaultdict(float)
    sources: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for each in states:
        if each.state == "done":
            continue
        job, recorded = each.job, scale.recorded(each.job)
        if mine := own.get((job.stage, job.kind)):
            source, seconds = "kind", fmean(mine)
        elif relative[job.stage] and (recorded is not None or job.stage not in scale.epochs):
            source, seconds = "stage", fmean(relative[job.stage]) * (recorded or 1.0)
        elif recorded is not None:
            source, seconds = "record", recorded
        else:
            unknown[job.stage] += 1
            continue
        sources[source] += 1
        hours[job.stage] += seconds * _share_left(each) / 3600
    return Estimate(
        dict(hours),
        sum(map(len, own.values())),
        sources["kind"],
        sources["stage"],
        sources["record"],
        dict(unknown),
    )


def _share_left(state: JobState) -> float:
    if state.log is None or state.log.epochs is None:
        return 1.0
    done, total = state.log.epochs
    return 1 - done / total


def _benchmarked(file: Path) -> float | None:
    """Return the seconds in a benchmark file of Snakemake's, None where there are none."""
    try:
        names, values = (line.split("\t") for line in file.read_text().splitlines()[:2])
        return float(values[names.index("s")])
    except (OSError, ValueError, IndexError):
        return None
