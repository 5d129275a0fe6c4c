"""Which probes wait to be trained: what a workflow noted when it started."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelinfo.config.run import Run
from labelinfo.io.atomic import write_text

# The file's name in the folder of probes trained ahead.
WAITING = "waiting.json"
# The environment variable that tells jobs of which call of the workflow they are.
CALL = "LABELINFO_CALL"


@dataclass(frozen=True)
class WaitingProbe:
    """A probe that was asked for.

    Attributes
    ----------
    run, task
        What is probed, for which labels.
    weights_file, target
        The run's best weights, and the table that the probe's own job makes.
    trained_first
        Whether the weights were still to be made, or made anew, when this was noted.
    """

    run: Run
    task: str
    weights_file: Path
    target: Path
    trained_first: bool


@dataclass(frozen=True)
class WaitingList:
    """The probes that a workflow is to train, and how many jobs it runs at a time.

    Attributes
    ----------
    probes
        All that it was asked for; those that are done by now too.
    call
        Which workflow's call it was.
    jobs
        Jobs at a time.
    noted_ns
        When it was noted, as the file system tells the time.
    """

    probes: list[WaitingProbe]
    call: str
    jobs: int
    noted_ns: int

    def beside(self, run: Run, task: str) -> list[WaitingProbe]:
        """Return what still waits and can be trained beside a run's probe for a task.

        Of the run's data set and architecture, with weights that are there and not to be made
        anew, and a table that is not made yet. Other tasks of the run come first, then run by run.
        The probe itself is left out.
        """
        waiting = [
            probe
            for probe in self.probes
            if (probe.run, probe.task) != (run, task)
            and (probe.run.dataset, probe.run.architecture) == (run.dataset, run.architecture)
            and self.waits(probe)
        ]
        return sorted(waiting, key=lambda probe: (probe.run != run, probe.run.identity, probe.task))

    def waits(self, probe: WaitingProbe) -> bool:
        """Return whether a probe's weights are there and its table is not made yet."""
        if self._is_newer(probe.target):
            return False
        if probe.trained_first:
            return self._is_newer(probe.weights_file)
        return probe.weights_file.exists()

    def _is_newer(self, file: Path) -> bool:
        try:
            return file.stat().st_mtime_ns > self.noted_ns
        except OSError:
            return False


def note_waiting(target: Path | str, probes: list[WaitingProbe], call: str, jobs: int) -> None:
    """Write down which probes wait, for the jobs of this call of the workflow.

    What jobs of earlier calls left for others beside it is removed: no other call takes it.
    """
    target = Path(target)
    for left in target.parent.rglob("*.safetensors"):
        left.unlink(missing_ok=True)
    noted = [
        {
            "run": vars(probe.run),
            "task": probe.task,
            "weights_file": str(probe.weights_file),
            "target": str(probe.target),
            "trained_first": probe.trained_first,
        }
        for probe in probes
    ]
    write_text(target, json.dumps({"call": call, "jobs": jobs, "probes": noted}))


def waiting_probes(source: Path | str, call: str) -> WaitingList | None:
    """Return what a call noted; None if it noted nothing, or nothing that makes sense."""
    source = Path(source)
    try:
        noted = json.loads(source.read_text(encoding="utf-8"))
        if noted["call"] != call:
            return None
        probes = [_probe(entry) for entry in noted["probes"]]
        jobs = max(1, int(noted["jobs"]))
        return WaitingList(probes, call, jobs, source.stat().st_mtime_ns)
    except (OSError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
        # it saves time and decides nothing
        return None


def _probe(entry: dict[str, Any]) -> WaitingProbe:
    return WaitingProbe(
        Run(**entry["run"]),
        entry["task"],
        Path(entry["weights_file"]),
        Path(entry["target"]),
        bool(entry["trained_first"]),
    )
