"""No case of these tests may use much memory, or run code from a file."""

import os
import resource

import pytest
import torch

# More than any of the files here needs, and far less than their headers announce
_MOST_KB = 400_000


@pytest.fixture(autouse=True)
def _few_threads():
    # tensors here are tiny
    torch.set_num_threads(1)


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
