"""The tables as each probe sees them."""

import math

import numpy as np
import pandas as pd

from labelinfo.tables.probe_views import (
    baselines_of_probe,
    has_strong_probe,
    rows_of_probe,
    runs_of_probe,
)

BASELINES = pd.DataFrame(
    {
        "baseline": ["random_discard", "complex_image", "simple_image", "pca"],
        "rate_nats": [0.0, np.nan, np.nan, 5.0],
        "label_distortion_nats": [2.0, 0.1, 0.3, 1.0],
        "strong_label_distortion_nats": [np.nan, np.nan, 0.2, np.nan],
    }
)
RUNS = pd.DataFrame(
    {
        "rate_nats": [8.0, 4.0],
        "label_distortion_nats": [0.5, 0.9],
        "strong_label_distortion_nats": [0.4, np.nan],
        "strong_probe_converged": [True, False],
    }
)


def test_the_strong_view_has_its_columns_by_their_plain_names():
    view = runs_of_probe(RUNS, "strong")
    assert view["label_distortion_nats"].iloc[0] == 0.4
    assert math.isnan(view["label_distortion_nats"].iloc[1])
    assert view["rate_nats"].tolist() == [8.0, 4.0]
    assert view["probe_converged"].tolist() == [True, False]
    assert not [name for name in view.columns if name.startswith("strong_")]


def test_what_no_probe_measures_is_the_same_for_both():
    view = baselines_of_probe(BASELINES, "strong").set_index("baseline")["label_distortion_nats"]
    assert view[["random_discard", "complex_image", "simple_image"]].tolist() == [2.0, 0.1, 0.2]
    # a grid that the strong probe did not measure is not in its view
    assert math.isnan(view["pca"])


def test_whether_the_strong_probe_measured_anything():
    assert has_strong_probe(RUNS)
    assert not has_strong_probe(RUNS.iloc[1:])
    assert not has_strong_probe(RUNS[["rate_nats"]])
    assert not has_strong_probe(RUNS, "selection_excess_nats2")


def test_tables_without_probes_are_the_papers():
    table = pd.DataFrame({"x": [1, 2]})
    assert rows_of_probe(table, "paper").equals(table)
    assert rows_of_probe(table, "strong").empty
    both = table.assign(probe=["paper", "strong"])
    assert rows_of_probe(both, "strong")["x"].tolist() == [2]
