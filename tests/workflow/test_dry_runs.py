"""Every shipped experiment is valid and plans what it says."""

import pytest
from checkouts import LOUD, ROOT

EXPERIMENTS = sorted(path.name for path in (ROOT / "workflow" / "experiments").glob("*.yaml"))

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_each_experiment_plans_all_of_its_jobs(checkout, experiment):
    outcome = checkout.snakemake("-n", "--configfile", f"workflow/experiments/{experiment}")
    assert outcome.code == 0, outcome.text
    jobs = outcome.jobs
    trained = jobs["cool_vae" if "train_path" in jobs else "train_vae"]
    assert trained == jobs["measure_vae"] == jobs["draw_gallery"] >= 2
    assert jobs["train_probe"] >= trained
    assert jobs["measure_pca"] >= 1
    assert jobs["plot_figure1"] == jobs["plot_figure3"] == jobs["aggregate_runs"] == 1


def test_the_papers_experiment_is_both_data_sets_and_all_three_tasks(checkout):
    jobs = checkout.snakemake("-n").jobs
    assert jobs["fetch_file"] == 8
    assert jobs["prepare_dataset"] == 2
    assert jobs["measure_pca"] == 3
    assert jobs["train_vae"] == 2 * 12 * 16
    assert jobs["train_probe"] == 3 * 12 * 16


def test_a_plan_is_one_table_of_jobs_and_reasons(checkout):
    lines = checkout.snakemake("-n").text.splitlines()
    assert len(lines) < 50
    (row,) = [line.split(maxsplit=2) for line in lines if line.startswith("train_vae ")]
    assert row == ["train_vae", "384", "missing output files, input files updated by another job"]
    # all that Snakemake has to say of a job
    loud = checkout.snakemake(LOUD, "-n", "--configfile", "tests/workflow/tiny.yaml").text
    assert "rule train_vae:\n    input: results/tiny" in loud


def test_planning_does_not_load_torch(checkout):
    # a broken torch would be noticed if it were imported
    broken = checkout.path / "broken" / "torch"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('torch was imported')")
    path = f"{checkout.path / 'workflow'}:{broken.parent}"
    outcome = checkout.snakemake("-n", PYTHONPATH=path)
    assert outcome.code == 0, outcome.text


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("sweeps=1", "`sweeps` is unknown; did you mean `sweep`?"),
        ("training={epoch: 3}", "`training.epoch` is unknown; did you mean `training.epochs`?"),
        ("training={epochs: 0}", "`training.epochs` is 0; it should be greater than or equal to 1"),
        ("sweep={betas: {deconv: [-1]}}", "`sweep.betas.deconv[0]` is -1"),
        ("sweep={datasets: [cifar]}", "names 'cifar'; known are: ['mnist_static'"),
        ("sweep={encoders: [gauss]}", "names 'gauss'; known are: ['gaussian', 'iaf', 'mlp']"),
        ("sweep={marginals: [map]}", "names 'map'; known are: ['gaussian', 'maf', 'vamp']"),
        ("model={vamp: {components: 0}}", "`model.vamp.components` is 0; it should be"),
        ("model={vamps: {components: 1}}", "did you mean `model.vamp`?"),
        ("experiment=../../elsewhere", "`experiment` is '../../elsewhere'"),
    ],
)
def test_a_wrong_configuration_ends_with_one_sentence(checkout, override, sentence):
    outcome = checkout.snakemake("-n", "--config", override)
    assert outcome.code != 0
    assert sentence in outcome.text
    assert "Traceback" not in outcome.text


def test_partial_aggregates_what_is_there_and_trains_nothing(finished_demo):
    demo = ("--configfile", "tests/workflow/small.yaml")
    more = "sweep={betas: {deconv: [0.2, 2, 32]}}"
    full = finished_demo.snakemake("-n", *demo, "--config", more)
    assert full.jobs["train_vae"] == 3
    partial = finished_demo.snakemake("-n", *demo, "--config", more, "partial=true")
    assert "train_vae" not in partial.jobs
    assert partial.jobs["aggregate_runs"] == 1
