"""Stored states of a training: checkpoints to resume from to the bit, and snapshots of a path."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

import pydantic
import torch
from pydantic import Field, NonNegativeInt
from torch import Tensor, nn

from labelinfo.config.run import beta_key
from labelinfo.errors import StorageError
from labelinfo.io.tensors import load_tensors, save_tensors

logger = logging.getLogger(__name__)

# Adam's state of each parameter
_OF_ADAM = {"step", "exp_avg", "exp_avg_sq"}
# the fields of a Progress that are not tensors
_NUMBERS = ("epoch", "seconds", "best_epoch", "best_loss_nats", "curve")
# exceptions that the content of another training's file raises
_UNFIT = (KeyError, ValueError, TypeError, IndexError)


@pydantic.dataclasses.dataclass(
    config=pydantic.ConfigDict(strict=True, arbitrary_types_allowed=True)
)
class Progress:
    """State of a training apart from the parameters and the optimiser."""

    epoch: NonNegativeInt = 0
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    best_epoch: NonNegativeInt = 0
    best_loss_nats: float = math.inf
    curve: list[dict[str, int | float]] = field(default_factory=list)
    best_state: dict[str, Tensor] = field(default_factory=dict)

    @pydantic.model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.best_epoch > self.epoch or len(self.curve) not in (0, self.epoch):
            raise ValueError("its epochs and its curve do not agree")
        return self


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoint file of a training, and when to write it.

    Attributes
    ----------
    file
        The checkpoint; None writes none.
    seconds
        Minimum time between two checkpoints. The last one is written if the whole training took
        longer than this.
    fingerprint
        Identity, settings, code, data and arithmetic; a checkpoint with others is not used.
    after_round
        Called with the number of each finished round, after its checkpoint is written.
    """

    file: Path | None = None
    seconds: float = 0.0
    fingerprint: dict[str, Any] | None = None
    after_round: Callable[[int], None] | None = None


NO_CHECKPOINTS = Checkpoints()


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
    tensors = _training_tensors(module, optimizer)
    tensors |= {f"best/{name}": value for name, value in progress.best_state.items()}
    numbers = {name: getattr(progress, name) for name in _NUMBERS}
    save_tensors(target, tensors, {"fingerprint": fingerprint, **numbers})


def load_checkpoint(
    source: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    fingerprint: dict[str, Any],
) -> Progress | None:
    """Restore a training, or return None if it has to start again.

    A checkpoint is used only if its fingerprint (identity, settings, code, data, arithmetic)
    equals ``fingerprint``. Other and damaged files are logged and left in place.
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
        names = [name for name in tensors if name.startswith("best/")]
        best = {name.removeprefix("best/"): tensors.pop(name) for name in names}
        # check everything before restoring anything: no half-restored training
        progress = Progress(**{name: metadata[name] for name in _NUMBERS}, best_state=best)
        _check_like(best, module.state_dict(), "best")
        _restore(tensors, module, optimizer)
    except (StorageError, *_UNFIT) as error:
        fault = " ".join(str(error).split())
        logger.warning("The checkpoint %s cannot be used (%s): starting again.", source, fault)
        return None
    return progress


@dataclass(frozen=True)
class Snapshot:
    """A path's state at one β, from which a run cools down.

    It holds parameters, buffers, Adam's moments and the number of epochs trained so far.
    """

    source: Path
    tensors: Mapping[str, Tensor]
    epochs: float

    def restore(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Load the state.

        Raises
        ------
        StorageError
            If the state belongs to another network.
        """
        try:
            _restore(dict(self.tensors), model, optimizer)
        except _UNFIT as error:
            raise StorageError(
                f"The snapshot {self.source} does not fit the network ({error}): delete the folder "
                f"{self.source.parent} and run again."
            ) from error


def snapshot_file(folder: Path, beta: float) -> Path:
    """Return the file of the snapshot at β in the folder of a path."""
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
    """Write the state of a path at β, atomically; ``of`` identifies the path."""
    metadata = {"of": dict(of), "beta": beta, "epochs": epochs}
    save_tensors(snapshot_file(folder, beta), _training_tensors(model, optimizer), metadata)


def load_snapshot(folder: Path, beta: float, of: Mapping[str, Any]) -> Snapshot:
    """Read the snapshot at β of the path that ``of`` identifies.

    Raises
    ------
    StorageError
        If the file is missing, damaged, or belongs to another path.
    """
    source = snapshot_file(folder, beta)
    tensors, metadata = load_tensors(source)
    if metadata.get("of") != dict(of) or metadata.get("beta") != beta:
        raise StorageError(
            f"The snapshot {source} is of another path: delete the folder {folder} and run again."
        )
    return Snapshot(source, tensors, float(metadata["epochs"]))


def _training_tensors(module: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return parameters, buffers and Adam's moments by name."""
    tensors = {f"model/{name}": value for name, value in module.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{name}": value for name, value in state.items()}
    return tensors


def _restore(
    tensors: dict[str, Tensor], module: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Load what :func:`_training_tensors` returned; change nothing if a tensor does not fit."""
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "optimizer": {}}
    for name, value in tensors.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = value
    _check_like(parts["model"], module.state_dict(), "model")
    state = _optimizer_state(parts["optimizer"], [p.detach() for p in module.parameters()])
    module.load_state_dict(parts["model"])
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _check_like(found: dict[str, Tensor], wanted: dict[str, Tensor], part: str) -> None:
    if found.keys() != wanted.keys():
        raise ValueError(f"its {part} has other tensors")
    for name, value in wanted.items():
        _check_shape(found[name], value, f"{part}/{name}")


def _check_shape(found: Tensor, wanted: Tensor, name: str) -> None:
    if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
        raise ValueError(f"its tensor {name} has another shape or type")


def _optimizer_state(
    found: dict[str, Tensor], parameters: list[Tensor]
) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in found.items():
        index, _, key = name.partition("/")
        like = parameters[int(index)] if key != "step" else torch.zeros(())
        _check_shape(value, like, f"optimizer/{name}")
        # moments need the memory layout of their parameter
        kept = torch.empty_like(like, device="cpu").copy_(value)
        state.setdefault(int(index), {})[key] = kept
    for index, tensors in state.items():
        if index < 0 or tensors.keys() != _OF_ADAM:
            raise ValueError(f"its optimiser has other tensors for parameter {index}")
    return state
