"""The probes of one architecture's runs, trained one by one or several at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from labelinfo.config.run import Run
from labelinfo.data.dataset import Dataset, draw_binary
from labelinfo.models.saved import TrainedVae
from labelinfo.probes.fit import measure_one
from labelinfo.probes.precision import resolve_probe_precision
from labelinfo.probes.together import fit_each, pays_together
from labelinfo.probes.vae_codes import VaeCodes

# Of the features of all runs in a batch, in bytes: docs/speed.md has a job's whole memory.
_MOST_FEATURES = 300e6


@dataclass(frozen=True)
class VaeProbe:
    """A probe to be trained: of which run, whose VAE this is, and for which labels."""

    run: Run
    task: str
    vae: TrainedVae


@dataclass(frozen=True)
class ProbedVae:
    """What a probe came to.

    Attributes
    ----------
    row
        C and accuracy with their errors, by column.
    losses
        Of the test images, in nats, (1, N).
    precision
        Of the products in training.
    """

    row: dict[str, float]
    losses: np.ndarray
    precision: str


@dataclass(frozen=True)
class VaeProbes:
    """Trains and measures probes of runs that differ in β and seed alone.

    Parameters
    ----------
    dataset
        Whose images and labels.
    settings
        The configuration's ``probe`` section.
    device, compiled_folder
        Where to compute, and where compiled code is kept.
    """

    dataset: Dataset
    settings: dict[str, Any]
    device: torch.device
    compiled_folder: Path | None

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """The settings, with ``precision`` resolved."""
        images = len(self.dataset.train)
        return resolve_probe_precision(self.settings, images, self.device, self.compiled_folder)

    @cached_property
    def least_runs(self) -> int | None:
        """The fewest runs whose probes are worth a batch, None if no number is."""
        images = len(self.dataset.train)
        return pays_together(images, self.resolved, self.device, self.compiled_folder)

    def most_runs(self, probe: VaeProbe, waiting: int, jobs: int, limit: int) -> int:
        """Return of how many runs the probes are best trained at once, 1 if of each by itself.

        Runs are shared out among the jobs that run at a time, and their features fit into memory.

        Parameters
        ----------
        probe
            One of those that wait.
        waiting
            Number of runs whose probes wait.
        jobs, limit
            Jobs at a time, and runs at most.
        """
        if self.least_runs is None:
            return 1
        share = min(limit, -(-waiting // jobs), int(_MOST_FEATURES / self._feature_bytes(probe)))
        # what makes one whole batch
        return 1 << share.bit_length() >> 1 if share >= self.least_runs else 1

    def train(self, probes: list[VaeProbe]) -> list[ProbedVae]:
        """Train and measure probes; each gets the bits that it has alone.

        What images are encoded to is computed once for each run, whatever the number of its tasks.
        """
        codes: dict[Run, VaeCodes] = {}
        for probe in probes:
            if probe.run not in codes:
                codes[probe.run] = self._codes(probe)
        found: dict[tuple[Run, str], ProbedVae] = {}
        for task in dict.fromkeys(probe.task for probe in probes):
            runs = [probe.run for probe in probes if probe.task == task]
            for batch in self._batches(runs):
                results = self._train(task, {run: codes[run] for run in batch})
                found |= {(run, task): probed for run, probed in zip(batch, results, strict=True)}
        return [found[probe.run, probe.task] for probe in probes]

    def _batches(self, runs: list[Run]) -> Iterator[list[Run]]:
        """Yield runs whose probes are trained at once: powers of two, as each size is compiled."""
        while runs:
            size = 1 << len(runs).bit_length() >> 1
            if self.least_runs is None or size < self.least_runs:
                size = 1
            yield runs[:size]
            runs = runs[size:]

    def _train(self, task: str, codes: dict[Run, VaeCodes]) -> list[ProbedVae]:
        identities = [(*run.identity, "probe", task) for run in codes]
        fitted = fit_each(
            list(codes.values()),
            self.dataset.train.labels[task],
            len(self.dataset.classes[task]),
            self.resolved,
            identities,
            "vae",
            compiled_folder=self.compiled_folder,
        )
        probed = []
        for batch, own, identity in zip(fitted, codes.values(), identities, strict=True):
            samples = self.settings["samples"]
            row, losses = measure_one(batch, own, self.dataset, task, identity, samples=samples)
            probed.append(ProbedVae(row, losses, self.resolved["precision"]))
        return probed

    def _codes(self, probe: VaeProbe) -> VaeCodes:
        return VaeCodes(
            probe.vae.model.encoder,
            self.dataset,
            binarizations=self.settings["binarizations"],
            identity=probe.run.identity,
            device=self.device,
        )

    def _feature_bytes(self, probe: VaeProbe) -> int:
        """Return the bytes of what all images of a run are encoded to."""
        dataset = self.dataset
        draws = 1 if dataset.train.is_binary else self.settings["binarizations"]
        images = draws * len(dataset.train) + len(dataset.valid) + len(dataset.test)
        with torch.no_grad():
            one = probe.vae.model.encoder.features(draw_binary(dataset.test.images[:1]))
        return images * one.nbytes
