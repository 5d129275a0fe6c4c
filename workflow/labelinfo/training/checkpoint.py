"""The state from which a killed training goes on, bitwise as if never killed."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from labelinfo.errors import StorageError
from labelinfo.io.digest import file_sha256
from labelinfo.io.tensors import load_tensors, save_tensors
from labelinfo.provenance import versions
from labelinfo.training.device import device_name

logger = logging.getLogger(__name__)

# What the optimiser keeps of each parameter
_OF_ADAM = {"step", "exp_avg", "exp_avg_sq"}


@dataclass
class Progress:
    """Progress of a training, without parameters and optimiser."""

    epoch: int = 0
    seconds: float = 0.0
    best_epoch: int = 0
    best_loss_nats: float = float("inf")
    curve: list[dict[str, float]] = field(default_factory=list)
    best_state: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoints:
    """Where a training keeps the state that it can resume from.

    Attributes
    ----------
    file
        The checkpoint; None keeps nothing.
    seconds
        Minimum age of a checkpoint before the next is written. The last one is written if the
        training took that long in all.
    fingerprint
        What a checkpoint must have been made with to be used.
    after_round
        Called with the number of each finished round, after its checkpoint is written.
    """

    file: Path | None = None
    seconds: float = 0.0
    fingerprint: dict[str, Any] | None = None
    after_round: Callable[[int], None] | None = None


NO_CHECKPOINTS = Checkpoints()


def training_fingerprint(
    identity: tuple[str | int, ...],
    config: dict[str, Any],
    *,
    code: str,
    dataset_file: Path | str,
    device: torch.device,
    precision: str,
    threads: int,
) -> dict[str, Any]:
    """Return all that the bits of a training depend on: a checkpoint of another one is not used."""
    return {
        "identity": list(identity),
        "config": config,
        "code": code,
        "data": file_sha256(dataset_file),
        "device": device_name(device),
        "precision": precision,
        "threads": threads,
        "versions": versions(),
    }


def snapshot(module: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a module's parameters and buffers, on their device."""
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


def save_checkpoint(
    target: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    fingerprint: dict[str, Any],
) -> None:
    """Write everything that :func:`load_checkpoint` needs, atomically."""
    tensors = training_tensors(module, optimizer)
    tensors |= {f"best/{name}": value for name, value in progress.best_state.items()}
    metadata = {
        "fingerprint": fingerprint,
        "epoch": progress.epoch,
        "seconds": progress.seconds,
        "best_epoch": progress.best_epoch,
        "best_loss_nats": progress.best_loss_nats,
        "curve": progress.curve,
    }
    save_tensors(target, tensors, metadata)


def load_checkpoint(
    source: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    fingerprint: dict[str, Any],
) -> Progress | None:
    """Restore a training, or return None if it has to start again.

    A checkpoint is used only if its fingerprint (identity, settings, code, data, arithmetic) is
    the present one; another one's, or a damaged file, is left aside with a line in the log.
    """
    if not source.is_file():
        return None
    try:
        tensors, metadata = load_tensors(source)
        if metadata["fingerprint"] != fingerprint:
            logger.info(
                "The checkpoint %s belongs to other settings or code: starting again.", source
            )
            return None
        best = {
            name.removeprefix("best/"): value
            for name, value in tensors.items()
            if name.startswith("best/")
        }
        # all is checked before anything is restored, so that nothing is left half-restored
        progress = _progress(metadata, best)
        _check_like(best, module.state_dict(), "best")
        rest = {name: value for name, value in tensors.items() if not name.startswith("best/")}
        restore_tensors(rest, module, optimizer)
    except (StorageError, KeyError, ValueError, TypeError, IndexError) as error:
        logger.warning("The checkpoint %s cannot be used (%s): starting again.", source, error)
        return None
    return progress


def training_tensors(module: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return parameters, buffers and Adam's moments by name."""
    tensors = {f"model/{name}": value for name, value in module.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{name}": value for name, value in state.items()}
    return tensors


def restore_tensors(
    tensors: dict[str, Tensor], module: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Load what :func:`training_tensors` returned; if anything does not fit, change nothing.

    Raises
    ------
    KeyError, ValueError, TypeError, IndexError
        If a tensor has another name, shape or type.
    """
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "optimizer": {}}
    for name, value in tensors.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = value
    _check_like(parts["model"], module.state_dict(), "model")
    state = _optimizer_state(parts["optimizer"], [p.detach() for p in module.parameters()])
    module.load_state_dict(parts["model"])
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _progress(metadata: dict[str, Any], best_state: dict[str, Tensor]) -> Progress:
    progress = Progress(
        epoch=metadata["epoch"],
        seconds=metadata["seconds"],
        best_epoch=metadata["best_epoch"],
        best_loss_nats=metadata["best_loss_nats"],
        curve=metadata["curve"],
        best_state=best_state,
    )
    epochs = (progress.epoch, progress.best_epoch)
    if any(type(epoch) is not int for epoch in epochs) or not 0 <= epochs[1] <= epochs[0]:
        raise ValueError(f"it has the epochs {epochs}")
    # so phrased that NaN fails
    if not (isinstance(progress.seconds, float) and 0 <= progress.seconds < math.inf):
        raise ValueError(f"it has the time {progress.seconds!r}")
    if not isinstance(progress.best_loss_nats, float):
        raise ValueError(f"it has the loss {progress.best_loss_nats!r}")
    rows = progress.curve
    if not isinstance(rows, list) or len(rows) not in (0, progress.epoch):
        raise ValueError("its curve has not one row an epoch")
    for row in rows:
        if not isinstance(row, dict) or not all(isinstance(x, int | float) for x in row.values()):
            raise ValueError("its curve holds other things than numbers by name")
    return progress


def _check_like(found: dict[str, Tensor], wanted: dict[str, Tensor], part: str) -> None:
    if found.keys() != wanted.keys():
        raise ValueError(f"its {part} has other tensors")
    for name, value in wanted.items():
        if (found[name].shape, found[name].dtype) != (value.shape, value.dtype):
            raise ValueError(f"its tensor {part}/{name} has another shape or type")


def _optimizer_state(
    found: dict[str, Tensor], parameters: list[Tensor]
) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in found.items():
        index, _, key = name.partition("/")
        parameter = parameters[int(index)]
        like = parameter if key != "step" else torch.zeros(())
        if value.shape != like.shape or value.dtype != like.dtype:
            raise ValueError(f"its tensor optimizer/{name} has another shape or type")
        # moments have to lie in memory as their parameter does
        kept = torch.empty_like(like, device="cpu").copy_(value)
        state.setdefault(int(index), {})[key] = kept
    for index, tensors in state.items():
        if index < 0 or tensors.keys() != _OF_ADAM:
            raise ValueError(f"its optimiser has other tensors for parameter {index}")
    return state
