"""Errors over images, seeds and probes, and the smallest rate that retains the label."""

import math
from statistics import median

import numpy as np
import pandas as pd
import pytest

from labelinfo.claims.decision import FAILS, HOLDS, UNDECIDED, Count, all_of
from labelinfo.claims.errors import gaps_below, seed_note, with_total_errors
from labelinfo.claims.rates import RateBracket, first_rates, summary_rate
from labelinfo.curves import Curve

LINE = Curve(np.array([0.0, 10.0]), np.array([2.0, 1.0]), np.array([0.0, 0.08]))


def runs(*rows, **columns):
    """Return runs (β, seed, R, C) with errors of 0.2 and 0.03."""
    table = pd.DataFrame(rows, columns=["beta", "seed", "rate_nats", "label_distortion_nats"])
    fixed = {"dataset": "d", "task": "t", "encoder": "e", "decoder": "f", "marginal": "m"}
    errors = {"rate_nats_se": 0.2, "label_distortion_nats_se": 0.03}
    return table.assign(**fixed, **errors, **columns)


def test_of_several_seeds_the_larger_error_counts():
    table = with_total_errors(
        runs((1, 0, 5, 0.4), (1, 1, 5, 0.5), (2, 0, 5, 0.40), (2, 1, 5, 0.41), (3, 0, 5, 0.9))
    )
    spread = 0.1 / math.sqrt(2)
    assert table["label_distortion_nats_se"].tolist() == pytest.approx([spread] * 2 + [0.03] * 3)
    assert table["cell_seeds"].tolist() == [2, 2, 2, 2, 1]
    assert math.isnan(table["seed_deviation_nats"].iloc[-1])
    assert "1 of 5 runs have one seed" in seed_note(table)
    assert seed_note(table.iloc[:4]) == ""


def test_the_spread_over_probe_seeds_adds_in_quadrature():
    table = with_total_errors(
        runs(
            (1, 0, 5, 0.4),
            (2, 0, 5, 0.4),
            label_distortion_probe_sd_nats=[0.04 * math.sqrt(3), np.nan],
            probe_seeds=pd.array([3, 1], dtype="Int64"),
        )
    )
    assert table["label_distortion_nats_se"].tolist() == pytest.approx([0.05, 0.03])
    assert table["probe_error_nats"].tolist() == pytest.approx([0.04, 0.0])


def test_a_gap_has_the_errors_of_the_run_and_of_the_line():
    gaps, errors = gaps_below(LINE, runs((1, 0, 5.0, 1.0), (2, 0, 12.0, 0.9)))
    assert gaps[0] == pytest.approx(0.5)
    # 0.03 of C, 0.04 of the line in its middle, and 0.2 of R times the slope of 0.1
    assert errors[0] == pytest.approx(math.sqrt(0.03**2 + 0.04**2 + 0.02**2))
    assert np.isnan(gaps[1])
    assert gaps_below(LINE, runs((2, 0, 12.0, 0.9)), flat=True)[0][0] == pytest.approx(0.1)


def test_gaps_of_runs_on_the_line_are_within_their_errors_as_often_as_normal_ones():
    random = np.random.default_rng(0)
    outside = []
    for height, rate, c in random.normal(0, [0.08, 0.2, 0.03], (2000, 3)):
        line = Curve(LINE.rate_nats, np.array([2.0, 1.0 + height]), LINE.label_distortion_nats_se)
        gap, error = gaps_below(line, runs((1, 0, 5.0 + rate, 1.5 + c)))
        outside.append(abs(gap[0]) > error[0])
    assert np.mean(outside) == pytest.approx(0.3173, abs=0.04)


@pytest.mark.parametrize(
    ("counts", "at_least_half", "more_than_half"),
    [
        ((6, 4, 0), HOLDS, HOLDS),
        ((5, 5, 0), HOLDS, FAILS),
        ((5, 4, 1), HOLDS, UNDECIDED),
        ((4, 6, 0), FAILS, FAILS),
        ((0, 0, 10), UNDECIDED, UNDECIDED),
        ((4, 5, 1), UNDECIDED, FAILS),
    ],
)
def test_undecided_runs_are_no_evidence(counts, at_least_half, more_than_half):
    assert Count(*counts).at_least(0.5) == at_least_half
    assert Count(*counts).more_than(0.5) == more_than_half


def test_one_failure_refutes_a_claim_of_several_parts():
    assert all_of([HOLDS, HOLDS]) == HOLDS
    assert all_of([HOLDS, UNDECIDED]) == UNDECIDED
    assert all_of([UNDECIDED, FAILS]) == FAILS


def sweep(marginal, *points):
    """Return runs of one architecture at points (R, C on validation), H(Y) = 2."""
    rows = [(1 / rate, 0, rate, 9.0) for rate, _ in points]
    return runs(*rows).assign(
        marginal=marginal,
        rate_valid_nats=[rate for rate, _ in points],
        label_distortion_valid_nats=[c for _, c in points],
        label_entropy_nats=2.0,
    )


def test_a_first_rate_lies_between_the_last_run_that_loses_and_the_first_that_retains():
    found = first_rates(sweep("a", (20, 0.05), (5, 0.5), (12, 0.2), (30, 0.3)), 0.95, 17.0)
    assert [(each.low, each.high) for each in found] == [(12.0, 20.0)]
    assert str(found[0]) == "between 12.0 and 20.0 nats"


def test_sweeps_that_never_come_to_the_limit_say_nothing():
    short, long = sweep("a", (3, 0.5), (9, 0.2)), sweep("b", (3, 0.5), (25, 0.2))
    assert first_rates(short, 0.95, 17.0) == []
    (found,) = first_rates(pd.concat([short, long]), 0.95, 17.0)
    assert (found.low, found.high) == (25.0, math.inf)
    assert "unknown" in str(summary_rate([], min))


def test_the_median_is_generic_and_the_smallest_is_a_single_case():
    table = pd.concat(
        [
            sweep(name, (high - 4, 0.5), (high, 0.0))
            for name, high in (("a", 8), ("b", 17), ("c", 30))
        ]
    )
    found = first_rates(table, 0.95, 17.0)
    assert summary_rate(found, median) == RateBracket(13.0, 17.0, 3)
    assert summary_rate(found, min) == RateBracket(4.0, 8.0, 3)
