"""The table of runs has one row per expected row, also for diverged and missing runs."""

import math

import pandas as pd
import pytest

from labelinfo.config.run import Run, beta_key
from labelinfo.errors import StorageError
from labelinfo.io.tables import read_table, write_table
from labelinfo.tables.runs import COLUMNS, IDENTITY, JobFiles, aggregate_runs

TASKS = {"mnist": ["digit"], "omniglot": ["alphabet", "character"]}
ENTROPIES = {("mnist", "digit"): 2.25, ("omniglot", "alphabet"): 3.75}
BIASES = {("omniglot", "alphabet"): 0.5}
CAVEATS = {"mnist": "", "omniglot": "Rebuilt."}
BEST_KNOWN = {"mnist": 79.78, "omniglot": None}
SETTINGS = {
    "label_entropies": ENTROPIES,
    "label_entropy_biases": BIASES,
    "best_known_nats": BEST_KNOWN,
    "caveats": CAVEATS,
    "standard_errors": 4.0,
    "probe_tolerance_nats": 0.0625,
}
OMNIGLOT = [
    Run("omniglot", "gaussian", "deconv", "gaussian", beta_key(beta), 0)
    for beta in (0.1, 0.5, 1, 2, 4, 8, 16)
]
MNIST = [Run("mnist", "gaussian", "deconv", "gaussian", "1", seed) for seed in (0, 1)]
WHOLE, DIVERGED, UNPROBED, UNMEASURED, HALF_PROBED, UNTRAINED, MISSING = OMNIGLOT


def expected(runs):
    return pd.DataFrame(
        [run.columns | {"task": task} for run in runs for task in TASKS[run.dataset]]
    )


def weights(run):
    return {"weights_sha256": f"weights of {run.path}"}


class Jobs:
    """Write the tables of a run's jobs."""

    def __init__(self, folder):
        self.folder = folder
        self.files = {"training": [], "measures": [], "probes": []}

    def write(self, kind, row):
        path = self.folder / f"{kind}{len(self.files[kind])}.parquet"
        write_table(path, pd.DataFrame([row]), {"stage": kind, "code": str(len(self.files[kind]))})
        self.files[kind].append(path)

    def train(self, run, diverged=False, **changes):
        row = {
            "status": "diverged" if diverged else "ok",
            "epochs": 7,
            "best_epoch": None if diverged else 6,
            "diverged_epoch": 3 if diverged else None,
            "diverged_step": 17 if diverged else None,
            "diverged_loss_nats": math.inf if diverged else None,
            "train_seconds": 12.5,
            "images_per_second": 800.0,
            "device": "cpu",
            "precision": "float32",
        }
        self.write("training", run.columns | row | weights(run) | changes)

    def measure(self, run, diverged=False, **changes):
        rate = 10.0 / float(run.beta)
        row = {
            "status": "ok",
            "rate_nats": rate,
            "rate_nats_se": 0.25,
            "distortion_nats": 90.0,
            "distortion_nats_se": 0.5,
            "rate_plus_distortion_nats": rate + 90,
            "rate_plus_distortion_nats_se": 0.5,
            "rate_monte_carlo_nats": rate,
            "rate_difference_nats": 0.0,
            "rate_difference_nats_se": 0.25,
            "rate_estimator": "closed form",
            "rate_valid_nats": rate + 1,
            "distortion_valid_nats": 91.0,
            "images": 100,
            "samples": 4,
        }
        row = {"status": "diverged"} if diverged else row
        self.write("measures", run.columns | row | weights(run) | changes)

    def probe(self, run, tasks=None, diverged=False, **changes):
        for number, task in enumerate(tasks or TASKS[run.dataset]):
            row = {
                "status": "ok",
                "label_distortion_nats": 0.5 + number,
                "label_distortion_nats_se": 0.125,
                "label_accuracy": 0.75,
                "label_accuracy_se": 0.0625,
                "label_distortion_valid_nats": 0.625 + number,
            }
            row = {"status": "diverged"} if diverged else row
            self.write("probes", run.columns | {"task": task} | row | weights(run) | changes)

    def aggregate(self, runs, best_known_nats=None):
        return aggregate_runs(
            expected(runs),
            JobFiles(**self.files),
            **SETTINGS | {"best_known_nats": BEST_KNOWN | (best_known_nats or {})},
        )


def test_a_sweep_of_no_runs_has_a_table_of_the_same_types(jobs, tmp_path):
    jobs.train(MNIST[0])
    full, _ = jobs.aggregate(MNIST)
    runs = pd.DataFrame([], columns=[*IDENTITY, "task"])
    none, _ = aggregate_runs(runs, JobFiles([], [], []), **SETTINGS)
    assert none.empty
    assert none.dtypes.equals(full.dtypes)


