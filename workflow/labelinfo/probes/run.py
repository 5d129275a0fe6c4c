"""Probe the codes of one run for one task."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from labelinfo.config.run import Run
from labelinfo.data.dataset import load_dataset
from labelinfo.errors import StorageError
from labelinfo.io.losses import write_losses
from labelinfo.io.tables import write_table
from labelinfo.io.tensors import stored_sha256
from labelinfo.models.saved import load_vae
from labelinfo.models.vae import VaeSpec
from labelinfo.probes.ahead import Ahead, found_or_trained
from labelinfo.probes.vae_probes import ProbedVae, VaeProbe, VaeProbes
from labelinfo.probes.waiting import WAITING, WaitingList, WaitingProbe, waiting_probes
from labelinfo.provenance import describe, versions
from labelinfo.training.device import device_name, resolve_device

logger = logging.getLogger(__name__)


def probe_run(
    run: Run,
    spec: VaeSpec,
    task: str,
    settings: dict[str, Any],
    *,
    dataset_file: Path | str,
    weights_file: Path | str,
    target: Path | str,
    losses_target: Path | str,
    device: str,
    code: str,
    compiled_folder: Path | str | None = None,
    ahead_folder: Path | str | None = None,
    together: int = 1,
    call: str | None = None,
) -> None:
    """Train a probe on the run's codes and write C and accuracy: on test, and C on validation.

    A diverged run gets its row with no numbers in it, and no losses.

    Parameters
    ----------
    run, spec, task, settings
        What is probed, what its VAE is made of, for which labels, and the configuration's ``probe``
        section.
    dataset_file, weights_file
        The prepared data set and the best weights.
    target, losses_target
        The one-row table, and the one of the losses of each test image.
    device, code
        Where to compute; digest of the stage's code.
    compiled_folder
        Where compiled code is kept for other probes.
    ahead_folder
        Where a workflow noted which probes wait (:mod:`labelinfo.probes.waiting`), and where those
        lie that were trained before their own job asked for them; None if none ever is.
    together
        Of how many runs, at most, the probes are trained at once, where that is faster; 1 trains
        but the one that is asked for. Each gets the bits that it has alone.
    call
        Of which call of the workflow this is a job; None for one of none.
    """
    dataset = load_dataset(dataset_file)
    where, folder = resolve_device(device), compiled_folder and Path(compiled_folder)
    own = VaeProbe(run, task, load_vae(weights_file, spec, run))
    probes = VaeProbes(dataset, settings, where, folder)

    def write(numbers: dict[str, float], losses: np.ndarray, precision: str) -> None:
        config = {"probe": settings | {"precision": precision}}
        origin = describe("train_probe", code=code, config=config, data=dataset.digests)
        of: dict[str, Any] = {**run.columns, "task": task}
        state = {"status": own.vae.status, "weights_sha256": own.vae.weights_sha256}
        write_losses(losses_target, losses, of, origin)
        write_table(target, pd.DataFrame([{**of, **state, **numbers}]), origin)

    if own.vae.status != "ok":
        write({}, np.empty((0, 0)), probes.resolved["precision"])
        return
    noted = None
    if ahead_folder and call and together > 1:
        noted = waiting_probes(Path(ahead_folder) / WAITING, call)
    if noted is None:
        found: AbstractContextManager[ProbedVae] = nullcontext(probes.train([own])[0])
    else:
        decides = {
            # what is left holds for this call: nothing that the digest misses changes within it
            "call": call,
            "code": code,
            "data": stored_sha256(dataset_file),
            "machine": [device_name(where), torch.get_num_threads()],
            "settings": settings,
            "versions": versions(),
        }
        ahead = Ahead(ahead_folder, decides)
        found = _found_or_trained(probes, own, spec, noted, ahead, together)
    with found as probed:
        logger.info(
            "C = %.3f ± %.3f nats, accuracy %.1f %%",
            probed.row["label_distortion_nats"],
            probed.row["label_distortion_nats_se"],
            100 * probed.row["label_accuracy"],
        )
        write(probed.row, probed.losses, probed.precision)


@contextmanager
def _found_or_trained(
    probes: VaeProbes,
    own: VaeProbe,
    spec: VaeSpec,
    noted: WaitingList,
    ahead: Ahead,
    together: int,
) -> Iterator[ProbedVae]:
    """Yield what the probe comes to, trained by itself or with those that wait."""

    def beside() -> list[WaitingProbe]:
        return noted.beside(own.run, own.task)

    of_run = any(probe.run == own.run for probe in beside())
    # what takes seconds to answer comes last
    if not (ahead.lock(own.run).exists() or of_run or probes.least_runs):
        yield probes.train([own])[0]
        return

    def load(probe: WaitingProbe) -> VaeProbe | None:
        # asked once more, now that nobody else is at it
        if not noted.waits(probe):
            return None
        try:
            vae = load_vae(probe.weights_file, spec, probe.run)
        except (OSError, StorageError):
            # its own job will tell
            return None
        return VaeProbe(probe.run, probe.task, vae) if vae.status == "ok" else None

    def most_runs() -> int:
        waiting = {probe.run for probe in beside() if not ahead.holds(probe.run, probe.task)}
        return probes.most_runs(own, len(waiting | {own.run}), noted.jobs, together)

    with found_or_trained(own, beside, load, ahead, most_runs, probes.train) as probed:
        yield probed
