"""Trained models, read back."""

from pathlib import Path
from typing import Any

import torch

from labelinfo.errors import StorageError
from labelinfo.io.tensors import load_tensors
from labelinfo.models.vae import VAE, VaeSpec


def load_vae(source: Path | str, spec: VaeSpec) -> tuple[VAE, dict[str, Any]]:
    """Rebuild a trained VAE from its weights file; return it with the file's metadata.

    What to build is the caller's word: a file that names something else is refused, never obeyed,
    so that no file decides what code runs.

    Raises
    ------
    StorageError
        If the file is missing, damaged, or belongs to another model.
    """
    tensors, metadata = load_tensors(source)
    try:
        if metadata["spec"] != spec.as_dict():
            raise ValueError("another specification")
        model = spec.build()
        model.load_state_dict(tensors)
        if any(torch.isnan(value).any() for value in tensors.values()):
            raise ValueError("numbers that are none")
    except (KeyError, TypeError, RuntimeError, ValueError) as error:
        raise StorageError(
            f"The weights {source} are not those of the model asked for: delete them and run again."
        ) from error
    return model.eval().requires_grad_(False), metadata
