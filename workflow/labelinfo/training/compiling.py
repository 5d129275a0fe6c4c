"""Compiled training: when it pays, and where its machine code is kept."""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from labelinfo.errors import ConfigError
from labelinfo.io.locks import alone

logger = logging.getLogger(__name__)

# Steps from which on a training is compiled, by device: docs/speed.md has what compiling costs and
# gains. A sweep pays for it once, so that even its first job is seldom slower for it.
WORTHWHILE_STEPS = {"cpu": 1500, "cuda": 3000}

# On a CPU one takes up to 1.2 GB; the kernels of a GPU are many and small.
_COMPILERS = {"cpu": 1, "cuda": 4}

_MADE_HERE = "made_here"


def resolve_compile(
    wanted: str, device: torch.device, steps: int, folder: Path | None = None
) -> bool:
    """Return whether a training of so many steps is compiled; ``auto`` asks whether it pays.

    Where nothing can be compiled, ``auto`` trains without. If it is compiled, this process keeps
    its machine code in ``folder`` and takes from it what is there.

    Raises
    ------
    ConfigError
        If compiling is asked for and fails.
    """
    if wanted == "never" or (wanted == "auto" and steps < WORTHWHILE_STEPS[device.type]):
        return False
    if folder is not None and _trusted(folder):
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder.resolve())
    # as many compilers at once as memory was asked for, whatever the number of cores
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
    """Compile a function of tensors; random numbers stay those of plain torch.

    Shapes are fixed; with ``dynamic`` None, those that are marked so may vary. Each other shape has
    code of its own, which is the same whatever the process compiled before.
    """
    if dynamic is None:
        torch._dynamo.config.automatic_dynamic_shapes = False
        # beyond which torch compiles no more and goes on without
        torch._dynamo.config.recompile_limit = 100
    return torch.compile(function, dynamic=dynamic, options={"fallback_random": True})


def is_compile_error(error: Exception) -> bool:
    """Return whether it is torch's compiler that failed, and not what was compiled."""
    # imported late, as it takes a second
    from torch._dynamo.exc import TorchDynamoException

    return isinstance(error, TorchDynamoException)


@contextlib.contextmanager
def compiled_once(folder: Path | None, key: Any) -> Iterator[None]:
    """Compile within this block once for all processes that ask for the same ``key``.

    The first one holds a lock while it compiles; the others wait for it and then find its machine
    code in ``folder``. A process that dies lets go of its lock. Without a folder, or with one that
    cannot be trusted, each process compiles for itself.
    """
    if folder is None or not _trusted(folder):
        yield
        return
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    compiled = folder / f"{name}.compiled"
    if compiled.exists():
        yield
        return
    with alone(folder / f"{name}.lock"):
        yield
        compiled.touch()


def _trusted(folder: Path) -> bool:
    """Return whether the folder, made if it is not there, holds what this user compiled here.

    What lies in it is run: machine code, and the pickles in which torch keeps its index of it. So
    nobody else may write there, and it may not have come from elsewhere, say in somebody's archive:
    a copy is another inode than the one that is noted in it.
    """
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".compiled", dir=folder.parent))
        (made / _MADE_HERE).write_text(str(made.stat().st_ino), encoding="utf-8")
        try:
            made.rename(folder)
        except OSError:  # another job was faster
            shutil.rmtree(made)
    status, note = folder.stat(), folder / _MADE_HERE
    alone = status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if alone and note.is_file() and note.read_text(encoding="utf-8") == str(status.st_ino):
        return True
    logger.warning(
        "Each job compiles for itself: %s, where compiled code would be kept and run, may be "
        "written to by others or was copied here. Remove that folder; a new one will be yours "
        "alone.",
        folder,
    )
    return False


def _compiler_fault(device: torch.device) -> str | None:
    """Compile something small; return what is wrong if that fails."""

    def increase(x: Tensor) -> Tensor:
        return x + 1

    try:
        compile_function(increase)(torch.zeros(8, device=device))
    except Exception as error:  # compilers are missing or broken in many ways
        return " ".join(str(error).split())[:200]
    return None
