"""Every shipped experiment is valid and plans its jobs."""

import pytest
from checkouts import ROOT

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


def test_the_papers_plan_is_one_table_of_all_its_jobs_and_loads_no_torch(checkout):
    # a broken torch would be noticed if it were imported
    broken = checkout.path / "broken" / "torch"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('torch was imported')")
    outcome = checkout.snakemake("-n", PYTHONPATH=f"{checkout.path / 'workflow'}:{broken.parent}")
    assert outcome.code == 0, outcome.text
    # both data sets and all three tasks
    expected = {"fetch_file": 8, "prepare_dataset": 2, "measure_pca": 3}
    expected |= {"train_vae": 2 * 12 * 16, "train_probe": 3 * 12 * 16}
    assert expected.items() <= outcome.jobs.items()
    lines = outcome.text.splitlines()
    assert len(lines) < 50
    (row,) = [line.split(maxsplit=2) for line in lines if line.startswith("train_vae ")]
    assert row == ["train_vae", "384", "missing output files, input files updated by another job"]


def test_partial_aggregates_what_is_there_and_trains_nothing(finished_demo):
    # that the whole plan has more trainings: test_staleness.py
    more = "sweep={betas: {deconv: [0.2, 2, 32]}}"
    overlay = ("--configfile", "tests/workflow/small.yaml", "--config", more, "partial=true")
    partial = finished_demo.snakemake("-n", *overlay)
    assert "train_vae" not in partial.jobs
    assert partial.jobs["aggregate_runs"] == 1
