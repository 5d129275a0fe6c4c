"""Snapshots of a path: weights and Adam's moments at one β, from which a run cools down."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from labelinfo.config.run import beta_key
from labelinfo.errors import StorageError
from labelinfo.io.tensors import load_tensors, save_tensors
from labelinfo.training.checkpoint import restore_tensors, training_tensors


@dataclass(frozen=True)
class Snapshot:
    """The state of a path when it reached one β.

    Attributes
    ----------
    source
        Its file.
    tensors
        Parameters, buffers and Adam's moments.
    epochs
        Passes over the training images until then.
    """

    source: Path
    tensors: Mapping[str, Tensor]
    epochs: float

    def restore(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Load the state.

        Raises
        ------
        StorageError
            If it is of another network.
        """
        try:
            restore_tensors(dict(self.tensors), model, optimizer)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise StorageError(
                f"The snapshot {self.source} does not fit the network ({error}): delete the folder "
                f"{self.source.parent} and run again."
            ) from error


def snapshot_file(folder: Path, beta: float) -> Path:
    """Return where the snapshot at β lies in the folder of a path."""
    return folder / f"beta{beta_key(beta)}.safetensors"


def save_snapshot(
    folder: Path,
    beta: float,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    of: Mapping[str, Any],
    epochs: float,
) -> None:
    """Write the state of a path at β, atomically; ``of`` names the path."""
    metadata = {"of": dict(of), "beta": beta, "epochs": epochs}
    save_tensors(snapshot_file(folder, beta), training_tensors(model, optimizer), metadata)


def load_snapshot(folder: Path, beta: float, of: Mapping[str, Any]) -> Snapshot:
    """Read the snapshot at β of the path that ``of`` names.

    Raises
    ------
    StorageError
        If the file is missing, damaged, or of another path.
    """
    source = snapshot_file(folder, beta)
    tensors, metadata = load_tensors(source)
    if metadata.get("of") != dict(of) or metadata.get("beta") != beta:
        raise StorageError(
            f"The snapshot {source} is of another path: delete the folder {folder} and run again."
        )
    return Snapshot(source, tensors, float(metadata["epochs"]))
