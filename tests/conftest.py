"""Shared fixtures: float64, few threads, tiny data."""

import os

import pytest
import torch

from labelinfo.data.dataset import Dataset, Split

# one thread for each of the processes that share the cores, two where there is one process
THREADS = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2


@pytest.fixture(autouse=True)
def _few_threads():
    torch.set_num_threads(THREADS)


@pytest.fixture
def float64():
    """Make torch's default precision double for one test."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.fixture(scope="session")
def tiny_dataset():
    """Return 96 + 40 + 40 bars at random positions, labelled by their half of the image."""
    generator = torch.Generator().manual_seed(7)

    def split(count):
        images = torch.zeros(count, 28, 28, dtype=torch.uint8)
        rows = torch.randint(2, 26, (count,), generator=generator)
        for image, row in zip(images, rows, strict=True):
            image[row - 1 : row + 1, 4:24] = 1
        return Split(images.view(count, 784), {"half": (rows >= 14).long()})

    return Dataset("tiny", split(96), split(40), split(40), {"half": ["upper", "lower"]}, {})


def pytest_collection_modifyitems(items):
    """Skip tests that start daemons, unless they are requested."""
    if "LABELINFO_SLURM" in os.environ:
        return
    for item in items:
        if item.get_closest_marker("slurm"):
            item.add_marker(pytest.mark.skip(reason="starts a Slurm, as root: make test-slurm"))
