"""The state of each job of an experiment, and the time of the jobs left."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Literal, get_args

from labelinfo.config.plan import PlannedJob
from labelinfo.job_log import JobLog, read_log

State = Literal["done", "running", "failed", "interrupted", "waiting"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class JobState:
    """A job, its state, and the end of its log if it is neither done nor waiting."""

    job: PlannedJob
    state: State
    log: JobLog | None = None

    @property
    def share_left(self) -> float:
        """Share of the job that is left; for a training, by its epochs."""
        if self.state == "done":
            return 0.0
        done, total = (self.log and self.log.epochs) or (0, 1)
        return 1 - done / total


def job_states(jobs: Iterable[PlannedJob], out: Path, now: float | None = None) -> list[JobState]:
    """Return the state of each job by the files in the experiment's folder ``out``.

    A job whose result exists is done, stale or not: only Snakemake knows which results are stale. A
    job whose log ends well but whose result is missing has to run again.
    """
    states = []
    for job in jobs:
        log = None
        if not (done := (out / job.result).exists()):
            log = read_log(out / job.log, now)
        if log is None or log.state == "finished":
            states.append(JobState(job, "done" if done else "waiting"))
        else:
            states.append(JobState(job, log.state, log))
    return states


def hours_left(states: Iterable[JobState], out: Path) -> dict[str, float | None]:
    """Estimate the hours of the jobs left by stage, as if they ran one after another.

    A job left takes the mean time of the finished jobs of its kind, else of its stage, by
    Snakemake's benchmarks. The hours of a stage without a finished job are None.
    """
    states = list(states)
    seconds: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for job in (each.job for each in states if each.state == "done"):
        if (wall := _benchmarked(out / job.benchmark)) is not None:
            seconds[job.stage, job.kind].append(wall)
            seconds[job.stage,].append(wall)
    hours: dict[str, float | None] = {}
    for each in states:
        job, before = each.job, hours.get(each.job.stage, 0.0)
        known = seconds.get((job.stage, job.kind)) or seconds.get((job.stage,))
        if each.state != "done" and (known is None or before is None):
            hours[job.stage] = None
        else:
            hours[job.stage] = before + each.share_left * fmean(known or [0.0]) / 3600
    return hours


def _benchmarked(file: Path) -> float | None:
    """Return the seconds in a benchmark file of Snakemake's, None if there are none."""
    try:
        names, values = (line.split("\t") for line in file.read_text("utf-8").splitlines()[:2])
        return float(values[names.index("s")])
    except (OSError, ValueError, IndexError):
        return None


def shortened(items: list[str], most: int) -> list[str]:
    """Return at most so many items, and a line that counts the rest."""
    return items[:most] + ([f"and {len(items) - most:,} more"] if len(items) > most else [])
