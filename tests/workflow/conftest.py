"""Checkouts for the tests that run Snakemake."""

import pytest
from checkouts import copy_repository
from finished import finished_demo  # noqa: F401 - a fixture


@pytest.fixture
def checkout(tmp_path):
    """Return a fresh copy of the repository."""
    return copy_repository(tmp_path / "checkout")
