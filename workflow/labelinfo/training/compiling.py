"""Compiled training: when it pays, and the fallback where torch cannot compile."""

import logging
import os
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from labelinfo.errors import ConfigError

logger = logging.getLogger(__name__)

# Smallest number of steps at which compiling pays, by device; docs/speed.md has cost and gain.
WORTHWHILE_STEPS = {"cpu": 1500, "cuda": 3000}
# On a CPU a compiler takes up to 1.2 GB; the kernels of a GPU are many and small.
_COMPILERS = {"cpu": 1, "cuda": 4}


def resolve_compile(wanted: str, device: torch.device, steps: int) -> bool:
    """Return whether to compile a training of ``steps`` steps; ``auto`` compiles where it pays.

    Where torch cannot compile, ``auto`` warns and trains without.

    Raises
    ------
    ConfigError
        If ``always`` is wanted and compiling fails.
    """
    if wanted == "never" or (wanted == "auto" and steps < WORTHWHILE_STEPS[device.type]):
        return False
    # a job's memory request allows for this many compilers, regardless of the number of cores
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", str(_COMPILERS[device.type]))
    fault = _compiler_fault(device)
    if fault is None:
        return True
    if wanted == "always":
        raise ConfigError(
            f"Config key `training.compile` is 'always', but torch cannot compile here ({fault}): "
            "install a C++ compiler and Python's headers (on Debian, apt install g++ "
            "python3-dev), or set the key to 'auto'."
        )
    logger.warning("Training without compiled code, which is slower: %s.", fault)
    return False


def compile_function(
    function: Callable[..., Any], dynamic: bool | None = False
) -> Callable[..., Any]:
    """Compile a function of tensors; its random numbers equal those of uncompiled torch.

    Shapes are fixed; with ``dynamic`` None, dimensions marked dynamic may vary. Every other shape
    gets its own code, which does not depend on earlier compilations in the process.
    """
    if dynamic is None:
        torch._dynamo.config.automatic_dynamic_shapes = False
        # beyond this number torch stops compiling and runs plain steps
        torch._dynamo.config.recompile_limit = 100
    return torch.compile(function, dynamic=dynamic, options={"fallback_random": True})


def is_compile_error(error: Exception) -> bool:
    """Return whether torch's compiler failed, rather than the compiled function."""
    # imported late, as it takes a second
    from torch._dynamo.exc import TorchDynamoException

    return isinstance(error, TorchDynamoException)


def _compiler_fault(device: torch.device) -> str | None:
    """Compile something small; return the error if that fails."""

    def increase(x: Tensor) -> Tensor:
        return x + 1

    try:
        compile_function(increase)(torch.zeros(8, device=device))
    except Exception as error:  # compilers are missing or broken in many ways
        return " ".join(str(error).split())[:200]
    return None
