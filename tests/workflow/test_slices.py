"""Slices of a sweep join to the tables that one experiment makes."""

import pandas as pd
import pytest
from checkouts import LOUD, Checkout, copy_repository

from labelinfo.io.tables import read_table, read_with_provenance, write_table

pytestmark = pytest.mark.workflow

BASELINES = "random_discard, pca, random_fully_connected"
# how long something took, and files that slices leave out
APART = ["train_seconds", "images_per_second", "weights_file", "learning_curve_file"]


def run(checkout, name, betas, *target, baselines=BASELINES, combine="[]"):
    sweep = f"{{betas: {{deconv: {betas}}}, baselines: [{baselines}], baseline_seeds: [0]}}"
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
    # the joined experiment has none of the runs itself
    folders = "[results/one/pack_slice, results/two/pack_slice]"
    outcome = run(checkout, "joined", "[1, 4]", "all", combine=folders)
    assert outcome.code == 0, outcome.text
    assert not {"prepare_dataset", "train_vae", "train_probe", "measure_pca"} & outcome.jobs.keys()
    outcome = run(checkout, "whole", "[1, 4]", "all")
    assert outcome.code == 0, outcome.text
    return checkout.path / "results"


@pytest.mark.parametrize(
    "name", ["runs", "baselines", "datasets", "differences", "headlines", "claims"]
)
def test_two_slices_give_the_tables_of_one_experiment(joined, name):
    both, whole = (
        read_table(joined / experiment / "tables" / f"{name}.parquet")
        for experiment in ("joined", "whole")
    )
    assert len(whole) > 0
    pd.testing.assert_frame_equal(
        both.drop(columns=APART, errors="ignore"), whole.drop(columns=APART, errors="ignore")
    )


def test_every_row_keeps_its_origin(joined):
    both, whole = (
        read_with_provenance(joined / experiment / "tables" / "runs.parquet")[1]
        for experiment in ("joined", "whole")
    )
    for stage in ("prepare_dataset", "train_vae", "measure_vae", "train_probe"):
        assert both[stage] == whole[stage]


def test_a_run_with_other_numbers_is_refused(joined):
    table, origin = read_with_provenance(joined / "two" / "pack_slice" / "measures.parquet")
    forged = joined / "forged"
    forged.mkdir()
    for file in (joined / "two" / "pack_slice").glob("*.parquet"):
        (forged / file.name).write_bytes(file.read_bytes())
    write_table(forged / "measures.parquet", table.assign(rate_nats=1.0), origin)
    said = refusal(joined, "[results/two/pack_slice, results/forged]")
    assert "Two runs of one identity have different numbers (sample, " in said


@pytest.mark.parametrize(
    ("file", "stage", "said"),
    [
        ("probes", "train_probe", "the settings of the probes of digit"),
        ("summaries", "prepare_dataset", "the images and labels of sample"),
    ],
)
def test_slices_of_other_probes_or_data_are_refused(joined, file, stage, said):
    other = joined / f"other_{file}"
    other.mkdir()
    for each in (joined / "two" / "pack_slice").glob("*.parquet"):
        (other / each.name).write_bytes(each.read_bytes())
    table, origins = read_with_provenance(other / f"{file}.parquet")
    for origin in origins[stage]:
        origin["config"]["more"] = 1
        if stage == "prepare_dataset":
            origin["data"]["x"] = "1"
    write_table(other / f"{file}.parquet", table, origins)
    text = refusal(joined, f"[results/one/pack_slice, results/{other.name}]")
    assert f"The slices do not fit together: {said}" in text


def test_a_folder_without_a_slice_is_named(joined):
    text = refusal(joined, "[results/one]")
    assert "Config key `combine` names 'results/one', which holds no slice" in text


def refusal(joined, folders):
    """Return what Snakemake says of slices that cannot be joined; finished tables stay."""
    outcome = run(Checkout(joined.parent), "refused", "[1, 4]", "all", combine=folders)
    assert outcome.code != 0
    return outcome.text
