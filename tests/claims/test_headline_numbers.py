"""Headline numbers: picked on validation, told of test, by decoder, with their intervals."""

import json
import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from labelinfo.claims.curves import preference
from labelinfo.claims.headline_numbers import COLUMNS, RUN, headline_numbers
from labelinfo.io.tables import read_table, write_table

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
        {
            "dataset": "mnist", "task": "digit", "encoder": "gaussian", "decoder": decoder,
            "marginal": "maf", "beta": beta, "seed": 0, "rate_nats": rate, "rate_nats_se": 0.25,
            "distortion_nats": 90 - rate, "distortion_nats_se": 0.5, "label_distortion_nats": c,
            "label_distortion_nats_se": 0.01, "rate_valid_nats": rate_valid,
            "label_distortion_valid_nats": c_valid, "label_entropy_nats": H_Y, "status": "ok",
            "violations": "",
        }
        for (decoder, beta), (rate, c, rate_valid, c_valid) in NUMBERS.items()
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**changes)


def make_baselines(entropy=H_X, ceiling=(0.08, 0.12)):
    def row(baseline, params, rate, c):
        return {
            "dataset": "mnist", "task": "digit", "baseline": baseline,
            "params": json.dumps(params), "seed": 0, "rate_nats": rate,
            "label_distortion_nats": c, "label_distortion_valid_nats": c,
        }  # fmt: skip

    ends = {"data_entropy_nats": entropy, "source": ""}
    rows = [row("random_discard", ends, 0.0, H_Y), row("random_discard", ends, entropy, 0.0)]
    rows = rows if entropy else []
    return pd.DataFrame(rows + [row("complex_image", {}, math.nan, c) for c in ceiling])


RUNS = make_runs()
KEYS = [(*PAIR, *key) for key in RUNS[RUN].itertuples(index=False, name=None)]
HARD = np.random.default_rng(0).exponential(size=200)
LOSSES = {
    key: c * HARD / HARD.mean() for key, c in zip(KEYS, RUNS["label_distortion_nats"], strict=True)
}


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
        runs, baselines, make_differences(), losses, [PAIR], tolerance_nats=0.05, confidence=0.9
    ).set_index("scope")


def test_the_smallest_rate_is_picked_on_validation_and_told_of_test():
    table = numbers()
    assert list(table.index) == ["all", "deconv", "pixelcnn"]
    for scope in ("all", "deconv"):
        row = table.loc[scope]
        assert (row["decoder"], row["beta"], row["rate_nats"]) == ("deconv", 2.0, 20.0)
        assert row["ceiling_nats"] == pytest.approx(0.1)
        assert row["compression_factor"] == 4.0
        assert row["compression_factor_low"] == pytest.approx(80 / (20 + 0.25 * Z))
        assert row["compression_factor_high"] == pytest.approx(80 / (20 - 0.25 * Z))
        ends = [row[f"difference_{end}nats"] for end in ("low_", "", "high_")]
        assert ends == pytest.approx([0.06, 0.07, 0.09])
    assert table["runs"].to_dict() == {"all": 4, "deconv": 3, "pixelcnn": 1}


def test_where_no_run_is_near_the_ceiling_there_is_no_rate():
    row = numbers().loc["pixelcnn"]
    assert row[["rate_nats", "compression_factor", "difference_nats"]].isna().all()
    assert row["decoder"] == ""
    row = numbers(baselines=make_baselines(ceiling=())).loc["all"]
    assert math.isnan(row["rate_nats"])
    assert row["preference_score"] > 0


def test_the_preference_is_of_the_hull_of_validation_on_test():
    row = numbers().loc["deconv"]
    # by test β = 2 would not be on the hull
    hull = [("deconv", 4.0), ("deconv", 2.0)]
    assert row["hull_runs"] == 2
    expected = preference(
        np.array([NUMBERS[key][0] for key in hull]),
        np.array([LOSSES[(*PAIR, "gaussian", decoder, "maf", b, 0)] for decoder, b in hull]),
        rate_errors=np.full(2, 0.25),
        label_entropy=H_Y,
        data_entropy=H_X,
    )
    assert row["preference_score"] == pytest.approx(expected.score)
    assert row["preference_score_se"] == pytest.approx(expected.standard_error)
    high = expected.score + Z * expected.standard_error
    assert row["preference_score_high"] == pytest.approx(high)
    assert numbers().loc["pixelcnn", "preference_score"] < row["preference_score"]


def test_without_the_entropy_of_the_images_there_is_no_factor_and_no_score():
    row = numbers(baselines=make_baselines(entropy=None)).loc["all"]
    assert row[["compression_factor", "preference_score"]].isna().all()
    assert row["rate_nats"] == 20.0


def test_without_losses_there_is_no_score():
    assert math.isnan(numbers(losses={}).loc["all", "preference_score"])


@pytest.mark.parametrize(
    "runs", [RUNS.iloc[:0], make_runs(status="diverged"), make_runs(violations="rate_negative")]
)
def test_runs_that_do_not_count_leave_an_empty_row(runs, tmp_path):
    table = numbers(runs)
    assert list(table.index) == ["all"]
    assert table.loc["all", "runs"] == 0
    whole = numbers().reset_index()[COLUMNS]
    write_table(tmp_path / "a.parquet", table.reset_index()[COLUMNS], {})
    assert read_table(tmp_path / "a.parquet").dtypes.equals(whole.dtypes)
