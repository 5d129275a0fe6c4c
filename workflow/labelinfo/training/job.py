"""The surroundings of a training job: data, device, code, threads, checkpoints."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from labelinfo.io.atomic import file_sha256
from labelinfo.io.checkpoints import checkpoint_of
from labelinfo.provenance import versions
from labelinfo.training.checkpoint import Checkpoints
from labelinfo.training.device import device_name, resolve_device, resolve_precision


@dataclass(frozen=True)
class TrainingJob:
    """A training job's inputs apart from the settings of its run.

    ``dataset_file`` is the prepared data set, ``device`` is ``auto``, ``cpu`` or ``cuda``, and
    ``code`` is the digest of the stage's code. Checkpoints are ``checkpoint_seconds`` apart.
    """

    dataset_file: Path | str
    device: str
    code: str
    threads: int
    checkpoint_seconds: float = 0.0

    @cached_property
    def where(self) -> torch.device:
        """The device, resolved by :func:`~labelinfo.training.device.resolve_device`."""
        return resolve_device(self.device)

    def checkpoints(
        self,
        output: Path | str,
        identity: tuple[str | int, ...],
        config: dict[str, Any],
        precision: str,
    ) -> Checkpoints:
        """Return the checkpoint next to ``output``; only a bitwise identical training uses it."""
        fingerprint = {
            "identity": list(identity),
            "config": config,
            "code": self.code,
            "data": file_sha256(self.dataset_file),
            "device": device_name(self.where),
            "precision": resolve_precision(precision, self.where),
            "threads": self.threads,
            "versions": versions(),
        }
        return Checkpoints(checkpoint_of(output), self.checkpoint_seconds, fingerprint)
