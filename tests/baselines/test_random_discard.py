"""The random-discard line, and the entropy of the images that it rests on."""

import math

import numpy as np
import pandas as pd
import pytest

from labelinfo.baselines.data_entropy import DataEntropy, data_entropy
from labelinfo.baselines.random_discard import random_discard
from labelinfo.errors import LabelinfoError


@pytest.mark.parametrize(("h_x", "h_y"), [(79.78, math.log(10)), (5.0, 5.0)])
def test_line_keeps_of_the_label_what_it_keeps_of_the_image(h_x, h_y):
    line = random_discard(h_x, h_y)
    assert line["rate_nats"].tolist() == [0, h_x]
    assert line["label_distortion_nats"].tolist() == [h_y, 0]
    for share in (0.25, 0.5, 0.9):
        c = np.interp(share * h_x, line["rate_nats"], line["label_distortion_nats"])
        assert c == pytest.approx((1 - share) * h_y)


@pytest.mark.parametrize(
    ("h_x", "h_y"),
    [(1.0, 1.1), (80.0, 0.0), (80.0, -1.0), (-1.0, -2.0), (math.inf, 2.3), (math.nan, 2.3)],
)
def test_impossible_entropies_are_refused(h_x, h_y):
    with pytest.raises(LabelinfoError, match="entropy_nats"):
        random_discard(h_x, h_y)


def measure(beta, total, status="ok", seed=0, valid=None, **changes):
    """Return the table of one run with this R + D on test, and on validation."""
    row = {
        "encoder": "gaussian",
        "decoder": "deconv",
        "marginal": "vamp",
        "beta": beta,
        "seed": seed,
        "status": status,
        "rate_nats": 10.0,
        "rate_nats_se": 0.1,
        "rate_valid_nats": 10.0,
        "distortion_valid_nats": (total if valid is None else valid) - 10.0,
        "rate_plus_distortion_nats": total,
        **changes,
    }
    return pd.DataFrame([row])


def entropy_of(runs, nats=None, source=""):
    return data_entropy(nats, source, runs, standard_errors=4.0)


def test_known_value_wins():
    # smaller than the known value, but not used
    found = entropy_of([measure(1.0, 60.0)], 79.78, "a paper")
    assert found == DataEntropy(79.78, "published", "a paper")


def test_smallest_sum_of_the_finished_runs_names_its_run():
    runs = [
        measure(2.0, 95.5),
        measure(0.3, 91.25, seed=4),
        measure(0.5, 93.0),
        measure(4.0, 12.0, status="diverged"),
        measure(6.0, math.nan, status="diverged"),
    ]
    found = entropy_of(runs)
    assert (found.nats, found.kind) == (91.25, "best_of_sweep")
    assert all(
        word in found.source for word in ("gaussian-deconv-vamp", "β = 0.3", "seed 4", "upper")
    )


def test_the_run_is_picked_on_validation_and_told_of_test():
    runs = [measure(1.0, 90.0, valid=95.0), measure(2.0, 93.0, valid=94.0)]
    found = entropy_of(runs)
    assert found.nats == 93.0
    assert "β = 2" in found.source


def test_runs_that_break_an_inequality_on_validation_do_not_count():
    broken = {"rate_valid_nats": -1.0, "distortion_valid_nats": 51.0}
    assert entropy_of([measure(1.0, 50.0, **broken), measure(2.0, 90.0)]).nats == 90.0


@pytest.mark.parametrize(
    "flaw",
    [{"rate_nats": -1.0}, {"rate_difference_nats": 1.0, "rate_difference_nats_se": 0.1}],
)
def test_what_is_broken_on_test_alone_drops_no_run(flaw):
    assert entropy_of([measure(1.0, 50.0, **flaw), measure(2.0, 90.0)]).nats == 50.0


@pytest.mark.parametrize("runs", [[], [measure(1.0, math.nan, status="diverged")]])
def test_nothing_to_go_by_gives_no_entropy(runs):
    assert entropy_of(runs) is None
