"""Checkouts for the tests that run Snakemake."""

import pytest
from checkouts import copy_repository


@pytest.fixture
def checkout(tmp_path):
    """Return a fresh copy of the repository."""
    return copy_repository(tmp_path / "checkout")


@pytest.fixture(scope="session")
def finished_demo(tmp_path_factory):
    """Return a copy in which the demo has run to its end. Tests may not leave it changed."""
    copy = copy_repository(tmp_path_factory.mktemp("demo") / "checkout")
    outcome = copy.snakemake("--cores", "2", "--configfile", "workflow/experiments/demo.yaml")
    assert outcome.code == 0, outcome.text
    return copy
