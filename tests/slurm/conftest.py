"""A real Slurm of one node, and checkouts for it."""

import os
import subprocess
from pathlib import Path

import pytest
from checkouts import copy_repository
from finished import finished_demo  # noqa: F401 - a fixture
from site_of_slurm import CPUS, GPUS, Slurm

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    """Start Slurm, and stop it in the end."""
    root = tmp_path_factory.mktemp("slurm")
    # the authentication service runs as another user, who needs access
    for folder in (root, *list(root.parents)[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    environment = os.environ | {
        "SLURMTEST_ROOT": str(root),
        "SLURMTEST_CPUS": str(CPUS),
        "SLURMTEST_GPUS": str(GPUS),
    }
    try:
        done = subprocess.run(
            [HERE / "start-slurm.sh"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        yield Slurm(
            environment
            | {
                "SLURM_CONF": str(root / "etc" / "slurm.conf"),
                "PATH": f"{root / 'bin'}:{os.environ['PATH']}",
            }
        )
    finally:
        subprocess.run([HERE / "stop-slurm.sh", "--clean"], env=environment, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder for checkouts."""
    return tmp_path_factory.mktemp("checkouts")


@pytest.fixture
def cluster(tmp_path, slurm):
    """Return a fresh checkout, and forget the earlier Slurm jobs."""
    slurm.forget()
    return copy_repository(tmp_path / "checkout")
