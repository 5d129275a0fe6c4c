"""The jobs for a scheduler, planned without one; tests/slurm submits them to a real one."""

import re
import subprocess

import pytest
from checkouts import LOUD, ROOT

pytestmark = [pytest.mark.workflow, pytest.mark.cluster]

PROFILES = ("slurm", "cluster-generic")
TINY = ("--configfile", "tests/workflow/tiny.yaml")


def plan(checkout, profile, *arguments):
    """Return the plan's text with a profile."""
    profile = f"profiles/{profile}"
    outcome = checkout.snakemake(LOUD, "-n", "--profile", profile, *TINY, *arguments)
    assert outcome.code == 0, outcome.text
    return outcome.text


def asked(text):
    """Return the resources of each job, by its rule."""
    found = re.findall(r"rule (\w+):\n(?:.+\n)+?\s+resources: (.+)", text)
    return {rule: dict(pair.split("=", 1) for pair in line.split(", ")) for rule, line in found}


def allocations(text, group):
    return text.count(f"Group job {group} (jobs in lexicogr. order):")


@pytest.mark.parametrize("profile", PROFILES)
def test_jobs_ask_for_memory_and_time_and_those_that_compute_for_a_gpu(checkout, profile):
    text = plan(checkout, profile)
    jobs = asked(text)
    with_gpu = {rule for rule, resources in jobs.items() if resources.get("gpu", "0") != "0"}
    expected = {"prepare_dataset", "train_vae", "measure_vae", "train_probe", "measure_pca"}
    assert with_gpu == expected | {"draw_gallery"}
    for rule, resources in jobs.items():
        if rule != "all":
            assert int(resources["mem_mb"]) >= (5000 if rule in with_gpu else 500), rule
            assert 20 <= int(resources["runtime"]) <= 24 * 60, rule
    # a run is one allocation, and so are the tables
    assert [allocations(text, group) for group in ("run", "tables", "figures")] == [2, 1, 1]


def test_without_gpus_no_job_asks_for_one(checkout):
    jobs = asked(plan(checkout, "slurm", "--config", "machine={device: cpu}"))
    assert jobs["train_vae"]["mem_mb"] == "2200"
    assert not any("gpu" in resources for resources in jobs.values())


def test_probes_that_alone_are_stale_can_share_an_allocation(finished_demo):
    stale = ("--configfile", "tests/workflow/small.yaml", "--config", "probe={epochs: 41}")
    stale = (LOUD, "-n", "--profile", "profiles/slurm", *stale, "machine={device: cpu}")
    outcome = finished_demo.snakemake(*stale)
    assert outcome.jobs["train_probe"] == 9
    assert "train_vae" not in outcome.jobs
    assert allocations(outcome.text, "run") == 9
    outcome = finished_demo.snakemake(*stale, "--group-components", "run=5")
    assert allocations(outcome.text, "run") == 2


def test_a_cluster_has_to_be_told_whether_its_nodes_have_gpus(checkout):
    # not in a plan, which does not determine where jobs run
    settings = ("--config", "machine={device: auto}")
    profile = ("--profile", "profiles/cluster-generic")
    outcome = checkout.snakemake(*profile, *TINY, *settings, CUDA_VISIBLE_DEVICES="")
    assert outcome.code != 0
    assert "say whether these have GPUs" in outcome.text
    assert "Traceback" not in outcome.text


def test_a_partial_sweep_is_not_looked_for_in_a_storage(checkout, tmp_path):
    storage = ("--default-storage-provider", "fs", "--default-storage-prefix", str(tmp_path))
    outcome = checkout.snakemake("-n", *TINY, *storage, "--config", "partial=true")
    assert outcome.code != 0
    assert "`partial` needs results in this folder" in outcome.text


@pytest.mark.parametrize(
    ("answer", "code", "state"),
    [
        ("JobId=7 JobName=x\n   JobState=RUNNING Reason=None\n", 0, "running"),
        ("JobId=7 JobName=x\n   JobState=COMPLETED Reason=None\n", 0, "success"),
        ("JobId=7 JobName=x\n   JobState=OUT_OF_MEMORY Reason=None\n", 0, "failed"),
        ("slurm_load_jobs error: Invalid job id specified\n", 1, "failed"),
        # the controller restarts, say
        ("slurm_load_jobs error: Unable to contact slurm controller\n", 1, "running"),
        ("", 137, "running"),
    ],
)
def test_only_a_state_that_slurm_reports_ends_a_job(tmp_path, answer, code, state):
    (tmp_path / "answer").write_text(answer)
    command = tmp_path / "scontrol"
    command.write_text(f'#!/bin/sh\ncat "{tmp_path}/answer"\nexit {code}\n')
    command.chmod(0o755)
    script = ROOT / "profiles" / "cluster-generic" / "slurm-status.sh"
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run([script, "7"], env=path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{state}\n"
