"""Tensors in safetensors files: no code is ever loaded with them."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from labelinfo.errors import StorageError
from labelinfo.io.atomic import atomic_path

# One key only: safetensors does not keep several in a fixed order, and the same content has to
# give the same bytes.
_KEY = "labelinfo"


def save_tensors(
    target: Path | str, tensors: dict[str, torch.Tensor], metadata: dict[str, Any]
) -> None:
    """Write named tensors and JSON-ready ``metadata`` to ``target``, atomically."""
    content = {
        name: tensor.detach().to("cpu", copy=False).contiguous() for name, tensor in tensors.items()
    }
    with atomic_path(target) as temporary:
        save_file(content, temporary, metadata={_KEY: json.dumps(metadata, sort_keys=True)})


def load_tensors(source: Path | str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read the tensors and the metadata that :func:`save_tensors` wrote.

    Raises
    ------
    StorageError
        If the file is missing, truncated or not a safetensors file of ours.
    """
    try:
        with safe_open(source, framework="pt") as file:
            metadata = json.loads((file.metadata() or {})[_KEY])
            if not isinstance(metadata, dict):
                raise ValueError("metadata that are no mapping")
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118
    except FileNotFoundError as error:
        raise StorageError(f"The file {source} is missing: run the workflow again.") from error
    except (OSError, SafetensorError, KeyError, ValueError, RecursionError) as error:
        raise StorageError(
            f"The file {source} is damaged or not one of ours: delete it and run again."
        ) from error
