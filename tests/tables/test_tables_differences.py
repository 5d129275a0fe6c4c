"""Differences of C on the same images: their size, sign and uncertainty."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from labelinfo.errors import StorageError
from labelinfo.io.losses import LossFiles, read_losses, write_losses
from labelinfo.io.tables import read_table, write_table
from labelinfo.seeds import derive_seed
from labelinfo.tables.bootstrap import interval, resampled_means
from labelinfo.tables.differences import COLUMNS, compare_runs

BOOTSTRAP = {"resamples": 4000, "confidence": 0.9}


# The bootstrap


def paired_bootstrap(differences, *, seed, resamples, confidence):
    resampled = resampled_means(differences, resamples=resamples, seed=seed)
    return interval(differences.mean(axis=1), resampled, resampled, confidence=confidence)


def two(count=300, seed=0):
    """Return losses of two models on the same images, which are equally hard for both."""
    random = np.random.default_rng(seed)
    hard = random.exponential(size=count)
    return hard + 0.2 * random.random(count), 0.9 * hard + 0.2 * random.random(count)


def test_it_agrees_with_scipys_paired_bootstrap():
    one, other = two()
    found = paired_bootstrap((one - other)[None], seed=1, **BOOTSTRAP)
    expected = stats.bootstrap(
        (one, other),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        paired=True,
        n_resamples=4000,
        confidence_level=0.9,
        method="percentile",
        rng=np.random.default_rng(2),
    )
    assert found.mean[0] == pytest.approx(one.mean() - other.mean())
    error = expected.standard_error
    assert found.standard_error[0] == pytest.approx(error, rel=0.05)
    # resampling determines the ends of an interval less precisely than its width
    assert found.low[0] == pytest.approx(expected.confidence_interval.low, abs=0.1 * error)
    assert found.high[0] == pytest.approx(expected.confidence_interval.high, abs=0.1 * error)


def test_equal_losses_differ_by_nothing_and_a_shift_is_known_exactly():
    found = paired_bootstrap(np.array([[0.0] * 50, [0.125] * 50]), seed=0, **BOOTSTRAP)
    for values in (found.mean, found.low, found.high):
        assert values.tolist() == [0, 0.125]
    assert found.standard_error.tolist() == [0, 0]


# The losses of single images


def test_losses_survive_their_file(tmp_path):
    losses = np.random.default_rng(0).random((3, 7))
    of = {"dataset": "mnist", "points": [{"k": 1}, {"k": 2}, {"k": 3}]}
    write_losses(tmp_path / "l.parquet", losses, of, {"stage": "measure_pca"})
    back, whose, origin = read_losses(tmp_path / "l.parquet")
    np.testing.assert_allclose(back, losses, rtol=2**-12)
    assert (whose, origin) == (of, {"stage": "measure_pca"})
    table = read_table(tmp_path / "l.parquet")
    assert table["image"].tolist() == 3 * list(range(7))
    assert table["point"].tolist() == [point for point in range(3) for _ in range(7)]


@pytest.mark.parametrize(
    "damage",
    [
        lambda table: table.iloc[:-1],
        lambda table: table.iloc[::-1],
        lambda table: pd.concat([table, table]),
        lambda table: table.drop(columns="image"),
    ],
)
def test_a_table_that_lacks_losses_is_refused(tmp_path, damage):
    file = tmp_path / "l.parquet"
    write_losses(file, np.ones((2, 5)), {"task": "digit"}, {})
    write_table(file, damage(read_table(file)), {"of": {"task": "digit"}})
    with pytest.raises(StorageError, match=r"l\.parquet .*delete it and run again"):
        read_losses(file)


# The table of differences

LABELS = {"dataset": "mnist", "task": "digit"}
RUN = {
    **LABELS, "encoder": "gaussian", "decoder": "deconv", "marginal": "maf", "beta": 0.5, "seed": 0,
}  # fmt: skip


class Files:
    def __init__(self, folder):
        self.folder, self.runs, self.levels = folder, [], []

    def write(self, to, losses, of):
        file = self.folder / f"{len(self.runs) + len(self.levels)}.parquet"
        write_losses(file, np.atleast_2d(losses), of, {"stage": "a"})
        to.append(file)

    def run(self, losses, **changes):
        self.write(self.runs, losses, RUN | changes)

    def level(self, losses, **changes):
        of = {**LABELS, "baseline": "complex_image", "seed": 0}
        self.write(self.levels, losses, of | changes)

    def compare(self):
        return compare_runs(self.runs, self.levels, **BOOTSTRAP)[0]


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def test_a_run_is_compared_with_the_mean_over_seeds_of_each_baseline(files):
    losses = np.random.default_rng(0).random((4, 40)).astype(np.float16).astype(float)
    files.run(losses[0])
    files.level(losses[1])
    files.level(losses[2], seed=1)
    files.level(losses[3], baseline="simple_image")
    table = files.compare().set_index("baseline")
    assert table.loc["complex_image", "baseline_seeds"] == 2
    expected = {
        "complex_image": losses[0] - losses[1:3].mean(axis=0),
        "simple_image": losses[0] - losses[3],
    }
    for baseline, difference in expected.items():
        row = table.loc[baseline]
        assert row["difference_nats"] == pytest.approx(difference.mean())
        images = difference.std() / math.sqrt(40)
        if baseline == "simple_image":
            assert row["difference_nats_se"] == pytest.approx(images, rel=0.05)
        else:
            assert row["difference_nats_se"] > images
        assert row["difference_low_nats"] < row["difference_nats"] < row["difference_high_nats"]
        assert (row["n_images"], row["resamples"], row["confidence"]) == (40, 4000, 0.9)


def test_a_run_that_beats_the_mean_of_scattered_seeds_is_not_shown_to_beat_the_baseline(files):
    """Seeds at 0.119, 0.156 and 0.131: a run at 0.120 beats their mean by image error only."""
    hard = np.random.default_rng(0).exponential(size=4000)
    noise = hard - hard.mean()
    files.run(0.120 + 0.1 * noise)
    for seed, c in enumerate((0.119, 0.156, 0.131)):
        files.level(c + 0.1 * noise, baseline="random_convolutional", seed=seed)
    row = files.compare().iloc[0]
    assert row["difference_nats"] == pytest.approx(-0.0153, abs=1e-3)
    assert row["difference_low_nats"] < 0 < row["difference_high_nats"]
    # the error of a mean over three seeds, as the images cancel
    error = np.std([0.119, 0.156, 0.131], ddof=1) / math.sqrt(3)
    assert row["difference_nats_se"] == pytest.approx(error, rel=0.05)


def test_each_probe_is_compared_with_its_own_level_or_with_the_only_one(files):
    for probe, c in (("paper", 1.0), ("strong", 2.0)):
        files.run(np.full(9, c), probe=probe)
        files.level(np.full(9, c / 8), baseline="random_convolutional", probe=probe)
    files.level(np.full(9, 0.0625))
    table = files.compare().set_index(["probe", "baseline"])["difference_nats"]
    assert table.to_dict() == pytest.approx(
        {
            ("paper", "random_convolutional"): 0.875,
            ("strong", "random_convolutional"): 1.75,
            ("paper", "complex_image"): 0.9375,
            ("strong", "complex_image"): 1.9375,
        }
    )


def test_losses_that_name_no_probe_are_the_papers(files):
    files.run(np.ones(9))
    files.run(np.full(9, 2.0), probe="strong")
    files.level(np.zeros(9))
    assert files.compare()["probe"].tolist() == ["paper", "strong"]


def test_resampling_once_for_all_is_resampling_each_difference(files):
    losses = np.random.default_rng(1).random((5, 60)).astype(np.float16).astype(float)
    for seed in range(3):
        files.run(losses[seed], seed=seed)
    files.level(losses[3])
    files.level(losses[4], baseline="simple_image")
    table = files.compare()
    draws = {**BOOTSTRAP, "seed": derive_seed(RUN["dataset"], RUN["task"], "bootstrap")}
    for level, baseline in ((3, "complex_image"), (4, "simple_image")):
        expected = paired_bootstrap(losses[:3] - losses[level], **draws)
        rows = table[table["baseline"] == baseline]
        for column, values in (
            ("difference_nats", expected.mean),
            ("difference_nats_se", expected.standard_error),
            ("difference_low_nats", expected.low),
            ("difference_high_nats", expected.high),
        ):
            np.testing.assert_allclose(rows[column], values, rtol=1e-12, atol=1e-14)


def test_losses_are_found_by_whose_they_are_and_read_when_asked_for(files):
    files.run(np.ones(30))
    files.run(np.zeros((0, 0)), seed=1)
    assert list(LossFiles(files.runs[:1], ("seed", "probe"))) == [(0, "paper")]
    found = LossFiles(files.runs, ("task", "seed"))
    assert list(found) == [(RUN["task"], 0), (RUN["task"], 1)]
    assert found[RUN["task"], 0].tolist() == [1.0] * 30
    assert (RUN["task"], 1) not in found  # it diverged
    assert (RUN["task"], 2) not in found


def test_runs_meet_baselines_of_their_own_data_and_task_alone(files):
    files.run(np.full(9, 1.0))
    files.run(np.full(9, 2.0), beta=2.0)
    files.run(np.full(5, 3.0), dataset="omniglot", task="alphabet")
    files.run(np.full(5, 3.0), dataset="omniglot", task="character")
    files.level(np.full(9, 0.5))
    files.level(np.full(5, 0.25), dataset="omniglot", task="alphabet")
    table = files.compare()
    assert list(table.columns) == COLUMNS
    assert table[["task", "beta", "difference_nats"]].to_numpy().tolist() == [
        ["digit", 0.5, 0.5],
        ["digit", 2.0, 1.5],
        ["alphabet", 0.5, 2.75],
    ]


def test_a_diverged_run_makes_no_row_and_nothing_makes_an_empty_table(files, tmp_path):
    files.run(np.empty((0, 0)))
    files.level(np.ones(9))
    table = files.compare()
    assert len(table) == 0
    assert list(table.columns) == COLUMNS
    write_table(tmp_path / "differences.parquet", table, {})
    assert read_table(tmp_path / "differences.parquet").dtypes.equals(table.dtypes)


def test_losses_of_other_images_are_refused(files):
    files.run(np.ones(9))
    files.level(np.ones(8))
    with pytest.raises(StorageError, match=r"mnist, digit, are of \[8, 9\] test images"):
        files.compare()
