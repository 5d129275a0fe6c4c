"""The machine's GPUs and memory, without loading torch."""

import ctypes
import os
import re
from pathlib import Path

_DEVICES = Path("/dev")
_VISIBLE = "CUDA_VISIBLE_DEVICES"
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
