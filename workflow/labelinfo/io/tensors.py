"""Tensors in safetensors files, which cannot contain code."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from labelinfo.io.atomic import atomic_path, check_digest, read_mapping, reading

# One key only: safetensors does not keep several in a fixed order, and the same content must give
# the same bytes.
_KEY = "labelinfo"


def save_tensors(
    target: Path | str, tensors: dict[str, torch.Tensor], metadata: dict[str, Any]
) -> str:
    """Write named tensors and JSON-ready ``metadata`` to ``target``, atomically.

    The file has the digest of both (:func:`tensors_sha256`), which readers check. The digest is
    also returned.
    """
    content = {
        name: tensor.detach().to("cpu", copy=False).contiguous() for name, tensor in tensors.items()
    }
    text = json.dumps(metadata, sort_keys=True)
    digest = tensors_sha256(content, text)
    own = {"metadata": text, "sha256": digest}
    with atomic_path(target) as temporary:
        save_file(content, temporary, metadata={_KEY: json.dumps(own, sort_keys=True)})
    return digest


def load_tensors(source: Path | str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read the tensors and the metadata that :func:`save_tensors` wrote.

    Raises StorageError if the file is missing, truncated, not a safetensors file of this workflow,
    or was changed.
    """
    with reading(source):
        with safe_open(source, framework="pt") as file:
            own = json.loads(file.metadata()[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        check_digest(source, tensors_sha256(tensors, own["metadata"]), own["sha256"])
        return tensors, read_mapping(own["metadata"])


def stored_sha256(source: Path | str) -> str:
    """Return the digest stored in a file that :func:`load_tensors` has already verified."""
    with safe_open(source, framework="pt") as file:
        return json.loads(file.metadata()[_KEY])["sha256"]


def tensors_sha256(tensors: dict[str, torch.Tensor], metadata: str) -> str:
    """Return the SHA-256 of named tensors (types, shapes, bits) and the text of their metadata."""
    digest = hashlib.sha256(metadata.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
