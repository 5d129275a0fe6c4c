"""How much of a processor's or GPU's time the jobs that are left will take."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from labelinfo.config.plan import PlannedJob
from labelinfo.progress.states import JobState

# GFLOP of one image's forward and backward pass at full width (docs/speed.md)
_DECODER_GFLOP = {"deconv": 0.8, "pixelcnn": 2.8}
_VAMP_GFLOP = 1.0
# GFLOP a second at full width: one core of a Zen 5 in float32, one H200 in bfloat16 (docs/speed.md)
_CORE_SPEED, _GPU_SPEED = 140.0, 80_000.0
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
    width
        Of the networks; 1 is the paper's.
    """

    on_gpu: bool
    jobs_per_gpu: int
    epochs: dict[str, float]
    images: dict[str, int]
    width: float = 1.0

    def seconds(self, job: PlannedJob, wall_seconds: float) -> float:
        """Return the share of a core's or GPU's time in a job of so many seconds."""
        if self.on_gpu:
            return wall_seconds / self.jobs_per_gpu
        return wall_seconds * _THREADS.get(job.stage, 1)

    def expected(self, job: PlannedJob) -> float | None:
        """Return the seconds that a training should take, None for an architecture not measured.

        epochs · images · GFLOP · width / speed: a narrower network needs width² of the arithmetic
        and is slower at it. All other jobs of one stage count alike.
        """
        if job.stage not in self.epochs or job.run is None:
            return 1.0
        if (gflop := _DECODER_GFLOP.get(job.run.decoder)) is None:
            return None
        gflop += _VAMP_GFLOP * (job.run.marginal == "vamp")
        speed = _GPU_SPEED if self.on_gpu else _CORE_SPEED
        return self.epochs[job.stage] * self.images[job.run.dataset] * gflop * self.width / speed


@dataclass(frozen=True)
class Estimate:
    """Hours of a core or GPU that are left.

    Attributes
    ----------
    hours
        By stage, of the jobs that something is known of.
    measured
        Finished jobs whose time was measured.
    unknown
        Jobs left of which nothing is known yet, by stage.
    """

    hours: dict[str, float]
    measured: int
    unknown: dict[str, int]

    @property
    def total(self) -> float:
        """Hours of all stages."""
        return sum(self.hours.values())


def estimate_left(states: Iterable[JobState], out: Path, scale: Scale) -> Estimate:
    """Estimate what the jobs take that are not done, from Snakemake's benchmarks of those that are.

    Finished jobs of the same kind count, else those of the same stage, else what a training should
    take. Of a training that runs, the epochs still to come count.
    """
    states = list(states)
    # measured by expected seconds, by kind and by stage
    ratios: dict[tuple[str, ...], list[float]] = defaultdict(list)
    measured = 0
    for job in (each.job for each in states if each.state == "done"):
        if (wall := _benchmarked(out / job.benchmark)) is not None:
            measured += 1
            expected = scale.expected(job)
            ratio = scale.seconds(job, wall) / (expected or 1.0)
            ratios[job.stage, job.kind].append(ratio)
            if expected:
                ratios[job.stage,].append(ratio)
    hours: dict[str, float] = defaultdict(float)
    unknown: dict[str, int] = defaultdict(int)
    for each in (each for each in states if each.state != "done"):
        job, expected = each.job, scale.expected(each.job)
        found = ratios.get((job.stage, job.kind))
        if not found and expected:
            found = ratios.get((job.stage,)) or ([1.0] if job.stage in scale.epochs else None)
        if found:
            hours[job.stage] += fmean(found) * (expected or 1.0) * _share_left(each) / 3600
        else:
            unknown[job.stage] += 1
    return Estimate(dict(hours), measured, dict(unknown))


def _share_left(state: JobState) -> float:
    if state.log is None or state.log.epochs is None:
        return 1.0
    done, total = state.log.epochs
    return 1 - done / total


def _benchmarked(file: Path) -> float | None:
    """Return the seconds in a benchmark file of Snakemake's, None where there are none."""
    try:
        names, values = (line.split("\t") for line in file.read_text("utf-8").splitlines()[:2])
        return float(values[names.index("s")])
    except (OSError, ValueError, IndexError):
        return None
