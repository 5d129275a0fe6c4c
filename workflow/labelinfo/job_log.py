"""The state of a job, read from its log. Machines share the log, and it outlives a killed job."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Literal

FORMAT = "%(asctime)s %(levelname)s %(message)s"
FINISHED = "Finished."
STOPPED = "Error: the job was told to stop (SIGTERM): run again to go on."

State = Literal["finished", "failed", "interrupted", "running"]

# interval at which a running job touches its log, and age at which a log means a killed job
_BEAT_SECONDS = 30.0
_SILENCE_SECONDS = 180.0
_TAIL_BYTES = 16_384
_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ (INFO|WARNING|ERROR|CRITICAL) (.*)")
_EPOCH = re.compile(r"(?:epoch|round) (\d+)/(\d+)\b")


@contextmanager
def heartbeat(log: Path | str) -> Iterator[None]:
    """Touch ``log`` twice a minute within this block, as a sign that the job is alive."""
    over = Event()

    def beat() -> None:
        while not over.wait(_BEAT_SECONDS):
            try:
                Path(log).touch()
            except OSError:
                return

    Thread(target=beat, name="heartbeat", daemon=True).start()
    try:
        yield
    finally:
        over.set()


@dataclass(frozen=True)
class JobLog:
    """The state of a job, the last lines of its log, finished and all epochs of a training.

    ``interrupted`` means that the job got SIGTERM, or was killed: its log is incomplete and has not
    been touched for minutes.
    """

    state: State
    lines: tuple[str, ...]
    epochs: tuple[int, int] | None = None


def read_log(log: Path, now: float | None = None, lines: int = 5) -> JobLog | None:
    """Return the state and the last ``lines`` of a job's log at the time ``now``; None without."""
    try:
        touched = log.stat().st_mtime
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    found = [line for line in text.splitlines() if line.strip()]
    # the lines of a traceback have no level
    ends = [match for line in found if (match := _LINE.match(line))]
    level, message = ends[-1].groups() if ends else ("", "")
    silent = (time.time() if now is None else now) - touched > _SILENCE_SECONDS
    state: State = "interrupted" if silent else "running"
    if message in (FINISHED, STOPPED):
        state = "finished" if message == FINISHED else "interrupted"
    elif level in ("ERROR", "CRITICAL"):
        state = "failed"
    epochs = _EPOCH.findall(text)
    done = (int(epochs[-1][0]), int(epochs[-1][1])) if epochs else None
    return JobLog(state, tuple(found[-lines:]), done)
