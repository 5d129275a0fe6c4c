"""Probes that one job trains for others, which then find theirs done."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import torch

from labelinfo.config.run import Run
from labelinfo.errors import StorageError
from labelinfo.io.locks import alone, if_free
from labelinfo.io.tensors import load_tensors, save_tensors
from labelinfo.probes.vae_probes import ProbedVae, VaeProbe
from labelinfo.probes.waiting import WaitingProbe

logger = logging.getLogger(__name__)


class Ahead:
    """Where it lies what probes came to that were trained before their own job asked for them.

    A job takes what was found from all that the job itself would use: the file holds a digest of
    what decides the numbers. Whether a job runs at all is not decided here.

    Parameters
    ----------
    folder
        Holds a lock for each run, and files of its tasks.
    decides
        What decides the numbers beside the run, its weights and the task, JSON-ready.
    """

    def __init__(self, folder: Path | str, decides: dict[str, Any]) -> None:
        self._folder, self._decides = Path(folder), decides

    def lock(self, run: Run) -> Path:
        """Return the lock that whoever probes a run holds."""
        return self._folder / run.path / "probes.lock"

    def holds(self, run: Run, task: str) -> bool:
        """Return whether something was left for a probe's job, of whatever it may be."""
        return self._file(run, task).exists()

    def keep(self, probe: VaeProbe, probed: ProbedVae) -> None:
        """Leave what a probe came to for its own job, which trains it again if that fails."""
        metadata = {
            "digest": self._digest(probe),
            # pairs, to keep the columns' order
            "row": list(probed.row.items()),
            "precision": probed.precision,
        }
        losses = {"losses": torch.from_numpy(probed.losses)}
        try:
            save_tensors(self._file(probe.run, probe.task), losses, metadata)
        except (OSError, StorageError) as error:
            logger.warning("A probe is trained again by its own job: %s", error)

    def find(self, probe: VaeProbe) -> ProbedVae | None:
        """Return what was left for a probe's job, None if there is nothing or it is of another."""
        if not self.holds(probe.run, probe.task):
            return None
        try:
            tensors, metadata = load_tensors(self._file(probe.run, probe.task))
            if metadata["digest"] == self._digest(probe):
                row = dict(metadata["row"])
                return ProbedVae(row, tensors["losses"].numpy(), metadata["precision"])
        except (KeyError, TypeError, ValueError, StorageError) as error:
            logger.info("Training a probe that was trained before: %s", error)
        return None

    def drop(self, probe: VaeProbe) -> None:
        """Remove what was left for a probe's job."""
        with suppress(OSError):
            self._file(probe.run, probe.task).unlink(missing_ok=True)

    def _file(self, run: Run, task: str) -> Path:
        return self._folder / run.path / f"{task}.safetensors"

    def _digest(self, probe: VaeProbe) -> str:
        own = [probe.run.columns, probe.task, probe.vae.weights_sha256]
        return hashlib.sha256(json.dumps([self._decides, own], sort_keys=True).encode()).hexdigest()


@contextmanager
def found_or_trained(
    own: VaeProbe,
    beside: Callable[[], list[WaitingProbe]],
    load: Callable[[WaitingProbe], VaeProbe | None],
    ahead: Ahead,
    most_runs: Callable[[], int],
    train: Callable[[list[VaeProbe]], list[ProbedVae]],
) -> Iterator[ProbedVae]:
    """Yield what a probe came to, trained ahead or now, perhaps with others that wait.

    A run is probed by one job at a time, for all tasks that wait. While another job does so, this
    one probes further runs, if any wait. What was left for it is removed after the block.

    Parameters
    ----------
    own
        The probe.
    beside, load
        Return the probes that wait, those of one run one after another, and one of them with its
        model, None if that cannot be had.
    ahead
        Where to leave and to find.
    most_runs
        Returns of how many runs the probes are best trained at once.
    train
        Trains probes, each to the bits that it has alone.
    """
    while True:
        with ExitStack() as held:
            # None where the file system has no locks: then each does its own
            free = held.enter_context(if_free(ahead.lock(own.run)))
            mine = free is not False
            probed = ahead.find(own)
            if probed is not None:
                logger.info("This probe was trained ahead, together with others.")
            else:
                probes = [own] * mine
                claimed, most = int(mine), most_runs()
                for run, tasks in groupby(beside(), key=lambda probe: probe.run):
                    if run == own.run:
                        probes += _loaded(tasks, load, ahead) if free else []
                    elif claimed < most:
                        of_run = _claimed(run, tasks, load, ahead, held)
                        probes += of_run
                        claimed += bool(of_run)
                results = _trained(probes, own, train)
                # of others there may be none
                for probe, result in zip(probes[mine:], results[mine:], strict=False):
                    ahead.keep(probe, result)
                if mine:
                    probed = results[0]
            if probed is not None:
                yield probed
                ahead.drop(own)
                return
        if not results:
            with alone(ahead.lock(own.run), logging.INFO):
                pass


def _trained(
    probes: list[VaeProbe], own: VaeProbe, train: Callable[[list[VaeProbe]], list[ProbedVae]]
) -> list[ProbedVae]:
    """Train probes, and if that fails for others, the own one alone if it is among them."""
    if probes in ([], [own]):
        return train(probes)
    try:
        return train(probes)
    except Exception:
        # whatever it was, it is for that probe's own job to tell
        logger.exception("Probes of other jobs could not be trained beside.")
        return train([own]) if probes[0] is own else []


def _claimed(
    run: Run,
    tasks: Iterable[WaitingProbe],
    load: Callable[[WaitingProbe], VaeProbe | None],
    ahead: Ahead,
    held: ExitStack,
) -> list[VaeProbe]:
    """Return a run's probes if nobody is at them; if there are any, ``held`` holds its lock."""
    with ExitStack() as claim:
        if claim.enter_context(if_free(ahead.lock(run))):
            probes = _loaded(tasks, load, ahead)
            if probes:
                held.push(claim.pop_all())
            return probes
    return []


def _loaded(
    tasks: Iterable[WaitingProbe], load: Callable[[WaitingProbe], VaeProbe | None], ahead: Ahead
) -> list[VaeProbe]:
    """Return those probes that can be had and were not trained yet."""
    return [probe for probe in map(load, tasks) if probe is not None and ahead.find(probe) is None]
