"""Headline numbers: chosen on validation, measured on test, by decoder, with their intervals."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from labelinfo.claims.headline_numbers import COLUMNS, RUN, headline_numbers
from labelinfo.claims.hulls import preference
from labelinfo.io.tables import read_table, write_table
from rows import baseline_row, run_row

PAIR = ("mnist", "digit")
H_Y, H_X = 2.0, 80.0
Z = NormalDist().inv_cdf(0.95)
# decoder, β: R and C on test, R and C on validation. The ceiling is 0.1 on either split, so that
# 0.15 is within the tolerance: on validation the smallest such rate is that of β = 2, on test it
# would be that of β = 4.
NUMBERS = {
    ("deconv", 1.0): (40.0, 0.12, 40.0, 0.12),
    ("deconv", 2.0): (20.0, 0.17, 21.0, 0.14),
    ("deconv", 4.0): (10.0, 0.14, 9.0, 0.40),
    ("pixelcnn", 0.1): (30.0, 0.50, 30.0, 0.60),
}


def make_runs(**changes):
    rows = [
        run_row(
            PAIR,
            rate,
            c,
            decoder=decoder,
            beta=beta,
            rate_nats_se=0.25,
            rate_valid_nats=rate_valid,
            label_distortion_valid_nats=c_valid,
            label_entropy_nats=H_Y,
        )
        for (decoder, beta), (rate, c, rate_valid, c_valid) in NUMBERS.items()
    ]
    return pd.DataFrame(rows).assign(**changes)


def make_baselines(entropy=H_X, ceiling=(0.08, 0.12)):
    ends = {"data_entropy_nats": entropy, "data_entropy_kind": "best_of_sweep"}
    points = [(0.0, H_Y), (entropy, 0.0)]
    rows = [baseline_row(PAIR, "random_discard", *point, **ends) for point in points]
    rows = rows if entropy else []
    return pd.DataFrame(rows + [baseline_row(PAIR, "complex_image", math.nan, c) for c in ceiling])


RUNS = make_runs()
KEYS = [(*PAIR, *key, "paper") for key in RUNS[RUN].itertuples(index=False, name=None)]
HARD = np.random.default_rng(0).exponential(size=200)
LOSSES = {
    key: c * HARD / HARD.mean() for key, c in zip(KEYS, RUNS["label_distortion_nats"], strict=True)
}


def losses_of(decoder, beta):
    return LOSSES[(*PAIR, "gaussian", decoder, "maf", beta, 0, "paper")]


def make_differences():
    table = RUNS[["dataset", "task", *RUN]].copy()
    table["difference_nats"] = RUNS["label_distortion_nats"] - 0.1
    table["difference_low_nats"] = table["difference_nats"] - 0.01
    table["difference_high_nats"] = table["difference_nats"] + 0.02
    other = table.assign(baseline="simple_image", difference_nats=9.0)
    return pd.concat([other, table.assign(baseline="complex_image")])


def numbers(runs=RUNS, baselines=None, losses=LOSSES):
    baselines = make_baselines() if baselines is None else baselines
    return headline_numbers(
        runs,
        baselines,
        make_differences(),
        losses,
        [PAIR],
        tolerance_nats=0.05,
        rate_min_nats=0.5,
        confidence=0.9,
    ).set_index("decoders")


def test_the_smallest_rate_is_picked_on_validation_and_told_of_test():
    table = numbers()
    assert list(table.index) == ["all", "deconv", "pixelcnn"]
    for decoders in ("all", "deconv"):
        row = table.loc[decoders]
        assert (row["decoder"], row["beta"], row["rate_nats"]) == ("deconv", 2.0, 20.0)
        assert row["ceiling_nats"] == pytest.approx(0.1)
        assert row["compression_factor_upper"] == 4.0
        assert row["compression_factor_upper_low"] == pytest.approx(80 / (20 + 0.25 * Z))
        assert row["compression_factor_upper_high"] == pytest.approx(80 / (20 - 0.25 * Z))
        ends = [row[f"difference_{end}nats"] for end in ("low_", "", "high_")]
        assert ends == pytest.approx([0.06, 0.07, 0.09])
    assert table["runs"].to_dict() == {"all": 4, "deconv": 3, "pixelcnn": 1}


def test_where_no_run_is_near_the_ceiling_there_is_no_rate():
    row = numbers().loc["pixelcnn"]
    assert row[["rate_nats", "compression_factor_upper", "difference_nats"]].isna().all()
    assert row["decoder"] == ""
    row = numbers(baselines=make_baselines(ceiling=())).loc["all"]
    assert math.isnan(row["rate_nats"])
    assert row["preference_score_upper"] > 0


def test_the_preference_is_of_the_hull_of_validation_on_test():
    row = numbers().loc["deconv"]
    # by test β = 2 would not be on the hull
    hull = [("deconv", 4.0), ("deconv", 2.0)]
    assert row["hull_runs"] == 2
    expected = preference(
        np.array([NUMBERS[key][0] for key in hull]),
        np.array(
            [LOSSES[(*PAIR, "gaussian", decoder, "maf", b, 0, "paper")] for decoder, b in hull]
        ),
        rate_errors=np.full(2, 0.25),
        label_entropy=H_Y,
        data_entropy=H_X,
    )
    assert row["preference_score_upper"] == pytest.approx(expected.score)
    assert row["preference_score_upper_se"] == pytest.approx(expected.standard_error)
    high = expected.score + Z * expected.standard_error
    assert row["preference_score_upper_high"] == pytest.approx(high)
    assert numbers().loc["pixelcnn", "preference_score_upper"] < row["preference_score_upper"]


def test_without_the_entropy_of_the_images_there_is_no_factor_and_no_score():
    row = numbers(baselines=make_baselines(entropy=None)).loc["all"]
    assert row[["compression_factor_upper", "preference_score_upper"]].isna().all()
    assert row["rate_nats"] == 20.0


@pytest.mark.parametrize(
    "runs",
    [RUNS.iloc[:0], make_runs(status="diverged"), make_runs(violations_valid="rate_negative")],
)
def test_runs_that_do_not_count_leave_an_empty_row(runs, tmp_path):
    table = numbers(runs)
    assert list(table.index) == ["all"]
    assert table.loc["all", "runs"] == 0
    whole = numbers().reset_index()[COLUMNS]
    write_table(tmp_path / "a.parquet", table.reset_index()[COLUMNS], {})
    assert read_table(tmp_path / "a.parquet").dtypes.equals(whole.dtypes)


def test_runs_of_next_to_no_rate_do_not_count():
    runs = make_runs(rate_valid_nats=[0.1, 21.0, 9.0, 30.0])
    assert numbers(runs).loc["all", "runs"] == 3
    # otherwise it would be the smallest rate within the tolerance
    assert numbers(runs).loc["all", "beta"] == 2.0


# The crossing of the hull


def straight(rate_error=0.0, error=0.0, **changes):
    """Return runs on a straight line from (0, 2) over (20, 0.4) to (40, 0.1)."""
    runs = make_runs(**changes).iloc[:2].copy()
    runs["rate_nats"] = runs["rate_valid_nats"] = [20.0, 40.0]
    runs["label_distortion_nats"] = runs["label_distortion_valid_nats"] = [0.4, 0.1]
    return runs.assign(rate_nats_se=rate_error, label_distortion_nats_se=error)


def test_the_crossing_is_between_two_runs():
    row = numbers(straight()).loc["all"]
    # C = 0.15 is a sixth of the way back from (40, 0.1) to (20, 0.4)
    rate = 40 - 20 / 6
    assert row["rate_nats"] == 40.0
    assert row["crossing_rate_nats"] == pytest.approx(rate)
    # the classifier's seeds, 0.08 and 0.12, are in the interval
    half = Z * 0.02 / (0.3 / 20)
    assert row["crossing_rate_low_nats"] == pytest.approx(rate - half)
    assert row["crossing_factor_upper"] == pytest.approx(H_X / rate)
    assert row["crossing_factor_upper_high"] == pytest.approx(H_X / (rate - half))


def test_the_interval_of_the_crossing_covers_errors_of_both_r_and_c():
    same = make_baselines(ceiling=(0.1, 0.1))
    exact, by_rate, by_c = (
        numbers(straight(*errors), same).loc["all"]
        for errors in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.005))
    )
    assert exact["crossing_rate_low_nats"] == exact["crossing_rate_high_nats"]
    assert by_rate["crossing_rate_high_nats"] - by_rate["crossing_rate_low_nats"] == (
        pytest.approx(2 * Z * 0.5)
    )
    assert by_c["crossing_rate_high_nats"] - by_c["crossing_rate_low_nats"] == (
        pytest.approx(2 * Z * 0.005 / (0.3 / 20))
    )


def test_where_the_hull_may_never_come_so_low_its_crossing_has_no_upper_end():
    row = numbers(straight(error=0.1)).loc["all"]
    assert row["crossing_rate_high_nats"] == math.inf
    assert row["crossing_factor_upper_low"] == 0
    far = numbers(straight(), make_baselines(ceiling=(-0.2, -0.2))).loc["all"]
    assert math.isnan(far["crossing_rate_nats"])


def test_the_second_score_is_that_of_codes_that_could_know_no_more_than_the_classifier():
    """Only the part of C above the classifier's C can be saved."""
    baselines = make_baselines(ceiling=(0.1, 0.1))
    row = numbers(baselines=baselines).loc["deconv"]
    # on validation the run at (40, 0.12) lies below the line from (21, 0.14) to (80, 0.1)
    hull = [("deconv", 4.0), ("deconv", 2.0), ("deconv", 1.0)]
    losses = [losses_of(*key) for key in hull]
    expected = preference(
        np.array([NUMBERS[key][0] for key in hull]),
        np.array(losses) - 0.1,
        rate_errors=np.full(3, 0.25),
        label_entropy=H_Y - 0.1,
        data_entropy=H_X,
    )
    assert row["classifier_preference_score_upper"] == pytest.approx(expected.score)
    assert row["classifier_preference_score_upper"] > row["preference_score_upper"]
    error = row["classifier_preference_score_upper_se"]
    assert error == pytest.approx(expected.standard_error)
    # the uncertainty of the classifier's C is part of the score's
    unsure = numbers(baselines=baselines.assign(label_distortion_nats_se=0.05)).loc["deconv"]
    assert unsure["classifier_preference_score_upper_se"] > error
    assert unsure["preference_score_upper_se"] == row["preference_score_upper_se"]


def test_each_probe_has_rows_of_its_own():
    strong = {f"strong_{name}": RUNS[name] - 0.1 for name in RUNS if name.startswith("label_dist")}
    strong["strong_label_distortion_nats_se"] = 0.01
    losses = LOSSES | {(*key[:-1], "strong"): value - 0.1 for key, value in LOSSES.items()}
    table = numbers(RUNS.assign(**strong), losses=losses).reset_index().set_index("probe")
    for name in ("label_distortion_nats", "preference_score_upper"):
        paper, other = (table[table["decoders"] == "deconv"].loc[probe, name]
                        for probe in ("paper", "strong"))  # fmt: skip
        assert paper != other
    # the ceiling has no probe
    assert table["ceiling_nats"].nunique() == 1
    assert len(table) == 6
    assert numbers()["probe"].unique().tolist() == ["paper"]
