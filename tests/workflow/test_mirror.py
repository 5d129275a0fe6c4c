"""The real data sets from a mirror folder: exact labels, and small but real sweeps."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from checkouts import copy_repository, once

from labelinfo.data.dataset import load_dataset
from labelinfo.data.prepare import shuffled_rows

MIRROR = os.environ.get("LABELINFO_MIRROR")

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.mirror,
    pytest.mark.skipif(not MIRROR, reason="LABELINFO_MIRROR names no folder with the real data"),
]


def run(folder, experiment):
    copy = copy_repository(folder)
    outcome = copy.snakemake(
        "--cores",
        "2",
        "--configfile",
        f"tests/workflow/{experiment}.yaml",
        LABELINFO_MIRROR=str(Path(MIRROR).absolute()),
    )
    assert outcome.code == 0, outcome.text
    return copy.path / "results" / experiment


@pytest.fixture(scope="module")
def real_digits(tmp_path_factory):
    folder = once(tmp_path_factory, "mirror", lambda folder: run(folder, "mnist_small"))
    return folder / "results" / "mnist_small"


def test_naive_bayes_labels_are_mnists_own_counts(real_digits):
    table = pd.read_parquet(real_digits / "prepare_dataset" / "mnist_static" / "summary.parquet")
    counts = {
        row["split"]: np.array(json.loads(row["label_counts"])) for _, row in table.iterrows()
    }
    whole = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert counts["train"].sum() == 50_000
    assert (counts["train"] + counts["valid"]).tolist() == whole
    assert counts["test"].tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert (table["matched_distinct_share"] > 0.995).all()
    means = table.set_index("split")["mean_pixel"].round(5).to_dict()
    assert means == {"train": 0.13056, "valid": 0.13113, "test": 0.13251}


def test_the_labels_of_the_test_file_come_out_sorted(real_digits):
    # the file is sorted by digit, which the matching does not use: 0 of 10,000 labels are wrong
    dataset = load_dataset(real_digits / "prepare_dataset" / "mnist_static" / "dataset.safetensors")
    digits = dataset.test.labels["digit"].numpy()
    in_file_order = np.empty_like(digits)
    in_file_order[shuffled_rows("mnist_static", "test", len(digits))] = digits
    assert (np.diff(in_file_order) >= 0).all()
    assert len(np.unique(digits[:100])) == 10


def test_preparing_takes_two_gibibytes_at_most(real_digits):
    row = pd.read_csv(real_digits / "benchmarks" / "prepare_dataset" / "mnist_static.tsv", sep="\t")
    assert row["max_rss"].item() < 2048


def test_a_short_sweep_on_real_digits_gives_sensible_numbers(real_digits):
    runs = pd.read_parquet(real_digits / "tables" / "runs.parquet").sort_values("beta")
    assert (runs["status"] == "ok").all()
    assert (runs["violations"] == "").all()
    assert runs["rate_nats"].is_monotonic_decreasing
    assert runs["label_entropy_nats"].iloc[0] == pytest.approx(2.3, abs=0.01)
    assert (runs["distortion_nats"] > 50).all()
    # independent pixels, each with its own frequency, cost 206 nats
    assert (runs["rate_plus_distortion_nats"] < 200).all()
    assert runs["label_accuracy"].iloc[0] > 0.7


def test_the_rebuilt_omniglot_gives_both_tasks_and_carries_its_caveat(tmp_path):
    results = run(tmp_path, "omniglot_small")
    runs = pd.read_parquet(results / "tables" / "runs.parquet")
    assert sorted(zip(runs["task"], runs["beta"], strict=True)) == [
        ("alphabet", 0.5),
        ("alphabet", 2.0),
        ("character", 0.5),
        ("character", 2.0),
    ]
    assert (runs["status"] == "ok").all()
    assert not runs["violations"].str.contains("rate|information").any()
    assert runs["caveat"].str.startswith("Rebuilt from the original").all()
    entropies = runs.groupby("task")["label_entropy_nats"].first()
    assert 3 < entropies["alphabet"] < np.log(50)
    assert entropies["alphabet"] < entropies["character"] < np.log(500)
    baselines = pd.read_parquet(results / "tables" / "baselines.parquet")
    line = baselines[baselines["baseline"] == "random_discard"]
    ends = line.groupby("task")["rate_nats"].max()
    # validation chooses the run, and its R + D is of test
    chosen = runs.loc[(runs["rate_valid_nats"] + runs["distortion_valid_nats"]).idxmin()]
    assert ends.to_numpy() == pytest.approx(chosen["rate_plus_distortion_nats"])
    assert "upper bound on H(X)" in line["data_entropy_source"].iloc[0]
