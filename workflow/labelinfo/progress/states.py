"""What has become of each job of an experiment."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from labelinfo.config.plan import PlannedJob
from labelinfo.job_log import JobLog, read_log

State = Literal["done", "running", "failed", "interrupted", "waiting"]
STATES: tuple[State, ...] = ("done", "running", "failed", "interrupted", "waiting")


@dataclass(frozen=True)
class JobState:
    """A job, its state, and the end of its log if it is neither done nor waiting."""

    job: PlannedJob
    state: State
    log: JobLog | None = None


def job_states(jobs: Iterable[PlannedJob], out: Path, now: float | None = None) -> list[JobState]:
    """Return the state of each job by what lies in the experiment's folder ``out``.

    A job whose result is there is done, be it stale or not: only Snakemake knows what a change made
    stale. One that said that it finished and whose result is gone has to run again.
    """
    states = []
    for job in jobs:
        if (out / job.result).exists():
            states.append(JobState(job, "done"))
            continue
        log = read_log(out / job.log, now)
        if log is None or log.state == "finished":
            states.append(JobState(job, "waiting"))
        else:
            states.append(JobState(job, log.state, log))
    return states
