"""The assignment of jobs to a machine's GPUs."""

import logging
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from filelock import FileLock, Timeout

from labelinfo.errors import StorageError

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.2


@contextmanager
def leased_gpu(gpus: Sequence[str], jobs_per_gpu: int) -> Iterator[str | None]:
    """Lease the least used of ``gpus`` for this block; wait while each has ``jobs_per_gpu`` jobs.

    A lease is a locked file in a folder of this user and machine. The system releases it when the
    process ends or is killed. Jobs of other users are not counted.

    Yields
    ------
    str or None
        The GPU, named as in CUDA_VISIBLE_DEVICES; None if ``gpus`` is empty.

    Raises
    ------
    StorageError
        If the folder cannot be used.
    """
    if not gpus:
        yield None
        return
    waiting = False
    while (place := _free_place(gpus, jobs_per_gpu)) is None:
        if not waiting:
            message = "Waiting for a GPU: each of %s has %d jobs (config key machine.jobs_per_gpu)."
            logger.warning(message, ", ".join(gpus), jobs_per_gpu)
        waiting = True
        time.sleep(_POLL_SECONDS)
    lock, gpu = place
    logger.info("Computing on GPU %s.", gpu)
    with lock:
        yield gpu


def _free_place(gpus: Sequence[str], jobs_per_gpu: int) -> tuple[FileLock, str] | None:
    """Lock a place of the GPU with the most free places."""
    folder = Path(tempfile.gettempdir()) / f"labelinfo-gpus-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # one process at a time, because the search briefly locks all free places
        with FileLock(folder / "choosing.lock"):
            free = {gpu: _locked_places(folder, gpu, jobs_per_gpu) for gpu in gpus}
            best = max(gpus, key=lambda gpu: len(free[gpu]))
            chosen = free[best].pop(0) if free[best] else None
            for lock in chain(*free.values()):
                lock.release()
    except OSError as error:
        raise StorageError(
            f"Cannot lease a GPU in the folder {folder} ({error.strerror or error}): remove it, or "
            "name one GPU by the environment variable CUDA_VISIBLE_DEVICES."
        ) from error
    return (chosen, best) if chosen else None


def _locked_places(folder: Path, gpu: str, count: int) -> list[FileLock]:
    locked = []
    for place in range(count):
        lock = FileLock(folder / f"{re.sub('[^A-Za-z0-9-]', '-', gpu)}.{place}.lock", timeout=0)
        try:
            locked.append(lock.acquire().lock)
        except Timeout:
            continue
    return locked