@pytest.fixture
def jobs(tmp_path):
    return Jobs(tmp_path)


@pytest.fixture
def sweep(jobs):
    """Write the tables of a sweep with runs of every status, in mixed order."""
    for run in (UNMEASURED, HALF_PROBED, UNPROBED, WHOLE, *MNIST):
        jobs.train(run)
    jobs.train(DIVERGED, diverged=True)
    jobs.measure(DIVERGED, diverged=True)
    for run in (*MNIST, UNTRAINED, WHOLE, UNPROBED, HALF_PROBED):
        jobs.measure(run)
    jobs.probe(DIVERGED, diverged=True)
    jobs.probe(HALF_PROBED, ["character"])
    for run in (MNIST[1], WHOLE, UNMEASURED, MNIST[0], UNTRAINED):
        jobs.probe(run)
    return jobs


def test_every_expected_row_is_there_once_with_what_became_of_it(sweep):
    runs = [*OMNIGLOT, *MNIST]
    table, _ = sweep.aggregate(runs)
    assert list(table.columns) == COLUMNS
    pd.testing.assert_frame_equal(
        table[[*IDENTITY, "task"]], expected(runs)[[*IDENTITY, "task"]], check_dtype=False
    )
    assert list(table["status"]) == [
        *["ok", "ok"],
        *["diverged", "diverged"],
        *["incomplete", "incomplete"],
        *["incomplete", "incomplete"],
        *["incomplete", "ok"],
        *["incomplete", "incomplete"],
        *["missing", "missing"],
        *["ok", "ok"],
    ]


def test_numbers_go_to_the_row_they_belong_to(sweep):
    table, _ = sweep.aggregate([*OMNIGLOT, *MNIST])
    whole = table[table["beta"] == 0.1]
    assert list(whole["rate_nats"]) == [100.0, 100.0]
    assert list(whole["rate_valid_nats"]) == [101.0, 101.0]
    assert list(whole["label_distortion_nats"]) == [0.5, 1.5]
    assert list(whole["label_distortion_valid_nats"]) == [0.625, 1.625]
    assert whole["label_distortion_bits"].iloc[0] == pytest.approx(0.5 / math.log(2))
    assert whole["label_retained_share"].iloc[0] == pytest.approx(1 - 0.5 / 3.75)
    assert whole["label_retained_share_se"].iloc[0] == pytest.approx(0.125 / 3.75)
    assert list(whole["best_epoch"]) == [6, 6]
    half = table[table["beta"] == 4]
    assert list(half["label_distortion_nats"].isna()) == [True, False]
    assert list(half["rate_nats"]) == [2.5, 2.5]
    diverged = table[table["beta"] == 0.5]
    assert diverged[["rate_nats", "label_distortion_nats", "best_epoch"]].isna().all(axis=None)
    assert list(diverged["diverged_epoch"]) == [3, 3]
    assert list(diverged["diverged_step"]) == [17, 17]


def test_entropy_and_caveat_come_from_the_data_even_where_a_run_is_missing(sweep):
    table, _ = sweep.aggregate([MISSING, *MNIST])
    assert list(table["label_entropy_nats"].fillna(-1)) == [3.75, -1, 2.25, 2.25]
    assert list(table["caveat"]) == ["Rebuilt.", "Rebuilt.", "", ""]


def test_c_may_lie_above_an_entropy_that_is_too_small_by_as_much(jobs):
    runs = OMNIGLOT[:2]
    for run, c in zip(runs, (4.75, 4.875), strict=True):
        jobs.train(run)
        jobs.measure(run)
        jobs.probe(run, ["alphabet"], label_distortion_nats=c)
    table, _ = jobs.aggregate(runs)
    found = table[table["task"] == "alphabet"]["violations"]
    # 3.75 and a bias of 0.5, a tolerance of 0.0625, and 4 · 0.125 of error
    assert list(found) == ["", "label_distortion_above_label_entropy"]


def test_a_broken_inequality_is_written_into_its_row_alone(jobs):
    for run in MNIST:
        jobs.train(run)
        jobs.probe(run)
    jobs.measure(MNIST[0])
    jobs.measure(MNIST[1], rate_nats=-2.0, rate_plus_distortion_nats=70.0)
    table, _ = jobs.aggregate(MNIST)
    assert list(table["status"]) == ["ok", "ok"]
    assert list(table["violations"]) == [
        "",
        "rate_negative; label_information_above_rate; rate_plus_distortion_below_best_known",
    ]
    table, _ = jobs.aggregate(MNIST, best_known_nats={"mnist": None})
    assert table["violations"][1] == "rate_negative; label_information_above_rate"


