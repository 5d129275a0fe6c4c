"""A real Slurm of one node, and Snakemake submitting jobs to it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from checkouts import Checkout, Outcome

GPUS = 2
# more than there are GPUs, so that these are what a test finds to be the limit
CPUS = 4

# what a test's site differs in from the profile's: its GPUs compute nothing, nothing is accounted
# for, and it is in a hurry
DEVICE = "machine={device: auto}"
PROFILE = ("--profile", "profiles/slurm")
PROFILE += ("--slurm-status-command", "squeue", "--slurm-no-account")
PROFILE += ("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "10")


@dataclass
class Allocation:
    """A finished Slurm job."""

    id: str
    state: str
    start: datetime
    end: datetime
    gpus: int
    megabytes: int


@dataclass
class Slurm:
    """The cluster, controlled by Slurm's commands."""

    environment: dict[str, str]
    before: int = 0

    def run(self, *command: str) -> str:
        """Run a Slurm command and return its output."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=30, check=True
        )
        return done.stdout

    def queue(self, states: str = "PENDING,RUNNING,COMPLETING") -> dict[str, str]:
        """Return the purpose of each job in one of ``states``, by its id."""
        lines = self.run("squeue", "-h", "-t", states, "-o", "%i %k").splitlines()
        return dict(line.split(maxsplit=1) for line in lines)

    def ended(self) -> list[Allocation]:
        """Return all jobs that have ended since the last call of :meth:`forget`."""
        found = []
        for line in self.run("scontrol", "show", "job", "--oneliner").splitlines():
            entry = dict(pair.split("=", 1) for pair in line.split() if "=" in pair)
            if int(entry["JobId"]) <= self.before or entry["JobState"] in ("PENDING", "RUNNING"):
                continue
            memory = entry["MinMemoryNode"]
            # by --gpus or by --gres
            gpus = entry.get("TresPerJob") or entry.get("TresPerNode") or "gres:gpu:0"
            found.append(
                Allocation(
                    id=entry["JobId"],
                    state=entry["JobState"],
                    start=datetime.fromisoformat(entry["StartTime"]),
                    end=datetime.fromisoformat(entry["EndTime"]),
                    gpus=int(gpus.rpartition(":")[2]),
                    megabytes=round(float(memory[:-1]) * {"M": 1, "G": 1024}[memory[-1]]),
                )
            )
        return found

    def forget(self) -> None:
        """Let :meth:`ended` start from here."""
        ids = self.run("squeue", "-h", "-t", "all", "-o", "%i").split()
        self.before = max(map(int, ids), default=0)


class Run:
    """A running Snakemake with a scheduler; leaving the block early stops it and its jobs."""

    def __init__(self, checkout: Checkout, slurm: Slurm, *arguments: str) -> None:
        self.slurm = slurm
        self.log = checkout.path / "snakemake.log"
        own = {
            "PYTHONPATH": str(checkout.path / "workflow"),
            # a visible but useless GPU: jobs request one and compute without it
            "CUDA_VISIBLE_DEVICES": "0",
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", *arguments],
                cwd=checkout.path,
                env=slurm.environment | own,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            for job in self.slurm.queue("PENDING,RUNNING"):
                self.slurm.run("scancel", job)

    def wait_until(self, condition: Callable[[], bool], seconds: float = 600) -> None:
        """Wait while Snakemake runs until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.5)

    def interrupt(self) -> None:
        """Send the signal of Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self, seconds: float = 2400) -> Outcome:
        """Wait for the end."""
        code = self.process.wait(seconds)
        return Outcome(code, self.log.read_text())
