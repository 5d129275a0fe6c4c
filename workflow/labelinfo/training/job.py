"""The surroundings of a training job: data, device, code, threads, checkpoints."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from labelinfo.io.checkpoints import checkpoint_of
from labelinfo.training.checkpoint import Checkpoints, training_fingerprint
from labelinfo.training.device import Hardware, resolve_device, resolve_precision


@dataclass(frozen=True)
class TrainingJob:
    """What a training job knows next to the settings of its run.

    Attributes
    ----------
    dataset_file
        The prepared data set.
    device
        ``auto``, ``cpu`` or ``cuda``.
    code
        Digest of the stage's code.
    threads
        Threads that torch uses.
    checkpoint_seconds
        Minimum age of a checkpoint before the next is written.
    compiled_folder
        Where compiled code is kept for the other trainings of an architecture; None keeps none.
    """

    dataset_file: Path | str
    device: str
    code: str
    threads: int
    checkpoint_seconds: float = 0.0
    compiled_folder: Path | str | None = None

    @cached_property
    def hardware(self) -> Hardware:
        """Where to compute.

        Raises
        ------
        ConfigError
            If a GPU is asked for and there is none.
        """
        folder = self.compiled_folder and Path(self.compiled_folder)
        return Hardware(resolve_device(self.device), folder)

    def checkpoints(
        self,
        output: Path | str,
        identity: tuple[str | int, ...],
        config: dict[str, Any],
        precision: str,
    ) -> Checkpoints:
        """Return the checkpoint next to ``output``, used only by a training of the same bits."""
        device = self.hardware.device
        fingerprint = training_fingerprint(
            identity,
            config,
            code=self.code,
            dataset_file=self.dataset_file,
            device=device,
            precision=resolve_precision(precision, device),
            threads=self.threads,
        )
        return Checkpoints(checkpoint_of(output), self.checkpoint_seconds, fingerprint)
