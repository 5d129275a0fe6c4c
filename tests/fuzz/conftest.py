"""No case of these tests may take much memory, or run what it finds in a file."""

import os
import resource

import pytest

# More than any of the files here needs, and far less than their headers announce
_MOST_KB = 400_000


@pytest.fixture(autouse=True)
def _little_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < _MOST_KB


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch):
    ran = []
    for name in ("system", "popen"):
        monkeypatch.setattr(os, name, ran.append)
    yield
    assert not ran
