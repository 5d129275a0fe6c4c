"""Mutual exclusion of processes by a lock file."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)


@contextmanager
def alone(lock: Path | str, level: int = logging.WARNING) -> Iterator[None]:
    """Hold ``lock`` within this block; while another process holds it, wait and log this once.

    The system releases the lock when its holder dies; the empty file stays. On a file system
    without locks the block runs unlocked, which is safe because all writes are atomic.
    """
    # no soft lock: such a lock is only a file, which outlives its holder
    held = FileLock(lock, timeout=0, fallback_to_soft=False)
    try:
        Path(lock).parent.mkdir(parents=True, exist_ok=True)
        try:
            held.acquire()
        except Timeout:
            logger.log(level, "Waiting for another process that does the same (it holds %s).", lock)
            held.acquire(timeout=-1)
    except (NotImplementedError, OSError) as error:
        logger.info("Going on without the lock %s: %s.", lock, error)
    try:
        yield
    finally:
        held.release()
