"""A sweep can be watched from outside, and it ends with its failures and their last log lines."""

import pytest
from checkouts import ROOT, Checkout

from processes import python

pytestmark = pytest.mark.workflow


def progress(checkout, *arguments, **environment):
    environment = {"PYTHONPATH": checkout.path / "workflow"} | environment
    words = ("-m", "labelinfo.progress", *arguments)
    return python(*words, folder=checkout.path, timeout=120, **environment)


def test_more_runs_than_finished_ones_are_estimated_from_these(finished_demo, tmp_path):
    more = tmp_path / "more.yaml"
    more.write_text("sweep: {betas: {deconv: [0.2, 2, 32]}}\n", encoding="utf-8")
    # a broken torch would be noticed if it were imported
    (tmp_path / "torch.py").write_text("raise RuntimeError('torch was imported')")
    path = f"{finished_demo.path / 'workflow'}:{tmp_path}"
    overlays = ("tests/workflow/small.yaml", str(more))
    done = progress(finished_demo, "--configfile", *overlays, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    rows = {row[0]: row[1:] for row in map(str.split, done.stdout.splitlines()) if row}
    assert rows["demo"] == [
        "done", "running", "failed", "interrupted", "waiting", "hours", "left",
    ]  # fmt: skip
    assert rows["prepare_dataset"] == ["1", "0", "0", "0", "0", "0.0"]
    assert rows["train_vae"][:5] == ["9", "0", "0", "0", "3"]
    assert rows["train_vae"][5] != "unknown"
    assert rows["all"][:5] == ["37", "0", "0", "0", "9"]


def test_a_wrong_configuration_is_one_sentence(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("sweeps: 1\n", encoding="utf-8")
    done = progress(Checkout(ROOT), "--configfile", str(wrong))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Config key `sweeps` is unknown")


def test_the_last_words_of_a_run_survive_any_locale(checkout):
    summary = checkout.path / "results" / "tiny" / "write_summary" / "summary.txt"
    summary.parent.mkdir(parents=True)
    summary.write_text("at β = 4\n", encoding="utf-8")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    outcome = checkout.snakemake(
        "--cores", "1", "--configfile", "tests/workflow/tiny.yaml",
        "--", "results/tiny/write_config/config.yaml", **plain,
    )  # fmt: skip
    assert outcome.code == 0, outcome.text
    # no bar and no block per job, only the profile, plan, progress, summary and log
    _, plan, first, last, words, log = [line for line in outcome.text.splitlines() if line]
    assert plan == "1 job: 1 write_config"
    assert first.endswith("0 of 1 jobs done, time left not known yet; running: 1 write_config")
    assert last.endswith("1 of 1 jobs done")
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
    failures = outcome.text.partition("Failed and interrupted jobs")[2]
    assert "failed: results/demo/logs/prepare_dataset/sample.log" in failures
    assert "ERROR Error: " in failures
