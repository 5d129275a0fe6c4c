"""Paths of a training's checkpoint, next to its outputs."""

import shutil
from pathlib import Path

_SUFFIX = ".checkpoint.safetensors"


def checkpoint_of(output: Path | str) -> Path:
    """Return the checkpoint of the training that makes ``output``.

    It is nobody's declared output, so that it outlives a failed job.
    """
    output = Path(output)
    return output.with_name(f"{output.stem}{_SUFFIX}")


def collected_snapshots(output: Path | str) -> Path:
    """Return the folder in which the path that makes ``output`` collects its snapshots."""
    output = Path(output)
    return output.with_name(f"{output.stem}.snapshots")


def lock_of(output: Path | str) -> Path:
    """Return the lock that a training holds which may go on from that checkpoint."""
    return Path(output).with_name(f".{Path(output).stem}.lock")


def discard_checkpoint(output: Path | str) -> None:
    """Remove the checkpoint behind an output that is in use.

    Not the training itself does so when its outputs are whole: its job may be killed, or lose
    whoever called it, before these are accepted, and would be asked for them once more.
    """
    checkpoint_of(output).unlink(missing_ok=True)
    shutil.rmtree(collected_snapshots(output), ignore_errors=True)
