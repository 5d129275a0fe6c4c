"""The demo on a real Slurm that loses a job and then its node has the results of one machine."""

import socket
from dataclasses import dataclass

import pytest
from checkouts import copy_repository
from site_of_slurm import DEVICE, GPUS, PROFILE, Allocation, Run

from sameness import differing_files

pytestmark = pytest.mark.slurm

DEMO = ("--configfile", "tests/workflow/small.yaml")


@dataclass
class Outcome:
    """Reports of Slurm and Snakemake on the demo."""

    code: int
    text: str
    allocations: list[Allocation]
    cancelled: str
    lost: set[str]


def trainings(slurm, checkout):
    """Return the allocations with a running training, as shown by its log."""
    if not list((checkout.path / "results" / "demo" / "logs" / "train_vae").rglob("*.log")):
        return []
    return [job for job, comment in slurm.queue("RUNNING").items() if "train_vae" in comment]


@pytest.fixture(scope="module")
def on_slurm(slurm, folder):
    """Return a checkout in which Slurm has run the demo."""
    (folder / "slurm").mkdir()
    return copy_repository(folder / "slurm")


@pytest.fixture(scope="module")
def outcome(slurm, on_slurm):
    slurm.forget()
    with Run(on_slurm, slurm, *PROFILE, *DEMO, "--config", DEVICE) as run:
        run.wait_until(lambda: trainings(slurm, on_slurm))
        cancelled = trainings(slurm, on_slurm)[0]
        slurm.run("scancel", cancelled)
        run.wait_until(lambda: set(trainings(slurm, on_slurm)) - {cancelled})
        lost = set(slurm.queue("RUNNING"))
        node = f"NodeName={socket.gethostname().partition('.')[0]}"
        slurm.run("scontrol", "update", node, "State=DOWN", "Reason=test")
        run.wait_until(lambda: not slurm.queue("RUNNING,COMPLETING"))
        slurm.run("scontrol", "update", node, "State=RESUME")
        ended = run.end()
    return Outcome(ended.code, ended.text, slurm.ended(), cancelled, lost)


def test_it_is_finished_though_a_job_was_cancelled_and_the_node_went_down(outcome):
    assert outcome.code == 0, outcome.text
    states = {allocation.id: allocation.state for allocation in outcome.allocations}
    assert states.pop(outcome.cancelled) == "CANCELLED"
    assert {states.pop(job) for job in outcome.lost} == {"NODE_FAIL"}
    assert set(states.values()) == {"COMPLETED"}


def test_every_job_went_through_slurm_and_the_short_ones_shared_allocations(outcome):
    # of 67 jobs two are run where Snakemake is, and `all` is none; 9 runs are 4 jobs each
    completed = [each for each in outcome.allocations if each.state == "COMPLETED"]
    assert len(completed) == 1 + 9 + 1 + 1 + 4 + 6 + 1 + 1


def test_never_do_more_jobs_have_a_gpu_than_there_are(outcome):
    with_gpu = [allocation for allocation in outcome.allocations if allocation.gpus]
    # data, runs, PCA, random encoders, classifiers
    assert len(with_gpu) >= 1 + 9 + 1 + 1 + 4
    most = max(
        sum(other.start <= each.start < other.end for other in with_gpu) for each in with_gpu
    )
    assert most == GPUS


def test_a_retry_asks_for_twice_the_memory(outcome):
    asked = {allocation.id: allocation.megabytes for allocation in outcome.allocations}
    first = asked[outcome.cancelled]
    assert first == 2200 + 4000
    assert 2 * first in asked.values()


def test_the_results_are_bitwise_those_of_one_machine(outcome, on_slurm, finished_demo):
    results = [checkout.path / "results" / "demo" for checkout in (on_slurm, finished_demo)]
    assert (results[0] / "tables" / "runs.parquet").exists()
    assert differing_files(*results) == []
