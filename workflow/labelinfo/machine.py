"""What the machine has, told without loading torch."""

from pathlib import Path

_FIRST_GPU = Path("/dev/nvidia0")


def uses_gpu(device: str) -> bool:
    """Return whether jobs will compute on a GPU of this machine.

    Parameters
    ----------
    device
        The config key ``machine.device``: ``auto``, ``cpu`` or ``cuda``.
    """
    return device == "cuda" or (device == "auto" and _FIRST_GPU.exists())
