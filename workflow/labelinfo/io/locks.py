"""One process at a time, among all that ask for the same lock file."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)


@contextmanager
def alone(lock: Path | str, level: int = logging.WARNING) -> Iterator[None]:
    """Hold ``lock`` within this block; wait, and log it, while another process holds it.

    The system releases it when its holder dies; the empty file stays. On a file system without
    locks the block runs without one, as every file is written whole.
    """
    # a lock that is a mere file outlives its holder
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
