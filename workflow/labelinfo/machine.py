"""What the machine has, told without loading torch."""

import os
import re
from pathlib import Path

_DEVICES = Path("/dev")
# the environment's word on which GPUs a process sees
_VISIBLE = "CUDA_VISIBLE_DEVICES"


def gpus() -> list[str]:
    """Return the GPUs that jobs of this process may use, named as in CUDA_VISIBLE_DEVICES."""
    visible = os.environ.get(_VISIBLE)
    if visible is not None:
        return [name.strip() for name in visible.split(",") if name.strip() not in ("", "-1")]
    # by place, not by the device file's own number: a container may show nvidia3 alone, and CUDA
    # calls that one 0
    found = [path for path in _DEVICES.glob("nvidia*") if re.fullmatch(r"nvidia\d+", path.name)]
    return [str(place) for place in range(len(found))]


def uses_gpu(device: str) -> bool:
    """Return whether jobs will compute on a GPU of this machine.

    Parameters
    ----------
    device
        The config key ``machine.device``: ``auto``, ``cpu`` or ``cuda``.
    """
    return device == "cuda" or (device == "auto" and bool(gpus()))


def gpus_to_lease(device: str) -> list[str]:
    """Return the GPUs among which a job has to choose; none where that is settled.

    A single GPU in the environment was assigned already, by a scheduler or the user. It may be the
    same name for different devices, as schedulers number the ones that a job sees.
    """
    found = gpus() if device != "cpu" else []
    return [] if os.environ.get(_VISIBLE) is not None and len(found) == 1 else found
