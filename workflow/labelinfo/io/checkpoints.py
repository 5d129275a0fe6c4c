"""Paths of a training's checkpoint, next to its outputs."""

import shutil
from pathlib import Path

_SUFFIX = ".checkpoint.safetensors"


def checkpoint_of(output: Path | str) -> Path:
    """Return the checkpoint of the training that makes ``output``.

    It is not a declared output, so Snakemake does not delete it when a job fails.
    """
    output = Path(output)
    return output.with_name(f"{output.stem}{_SUFFIX}")


def collected_snapshots(output: Path | str) -> Path:
    """Return the folder in which the training of a path, with this output, collects snapshots."""
    output = Path(output)
    return output.with_name(f"{output.stem}.snapshots")


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
