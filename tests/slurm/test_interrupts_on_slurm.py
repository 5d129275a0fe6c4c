"""An interrupt stops the Slurm jobs, and the next start resumes."""

import time

import pytest
from checkouts import LOUD
from site_of_slurm import DEVICE, PROFILE, Run

pytestmark = pytest.mark.slurm

TINY = ("--configfile", "tests/workflow/tiny.yaml", "--config", DEVICE)
RUN = "results/tiny/train_probe/sample/gaussian-deconv-gaussian/beta1/seed0/digit.parquet"


def test_an_interrupt_cancels_slurms_jobs_and_the_next_start_goes_on(cluster, slurm):
    with Run(cluster, slurm, *PROFILE, *TINY, "--", RUN) as run:
        run.wait_until(lambda: "train_vae" in "".join(slurm.queue("RUNNING").values()))
        run.interrupt()
        assert run.end(180).code != 0
    end = time.monotonic() + 60
    while slurm.queue("PENDING,RUNNING") and time.monotonic() < end:
        time.sleep(0.5)
    assert not slurm.queue("PENDING,RUNNING")
    states = {allocation.state for allocation in slurm.ended()}
    assert "CANCELLED" in states
    with Run(cluster, slurm, LOUD, *PROFILE, *TINY, "--", RUN) as run:
        outcome = run.end()
    assert outcome.code == 0, outcome.text
    assert (cluster.path / RUN).exists()
    assert "prepare_dataset" not in outcome.jobs
