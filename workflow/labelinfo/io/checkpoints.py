"""A training's checkpoint and lock, next to its outputs."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)


def checkpoint_of(output: Path | str) -> Path:
    """Return the checkpoint of the training that makes ``output``.

    It is not a declared output, so Snakemake does not delete it when a job fails.
    """
    return Path(output).with_name(f"{Path(output).stem}.checkpoint.safetensors")


def collected_snapshots(output: Path | str) -> Path:
    """Return the folder in which the training of a path, with this output, collects snapshots."""
    return Path(output).with_name(f"{Path(output).stem}.snapshots")


def lock_of(output: Path | str) -> Path:
    """Return the lock that a training holds while it uses the checkpoint of ``output``."""
    return Path(output).with_name(f".{Path(output).stem}.lock")


def discard_checkpoint(output: Path | str) -> None:
    """Remove the checkpoint behind an output; the stage that reads the output calls this.

    The training itself keeps its checkpoint. Its job may be killed after the outputs are complete
    but before Snakemake accepts them, and then it has to make them again.
    """
    checkpoint_of(output).unlink(missing_ok=True)
    shutil.rmtree(collected_snapshots(output), ignore_errors=True)


@contextmanager
def alone(lock: Path | str) -> Iterator[None]:
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
            logger.warning("Waiting for another process that does the same (it holds %s).", lock)
            held.acquire(timeout=-1)
    except (NotImplementedError, OSError) as error:
        logger.info("Going on without the lock %s: %s.", lock, error)
    try:
        yield
    finally:
        held.release()
