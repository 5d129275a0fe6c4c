"""Measurements that several modules look at, each made once."""

import pytest
import torch
from linear_gaussian import any_linear_gaussian, optimal_linear_gaussian
from repetitions import repeated_rate_distortion

MEASURED = {
    "closed form": (any_linear_gaussian, {"closed_form": True, "images": 100, "samples": 2}),
    "monte carlo": (optimal_linear_gaussian, {"closed_form": False, "images": 100, "samples": 1}),
}


@pytest.fixture(autouse=True)
def _one_thread():
    """Use one thread: thousands of small products gain nothing by two."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def measured():
    """Return R and D on many splits, and the VAE, by the estimator of the rate."""
    torch.set_num_threads(1)
    return {
        name: (make(), repeated_rate_distortion(make(), times=1200, **settings))
        for name, (make, settings) in MEASURED.items()
    }
