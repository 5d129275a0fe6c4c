"""The machine's GPUs, their assignment to jobs, and memory, without loading torch."""

import ctypes
import logging
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from filelock import FileLock, Timeout

from labelinfo.errors import StorageError

logger = logging.getLogger(__name__)

_DEVICES = Path("/dev")
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_POLL_SECONDS = 0.2
# of glibc's malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MMAP_THRESHOLD_BYTES = 32 << 20  # the largest that glibc takes
_TRIM_THRESHOLD_BYTES = 1 << 30


def gpus() -> list[str]:
    """Return the GPUs that jobs of this process may use, named as in CUDA_VISIBLE_DEVICES."""
    visible = os.environ.get(_VISIBLE)
    if visible is not None:
        return [name.strip() for name in visible.split(",") if name.strip() not in ("", "-1")]
    # by position, not by the number of the device file: if a container has only nvidia3, CUDA calls
    # it 0
    found = [path for path in _DEVICES.glob("nvidia*") if re.fullmatch(r"nvidia\d+", path.name)]
    return [str(place) for place in range(len(found))]


def uses_gpu(device: str) -> bool:
    """Return whether jobs compute on a GPU, for the config key ``machine.device``."""
    return device == "cuda" or (device == "auto" and bool(gpus()))


def gpus_to_lease(device: str) -> list[str]:
    """Return the GPUs a job may choose from; empty if a scheduler or the user has assigned one.

    A single GPU in the environment is an assignment. Its name is not unique: schedulers number the
    GPUs that each job sees.
    """
    found = gpus() if device != "cpu" else []
    return [] if os.environ.get(_VISIBLE) is not None and len(found) == 1 else found


@contextmanager
def leased_gpu(gpus: Sequence[str], jobs_per_gpu: int) -> Iterator[str | None]:
    """Lease the least used of ``gpus`` for this block; wait while each has ``jobs_per_gpu`` jobs.

    A lease is a locked file in a folder of this user and machine. The system releases it when the
    process ends or is killed. Jobs of other users are not counted. Yields the GPU, named as in
    CUDA_VISIBLE_DEVICES, or None if ``gpus`` is empty. Raises StorageError if the folder cannot be
    used.
    """
    if not gpus:
        yield None
        return
    place = _free_place(gpus, jobs_per_gpu)
    if place is None:
        message = "Waiting for a GPU: each of %s has %d jobs (config key machine.jobs_per_gpu)."
        logger.warning(message, ", ".join(gpus), jobs_per_gpu)
    while place is None:
        time.sleep(_POLL_SECONDS)
        place = _free_place(gpus, jobs_per_gpu)
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
        with suppress(Timeout):
            locked.append(lock.acquire().lock)
    return locked


def keep_freed_memory() -> bool:
    """Make this process reuse freed memory instead of returning it; return whether it succeeded.

    A training step frees its activations and allocates them again. By default glibc returns large
    blocks to the system each time, and clearing the new pages takes an eighth of a training's time
    on a CPU (docs/speed.md). Results do not change.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return False
    return bool(
        mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD_BYTES)
        and mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD_BYTES)
    )
