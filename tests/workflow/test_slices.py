"""Slices of a sweep join to the tables that one experiment makes."""

import shutil

import pandas as pd
import pytest
from checkouts import LOUD, Checkout, copy_repository

from labelinfo.errors import ConfigError, StorageError
from labelinfo.io.tables import read_table, read_with_provenance, write_table
from labelinfo.tables.slices import check_slices_fit, slice_files

pytestmark = pytest.mark.workflow

BASELINES = "random_discard, pca, random_fully_connected"
# how long something took, and files that slices leave out
DIFFERENT = ["train_seconds", "images_per_second", "weights_file", "learning_curve_file"]


def run(checkout, name, betas, *target, baselines=BASELINES, combine="[]", more=""):
    betas = f"betas: {{deconv: {betas}}}"
    sweep = f"{{{betas}, baselines: [{baselines}], baseline_seeds: [0]{more}}}"
    return checkout.snakemake(
        LOUD, "--cores", "1", "--configfile", "tests/workflow/tiny.yaml",
        "--config", f"experiment={name}", f"sweep={sweep}", f"combine={combine}", "--", *target,
    )  # fmt: skip


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    checkout = copy_repository(tmp_path_factory.mktemp("slices"))
    slices = {"one": ("[1]", BASELINES), "two": ("[4]", "random_discard")}
    for name, (betas, baselines) in slices.items():
        outcome = run(checkout, name, betas, "pack_slice", baselines=baselines)
        assert outcome.code == 0, outcome.text
    # the joined experiment's own sweep is empty
    folders = "[results/one/pack_slice, results/two/pack_slice]"
    outcome = run(
        checkout, "joined", "[1, 4]", "all",
        baselines="random_discard", combine=folders, more=", architectures: []",
    )  # fmt: skip
    assert outcome.code == 0, outcome.text
    assert not {"prepare_dataset", "train_vae", "train_probe", "measure_pca"} & outcome.jobs.keys()
    outcome = run(checkout, "whole", "[1, 4]", "all")
    assert outcome.code == 0, outcome.text
    return checkout.path / "results"


def test_two_slices_give_the_tables_of_one_experiment_with_their_origins(joined):
    for name in ("runs", "baselines", "datasets", "differences", "headlines", "claims"):
        both, whole = (
            read_table(joined / experiment / "tables" / f"{name}.parquet").drop(
                columns=DIFFERENT, errors="ignore"
            )
            for experiment in ("joined", "whole")
        )
        assert len(whole) > 0
        pd.testing.assert_frame_equal(both, whole)
    both, whole = (
        read_with_provenance(joined / experiment / "tables" / "runs.parquet")[1]
        for experiment in ("joined", "whole")
    )
    for stage in ("prepare_dataset", "train_vae", "measure_vae", "train_probe"):
        assert both[stage] == whole[stage]


def test_a_run_with_other_numbers_is_refused(joined):
    forged = joined / "forged"
    shutil.copytree(joined / "two" / "pack_slice", forged)
    table, origin = read_with_provenance(forged / "measures.parquet")
    write_table(forged / "measures.parquet", table.assign(rate_nats=1.0), origin)
    folders = "[results/two/pack_slice, results/forged]"
    outcome = run(Checkout(joined.parent), "refused", "[1, 4]", "all", combine=folders)
    assert outcome.code != 0
    assert "Two runs of one identity have different numbers (sample, " in outcome.text


@pytest.mark.parametrize(
    ("stage", "change", "said"),
    [
        ("train_probe", {"config": {"task": "digit", "more": 1}}, "the settings of the probes of"),
        ("prepare_dataset", {"data": {"x": "1"}}, "the images and labels of sample"),
    ],
)
def test_slices_of_other_probes_or_data_are_refused(tmp_path, stage, change, said):
    origin = {"stage": stage, "config": {"task": "digit", "datasets": {"sample": {}}}, "data": {}}
    files = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for file in files:
        write_table(file, pd.DataFrame([{"x": 1}]), {stage: [origin]})
    check_slices_fit(files)
    write_table(files[1], pd.DataFrame([{"x": 1}]), {stage: [origin | change]})
    with pytest.raises(StorageError, match=f"The slices do not fit together: {said}"):
        check_slices_fit(files)


def test_a_folder_without_a_slice_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"`combine` names '.*', which holds no slice"):
        slice_files([tmp_path], "runs")
