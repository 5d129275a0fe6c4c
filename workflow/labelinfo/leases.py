"""Which of a machine's GPUs a job computes on."""

import fcntl
import logging
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from labelinfo.errors import StorageError

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.2


@contextmanager
def leased_gpu(
    gpus: Sequence[str], jobs_per_gpu: int, folder: Path | None = None
) -> Iterator[str | None]:
    """Take one of ``gpus`` for this block, the one with the fewest jobs; wait while all are full.

    Jobs with other limits count too: a GPU is full for whoever finds as many there as it allows.

    A lease is a lock of the system on a file in ``folder``, so it ends with its process, however
    that ends. All jobs of this machine that use the same folder share the GPUs, whichever workflow
    or user they belong to.

    Parameters
    ----------
    gpus
        Names, as in CUDA_VISIBLE_DEVICES. With a single one that a scheduler or the user has
        assigned there is nothing to choose; see :func:`labelinfo.machine.gpus_to_lease`.
    jobs_per_gpu
        Leases of one GPU at a time.
    folder
        Of the lock files; by default one of this machine, in its folder for temporary files.

    Yields
    ------
    str or None
        The GPU's name; None if there is none to lease.

    Raises
    ------
    StorageError
        If no lock can be made in ``folder``.
    """
    if not gpus:
        yield None
        return
    folder = folder or Path(tempfile.gettempdir()) / "labelinfo-gpus"
    handle, gpu = _wait_for(gpus, jobs_per_gpu, folder)
    logger.info("Computing on GPU %s.", gpu)
    try:
        yield gpu
    finally:
        os.close(handle)


def _wait_for(gpus: Sequence[str], jobs_per_gpu: int, folder: Path) -> tuple[int, str]:
    waiting = False
    while True:
        found = _least_taken(gpus, jobs_per_gpu, folder)
        if found:
            return found
        if not waiting:
            waiting = True
            logger.warning(
                "Waiting for a GPU: each of %s has %d jobs (config key machine.jobs_per_gpu).",
                ", ".join(gpus),
                jobs_per_gpu,
            )
        time.sleep(_POLL_SECONDS)


def _least_taken(gpus: Sequence[str], jobs_per_gpu: int, folder: Path) -> tuple[int, str] | None:
    """Take a place of the GPU with the fewest jobs; return its lock and the GPU's name, if any."""
    # one process at a time looks: it holds for a moment what it does not take
    while (looking := _try_to_lock(folder, "looking.lock")) is None:
        time.sleep(_POLL_SECONDS / 10)
    # the lock of a free place of each GPU, and how many of its places are taken
    free: dict[str, tuple[int, int]] = {}
    try:
        for gpu in gpus:
            name = re.sub("[^A-Za-z0-9-]", "-", gpu)
            known = sum(1 for _ in folder.glob(f"{name}.*.lock"))
            places = range(max(jobs_per_gpu, known))
            locks = [_try_to_lock(folder, f"{name}.{place}.lock") for place in places]
            mine, *rest = [lock for lock in locks if lock is not None] or [None]
            for lock in rest:
                os.close(lock)
            if mine is None:
                continue
            taken = locks.count(None)
            if taken < jobs_per_gpu:
                free[gpu] = mine, taken
            else:
                os.close(mine)
        if not free:
            return None
        best = min(free, key=lambda gpu: free[gpu][1])
        return free.pop(best)[0], best
    finally:
        for lock, _ in free.values():
            os.close(lock)
        os.close(looking)


def _try_to_lock(folder: Path, name: str) -> int | None:
    """Return the descriptor that holds the lock, or None if another process does.

    Not by filelock, which always creates: in a folder that everybody may write to, the system
    refuses that to whoever does not own the file.
    """
    path = folder / name
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o1777)  # of all users, each of whom removes only their own
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            handle = os.open(path, flags)
        except FileNotFoundError:
            handle = os.open(path, flags | os.O_CREAT, 0o666)
            os.fchmod(handle, 0o666)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(f"{path} is no plain file")
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except BaseException:
            os.close(handle)
            raise
    except OSError as error:
        raise StorageError(
            f"Cannot lease a GPU by the file {path} ({error.strerror or error}): remove the folder "
            f"{folder}, or name one GPU by the environment variable CUDA_VISIBLE_DEVICES."
        ) from error
    return handle
