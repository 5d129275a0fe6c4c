"""In which precision probes are trained."""

from pathlib import Path
from typing import Any

import torch

from labelinfo.training.compiling import resolve_compile
from labelinfo.training.device import resolve_precision


def resolve_probe_precision(
    settings: dict[str, Any], images: int, device: torch.device, compiled_folder: Path | None
) -> dict[str, Any]:
    """Return the configuration's ``probe`` section with ``float32`` or ``bfloat16`` for ``auto``.

    On a CPU ``auto`` takes bfloat16 where its products are faster, the training is long enough to
    win back the time that compiling takes, and there is a compiler: only compiled steps make
    something of the faster products. On a GPU it takes float32, where steps are recorded.

    Parameters
    ----------
    settings
        The section as it was configured.
    images
        Number of training images.
    device, compiled_folder
        Where probes are trained, and where compiled code is kept.
    """
    wanted = settings["precision"]
    if wanted == "auto":
        steps = settings["epochs"] * (images // min(settings["batch_size"], images))
        low = (
            device.type == "cpu"
            and resolve_precision("auto", device) == "bfloat16"
            and resolve_compile("auto", device, steps, compiled_folder)
        )
        wanted = "bfloat16" if low else "float32"
    return settings | {"precision": wanted}
