"""The best number of principal components, added to rows of the table of baselines."""

import logging

import numpy as np
import pandas as pd
import pytest

from labelinfo.tables.baselines import COLUMNS, baseline_rows, data_entropy_of
from labelinfo.tables.dimension import axis_end, warn_of_slopes, with_selection

POINTS = [(10, 10.0, 0.8), (10, 30.0, 0.7), (20, 10.0, 0.9), (20, 30.0, 0.5)]
SELECTION = {"rate_max_nats": 80.0, "data_entropy_nats": 80.0, "flat_share": 0.1}


def rows():
    points = pd.DataFrame(
        [
            {"k": k, "sigma": 1.0, "rate_nats": rate, "label_distortion_nats": c + 0.1,
             "label_distortion_valid_nats": c}
            for k, rate, c in POINTS
        ]
    )  # fmt: skip
    return baseline_rows("mnist", "digit", "pca", points)


def losses(*distortions):
    return np.repeat(np.array(distortions)[:, None], 3, axis=1)


VALID = losses(*(c for _, _, c in POINTS))


def test_rows_keep_their_setting_and_learn_whether_theirs_is_the_best_k():
    table = with_selection(rows(), {"paper": VALID}, 2.0, **SELECTION)
    assert table["selected"].tolist() == [False, False, True, True]
    assert table["k"].tolist() == [10, 10, 20, 20]
    assert list(table.columns) == COLUMNS
    assert table["selection_excess_nats2"].iloc[0] > 0
    # between the last two points, C falls by 0.1 of 2 for k = 10 and by 0.4 for k = 20
    assert table["selection_flat"].tolist() == [1, 1, 0, 0]
    assert table["strong_selection_excess_nats2"].isna().all()


def test_the_strong_probe_selects_for_itself_and_draws_nothing():
    strong = rows().assign(
        strong_label_distortion_valid_nats=[0.8, 0.2, 0.9, 0.6],
        strong_label_distortion_nats=[0.8, 0.2, 0.9, 0.6],
    )
    table = with_selection(
        strong, {"paper": VALID, "strong": losses(0.8, 0.2, 0.9, 0.6)}, 2.0, **SELECTION
    )
    assert table["selection_excess_nats2"].tolist()[2:] == [0, 0]
    assert table["strong_selection_excess_nats2"].tolist()[:2] == [0, 0]
    assert table["selected"].iloc[2]


def test_the_axis_ends_at_the_entropy_of_the_images(caplog):
    assert axis_end(None, 79.78, "mnist") == 79.78
    assert axis_end(25.0, 79.78, "mnist") == 25.0
    with caplog.at_level(logging.WARNING):
        assert axis_end(None, None, "mine") == 40.0
    assert "Set `datasets.mine.entropy_nats`" in caplog.text


@pytest.mark.parametrize(("end", "warned"), [(80.0, True), (25.0, False)])
def test_a_curve_that_ends_while_it_falls_is_warned_of(end, warned, caplog):
    table = with_selection(rows(), {"paper": VALID}, 2.0, **(SELECTION | {"rate_max_nats": end}))
    with caplog.at_level(logging.WARNING):
        warn_of_slopes(table)
    assert ("k = 20: C still falls" in caplog.text) == warned
    assert "k = 10" not in caplog.text


def test_the_entropy_of_the_images_is_that_of_the_line():
    line = pd.DataFrame({"rate_nats": [0.0, 95.0], "data_entropy_nats": 95.0})
    table = baseline_rows("mnist", "digit", "random_discard", line)
    assert data_entropy_of(table) == 95.0
    assert data_entropy_of(rows()) is None
