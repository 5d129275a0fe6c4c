"""Runs that cool down from a path: which edits make the path stale, and a row recomputed."""

import pytest
from checkouts import LOUD, copy_repository, verify

pytestmark = pytest.mark.workflow

PATH = (
    "{ends: {deconv: [0.5, 5]}, first_epochs: 1, epochs_per_decade: 1, snapshots_per_decade: 2, "
    "cooling_epochs: 1}"
)


def cool(checkout, *flags, path=PATH, betas="[1, 4]", training="{mode: path}", until="cool_vae"):
    outcome = checkout.snakemake(
        LOUD, *flags, "--configfile", "tests/workflow/tiny.yaml",
        "--config", f"training={training}", f"path={path}", f"sweep={{betas: {{deconv: {betas}}}}}",
        "--until", until,
    )  # fmt: skip
    assert outcome.code == 0, outcome.text
    return outcome.jobs


@pytest.fixture(scope="module")
def cooled(tmp_path_factory):
    checkout = copy_repository(tmp_path_factory.mktemp("paths"))
    jobs = cool(checkout, "--cores", "1")
    assert jobs == {"prepare_dataset": 1, "train_path": 1, "cool_vae": 2}
    return checkout


@pytest.mark.parametrize(
    ("change", "jobs"),
    [
        ({}, {}),
        ({"betas": "[1, 2, 4]"}, {"cool_vae": 1}),
        ({"path": PATH.replace("cooling_epochs: 1", "cooling_epochs: 2")}, {"cool_vae": 2}),
        ({"training": "{mode: path, epochs: 7, beta_warmup: 0.1}"}, {}),
        ({"path": PATH.replace("5]", "20]")}, {"train_path": 1, "cool_vae": 2}),
        ({"training": "{mode: path, batch_size: 16}"}, {"train_path": 1, "cool_vae": 2}),
    ],
    ids=["nothing", "β between", "longer cool-down", "keys of separate trainings", "end", "batch"],
)
def test_a_change_reruns_what_depends_on_it(cooled, change, jobs):
    assert cool(cooled, "-n", **change) == jobs


def test_a_recomputed_row_has_the_same_bits(cooled):
    cool(cooled, "--cores", "1", until="aggregate_runs")
    done = verify(cooled, "results/tiny/tables", "--seed", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not the same bits" not in done.stdout
    assert done.stdout.count("  agrees") > 10
