"""A sweep is watched from outside, and in the end its failures are told with their last words."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.workflow


def progress(checkout, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "labelinfo.progress", *arguments],
        cwd=checkout.path,
        env={"PYTHONPATH": f"{checkout.path / 'workflow'}"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_finished_demo_is_done_and_leaves_nothing(finished_demo):
    done = progress(finished_demo, "--configfile", "tests/workflow/small.yaml")
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    assert header.split() == [
        "demo", "done", "running", "failed", "interrupted", "waiting", "core-hours", "left",
    ]  # fmt: skip
    assert ["train_vae", "9", "0", "0", "0", "0", "0.0"] in [row.split() for row in rows]
    assert ["all", "37", "0", "0", "0", "0", "0.0"] in [row.split() for row in rows]


def test_more_runs_than_finished_ones_are_estimated_from_these(finished_demo, tmp_path):
    more = tmp_path / "more.yaml"
    more.write_text("sweep: {betas: {deconv: [0.2, 2, 32]}}\n", encoding="utf-8")
    overlays = ("tests/workflow/small.yaml", str(more))
    done = progress(finished_demo, "--configfile", *overlays)
    assert "are an estimate from 37 finished jobs." in done.stdout


def test_watching_does_not_load_torch(checkout):
    broken = checkout.path / "broken" / "torch"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('torch was imported')")
    path = f"{checkout.path / 'workflow'}:{broken.parent}"
    done = progress(checkout, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr


def test_a_wrong_configuration_is_one_sentence(checkout, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("sweeps: 1\n", encoding="utf-8")
    done = progress(checkout, "--configfile", str(wrong))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Config key `sweeps` is unknown")


@pytest.mark.parametrize("locale", [{"PYTHONIOENCODING": "ascii"}, {}], ids=["ascii", "C"])
def test_the_last_words_of_a_run_survive_any_locale(checkout, locale):
    summary = checkout.path / "results" / "tiny" / "write_summary" / "summary.txt"
    summary.parent.mkdir(parents=True)
    summary.write_text("at β = 4\n", encoding="utf-8")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    outcome = checkout.snakemake(
        "--cores", "1", "--configfile", "tests/workflow/tiny.yaml",
        "--", "results/tiny/write_config/config.yaml", **plain, **locale,
    )  # fmt: skip
    assert outcome.code == 0, outcome.text
    # neither a bar nor a block a job: the profile, the plan, the progress, the summary, the log
    _, plan, begun, over, words, log = [line for line in outcome.text.splitlines() if line]
    assert plan == "1 job: 1 write_config"
    assert begun.endswith("0 of 1 jobs done, time left not known yet; running: 1 write_config")
    assert over.endswith("1 of 1 jobs done")
    assert words == "at \\u03b2 = 4"
    assert log.startswith("Complete log")


def test_failures_are_told_in_the_end_with_the_last_lines_of_their_logs(checkout):
    tampered = "datasets={sample: {files: {train: {sha256: " + 64 * "0" + "}}}}"
    outcome = checkout.snakemake(
        "--cores", "1", "--configfile", "tests/workflow/small.yaml",
        "--config", tampered, "--", "results/demo/tables/datasets.parquet",
    )  # fmt: skip
    assert outcome.code != 0
    assert (
        "Failed: prepare_dataset, log results/demo/logs/prepare_dataset/sample.log" in outcome.text
    )
    told = outcome.text.partition("What did not end well")[2]
    assert "failed: results/demo/logs/prepare_dataset/sample.log" in told
    assert "ERROR Error: " in told