def test_violations_of_validation_are_told_apart_from_those_of_test(jobs):
    for run, rate, rate_valid in zip(MNIST, (-3.0, 10.0), (10.0, -3.0), strict=True):
        jobs.train(run)
        jobs.measure(run, rate_nats=rate, rate_valid_nats=rate_valid)
        jobs.probe(run)
    table, _ = jobs.aggregate(MNIST)
    broken = "rate_negative; label_information_above_rate"
    assert table["violations"].tolist() == [broken, ""]
    assert table["violations_valid"].tolist() == ["", broken]


def test_a_run_that_learned_nothing_is_warned_of_where_its_measure_knows_the_limit(jobs):
    for run, measured in zip(MNIST, ({"independent_pixels_nats": 89.0}, {}), strict=True):
        jobs.train(run)
        jobs.measure(run, **measured)
        jobs.probe(run)
    table, _ = jobs.aggregate(MNIST)
    # the second measure is one of an older version, as a published slice may hold
    assert table["warnings"].tolist() == ["learned_nothing", ""]
    assert table["violations"].tolist() == ["", ""]
    jobs.files["measures"].clear()
    for run in MNIST:
        jobs.measure(run, independent_pixels_nats=90.0)
    table, _ = jobs.aggregate(MNIST)
    assert table["warnings"].tolist() == ["", ""]


def test_two_tables_of_one_run_make_one_row_and_other_numbers_an_error(jobs):
    jobs.train(MNIST[0])
    jobs.train(MNIST[0])
    table, _ = jobs.aggregate(MNIST)
    assert len(table) == len(MNIST)
    jobs.train(MNIST[0], best_epoch=1)
    with pytest.raises(StorageError, match="Two runs of one identity have different numbers"):
        jobs.aggregate(MNIST)


@pytest.mark.parametrize("runs", [MNIST, OMNIGLOT[:1]])
def test_types_do_not_depend_on_what_is_finished(tmp_path, jobs, runs):
    def types():
        table, _ = jobs.aggregate(runs)
        write_table(tmp_path / "runs.parquet", table, {})
        back = read_table(tmp_path / "runs.parquet")
        pd.testing.assert_frame_equal(back, table)
        return back.dtypes.to_dict()

    nothing = types()
    for run in runs:
        jobs.train(run, diverged=True)
    diverged = types()
    jobs.files["training"].clear()
    for run in runs:
        jobs.train(run)
        jobs.measure(run)
        jobs.probe(run)
    assert nothing == diverged == types()


@pytest.mark.parametrize("stage", ["train_vae", "cool_vae"])
def test_each_row_names_its_runs_files_and_one_of_a_slice_none(tmp_path, jobs, stage):
    folder = f"{stage}/{WHOLE.path}"
    for run, place in ((WHOLE, folder), (MNIST[0], "pack_slice")):
        file = tmp_path / "results" / place / "training.parquet"
        write_table(file, pd.DataFrame([run.columns | {"status": "ok"} | weights(run)]), {})
        jobs.files["training"].append(file)
    table, _ = jobs.aggregate([WHOLE, MISSING, MNIST[0]])
    named = table.drop_duplicates(IDENTITY)
    assert list(named["weights_file"]) == [f"{folder}/best.safetensors", "", ""]
    assert list(named["learning_curve_file"]) == [f"{folder}/learning_curve.parquet", "", ""]


@pytest.mark.parametrize("kind", ["measures", "probes"])
def test_a_table_about_other_weights_than_its_trainings_is_named(jobs, kind):
    for run in MNIST:
        jobs.train(run)
        jobs.measure(run, **({"weights_sha256": "other"} if kind == "measures" else {}))
        jobs.probe(run, **({"weights_sha256": "other"} if kind == "probes" else {}))
    with pytest.raises(StorageError, match="about other weights than those of its train") as caught:
        jobs.aggregate(MNIST)
    assert str(jobs.files[kind][0]) in str(caught.value)


def test_the_origin_of_every_file_is_collected(jobs):
    for run in MNIST:
        jobs.train(run)
        jobs.probe(run)
    jobs.measure(MNIST[0])
    _, origins = jobs.aggregate(MNIST)
    assert [(origin["stage"], origin["code"]) for origin in origins] == [
        ("training", "0"),
        ("training", "1"),
        ("measures", "0"),
        ("probes", "0"),
        ("probes", "1"),
    ]


@pytest.mark.parametrize(
    ("kind", "lost"),
    [("training", "seed"), ("measures", "beta"), ("probes", "dataset"), ("probes", "task")],
)
def test_a_table_that_does_not_name_its_run_is_named(jobs, kind, lost):
    row = MNIST[0].columns | {"task": "digit", "status": "ok"}
    del row[lost]
    jobs.write(kind, row)
    with pytest.raises(StorageError, match="does not name its run") as caught:
        jobs.aggregate(MNIST)
    assert str(jobs.files[kind][0]) in str(caught.value)
