"""The examples in the docstrings of bounds, tables and probes are correct."""

import doctest
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

MODULES = [
    "bounds",
    "curves",
    "information",
    "measure.rate_distortion",
    "probes.label_distortion",
    "probes.mlp",
    "probes.recipe",
    "tables.audit",
    "tables.baselines",
    "tables.bootstrap",
    "tables.label_columns",
    "tables.lines",
    "tables.probe_views",
    "tables.results",
    "tables.stack",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_show(name):
    module = import_module(f"labelinfo.{name}")
    found = doctest.testmod(module, extraglobs={"np": np, "pd": pd})
    assert found.attempted
    assert not found.failed
