"""Jobs submitted by a scheduler's own commands, and results without a shared folder."""

import pytest
from checkouts import copy_repository
from site_of_slurm import DEVICE, PROFILE, Run

from sameness import differing_files

pytestmark = pytest.mark.slurm

# one run, and all that the table of runs needs
TABLE = "results/tiny/tables/runs.parquet"
TINY = ("--configfile", "tests/workflow/tiny.yaml")
ONE_BETA = "sweep={betas: {deconv: [1]}}"
CONFIG = ("--config", DEVICE, ONE_BETA)
GENERIC = ("--profile", "profiles/cluster-generic", "--latency-wait", "10")


@pytest.fixture(scope="module")
def local(folder):
    """Return a checkout with the table computed on this machine."""
    (folder / "local").mkdir()
    checkout = copy_repository(folder / "local")
    outcome = checkout.snakemake("--cores", "2", *TINY, "--config", ONE_BETA, "--", TABLE)
    assert outcome.code == 0, outcome.text
    return checkout.path / "results" / "tiny"


def test_a_schedulers_own_commands_make_the_same(cluster, slurm, local):
    with Run(cluster, slurm, *GENERIC, *TINY, *CONFIG, "--", TABLE) as run:
        outcome = run.end()
    assert outcome.code == 0, outcome.text
    # the data set, the run, the tables
    assert [each.state for each in slurm.ended()] == ["COMPLETED"] * 3
    assert sorted(each.gpus for each in slurm.ended()) == [0, 1, 1]
    assert differing_files(local, cluster.path / "results" / "tiny") == []


def test_results_in_a_storage_are_the_same_and_nothing_is_left_here(
    cluster, slurm, local, tmp_path
):
    storage = tmp_path / "storage"
    arguments = ("--default-storage-provider", "fs", "--default-storage-prefix", str(storage))
    arguments += ("--shared-fs-usage", "persistence", "sources", "source-cache")
    arguments += ("software-deployment",)
    with Run(cluster, slurm, *PROFILE, *arguments, *TINY, *CONFIG, "--", TABLE) as run:
        outcome = run.end()
    assert outcome.code == 0, outcome.text
    assert differing_files(local, storage / "results" / "tiny") == []
    assert not (cluster.path / "results" / "tiny").exists()
