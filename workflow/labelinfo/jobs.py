"""The context of a job: its log, its threads, its GPU, and one clear sentence if it fails."""

import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from labelinfo.errors import LabelinfoError
from labelinfo.io.atomic import refusal
from labelinfo.job_log import FINISHED, FORMAT, STOPPED, heartbeat
from labelinfo.machine import gpus_to_lease, keep_freed_memory, leased_gpu

logger = logging.getLogger("labelinfo")

_PACKAGE = Path(__file__).parent
_BASE = _PACKAGE.parents[1]


@contextmanager
def job(
    log: Path | str, threads: int | None = None, machine: dict[str, Any] | None = None
) -> Iterator[logging.Logger]:
    """Run a block as a job.

    Messages go to the file ``log``; warnings and errors also go to the terminal. A user's error
    (:class:`LabelinfoError`) ends the process with exit code 1 and one sentence on the terminal and
    in the log. So does an error in a component next to the Snakefile, whose traceback is in the
    log. Any other error is a bug in labelinfo and keeps its traceback. SIGTERM removes half-written
    files. The log's last line gives the outcome (:mod:`labelinfo.job_log`).

    ``threads`` is the number of torch's threads, which affects the bits of a result; None for a job
    that does not compute, and so does not load torch. ``machine`` is that section of the
    configuration, for a job that computes: it gets and sees only one GPU, exclusive or shared.
    """
    # a user's components are next to the Snakefile; installed modules of the same name go first
    sys.path.append(str(_BASE))
    file = _open_log(log)
    file.setFormatter(logging.Formatter(FORMAT))
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(logging.Formatter("%(message)s"))
    logger.setLevel(logging.INFO)
    for handler in (file, terminal):
        logger.addHandler(handler)
    before = signal.signal(signal.SIGTERM, _stop)
    candidates = gpus_to_lease(machine["device"]) if machine else []
    sharing = machine["jobs_per_gpu"] if machine else 1
    try:
        logger.info("Started on %s, process %d.", socket.gethostname(), os.getpid())
        with heartbeat(log), leased_gpu(candidates, sharing) as gpu:
            if gpu is not None:
                # before torch looks for GPUs
                os.environ["CUDA_VISIBLE_DEVICES"] = gpu
            if threads is not None:
                import torch

                keep_freed_memory()
                torch.set_num_threads(max(1, threads))
            yield logger
        logger.info(FINISHED)
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            logger.exception("This is a bug in labelinfo, not in your input.")
            raise
        logger.error("Error: %s", sentence)
        sys.exit(1)
    finally:
        signal.signal(signal.SIGTERM, before)
        for handler in (file, terminal):
            logger.removeHandler(handler)
        with suppress(OSError):  # the disk is full
            file.close()
        terminal.flush()


def _open_log(log: Path | str) -> logging.FileHandler:
    # the job reports a full disk itself, once
    logging.raiseExceptions = False
    try:
        Path(log).parent.mkdir(parents=True, exist_ok=True)
        return logging.FileHandler(log, mode="w", encoding="utf-8")
    except OSError as error:
        sys.exit(f"Error: {refusal(log, error) or f'Cannot write {log}: {error.strerror}.'}")


def _sentence(error: Exception) -> str | None:
    """Return the message of an error that the user can fix, None for a bug in labelinfo."""
    if isinstance(error, LabelinfoError):
        return str(error)
    # torch may not be loaded; only the text of its error shows that a CPU's memory has run out
    kinds = (MemoryError, getattr(sys.modules.get("torch"), "OutOfMemoryError", MemoryError))
    if isinstance(error, kinds) or "DefaultCPUAllocator" in str(error):
        return "out of memory: give the job more, or lower its batch_size."
    if place := _place_in_a_component(error):
        logger.info("Its traceback:", exc_info=error)
        reason = " ".join(str(error).split())
        return f"a component of yours fails in {place}: {type(error).__name__}: {reason}."
    return None


def _place_in_a_component(error: Exception) -> str | None:
    """Return file and line of the innermost call outside the package."""
    place, called = None, False
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(_PACKAGE):
            called |= path != Path(__file__)
        elif called and path.is_relative_to(_BASE) and "site-packages" not in path.parts:
            place = f"{path.relative_to(_BASE)}, line {frame.lineno}"
    return place


def _stop(number: int, frame: object) -> None:
    logger.error(STOPPED)
    sys.exit(128 + number)
