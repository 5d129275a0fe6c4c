"""The demo, made once for all tests that read its results."""

import shutil

import pytest
from checkouts import Checkout, copy_repository, once


@pytest.fixture(scope="session")
def finished_demo(tmp_path_factory):
    """Return a copy with the finished demo. Tests must undo their changes."""

    def build(folder):
        outcome = copy_repository(folder).snakemake(
            "--cores", "2", "--configfile", "tests/workflow/small.yaml", timeout=1800
        )
        assert outcome.code == 0, outcome.text

    demo = once(tmp_path_factory, "demo", build)
    # each process edits its own
    own = tmp_path_factory.mktemp("demo") / "checkout"
    shutil.copytree(demo, own, symlinks=True)
    return Checkout(own)
