"""Trained models, read back."""

from pathlib import Path
from typing import Any

from labelinfo.errors import StorageError
from labelinfo.io.tensors import load_tensors
from labelinfo.models.vae import VAE, VaeSpec


def load_vae(source: Path | str) -> tuple[VAE, dict[str, Any]]:
    """Rebuild a trained VAE from its weights file; return it with the file's metadata.

    Raises
    ------
    StorageError
        If the file is missing or damaged.
    """
    tensors, metadata = load_tensors(source)
    try:
        model = VaeSpec(**metadata["spec"]).build()
        model.load_state_dict(tensors)
    except (KeyError, TypeError, RuntimeError) as error:
        raise StorageError(
            f"The weights {source} do not fit the model they name: delete them and run again."
        ) from error
    return model.eval().requires_grad_(False), metadata
