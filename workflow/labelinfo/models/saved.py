"""Load trained models."""

from dataclasses import dataclass
from pathlib import Path

import torch

from labelinfo.config.run import Run
from labelinfo.errors import StorageError
from labelinfo.io.tensors import load_tensors, stored_sha256
from labelinfo.models.vae import VAE, VaeSpec


@dataclass(frozen=True)
class TrainedVae:
    """A trained VAE, frozen, its status ``ok`` or ``diverged``, and the digest of its file."""

    model: VAE
    status: str
    weights_sha256: str


def load_vae(source: Path | str, spec: VaeSpec, run: Run) -> TrainedVae:
    """Rebuild the trained VAE of a run from its weights file.

    The caller decides which model to build. A file of another model is refused, so no file can
    choose the code that runs.

    Raises
    ------
    StorageError
        If the file is missing, damaged, changed since it was written, or belongs to another run.
    """
    tensors, metadata = load_tensors(source)
    try:
        if metadata["spec"] != spec.as_dict() or metadata["run"] != run.columns:
            raise ValueError("another run")
        status = metadata["status"]
        model = spec.build()
        model.load_state_dict(tensors)
        if any(torch.isnan(value).any() for value in tensors.values()):
            raise ValueError("numbers that are none")
    except (KeyError, TypeError, RuntimeError, ValueError) as error:
        raise StorageError(
            f"The weights {source} are not those of the run asked for "
            f"({'-'.join(map(str, run.identity))}): delete them and run again."
        ) from error
    return TrainedVae(model.eval().requires_grad_(False), status, stored_sha256(source))
