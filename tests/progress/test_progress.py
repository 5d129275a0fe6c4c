"""The progress of made-up results: states, hours left, failures."""

import os
import time

import pytest

from labelinfo.config.experiment import read_config
from labelinfo.config.plan import PlannedJob, planned_jobs, training_epochs, training_jobs
from labelinfo.errors import ConfigError
from labelinfo.progress.__main__ import progress, progress_report
from labelinfo.progress.messages import failures_since, long_run_notice
from labelinfo.progress.states import hours_left, job_states

LINE = "2026-11-24 12:00:00,123"


def training(beta, architecture="gaussian-deconv-gaussian"):
    kind = f"data/{architecture}"
    return PlannedJob("train_vae", f"{kind}/beta{beta}/seed0", kind, "/training.parquet")


def put(out, name, text=""):
    path = out / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def finish(out, job, seconds):
    put(out, job.result)
    put(out, job.benchmark, f"s\th:m:s\tmax_rss\n{seconds}\t0:00:10\t100\n")


def log(out, job, *messages):
    put(out, job.log, "".join(f"{LINE} {message}\n" for message in messages))


def test_each_state_is_read_from_results_and_logs(tmp_path):
    jobs = [training(beta) for beta in ("1", "2", "3", "4", "5", "6")]
    finish(tmp_path, jobs[0], 3600)
    log(tmp_path, jobs[1], "INFO Started.", "INFO epoch 3/10: train")
    log(tmp_path, jobs[2], "INFO Started.", "ERROR Error: the disk is full.")
    log(tmp_path, jobs[3], "ERROR Error: the job was told to stop (SIGTERM): run again to go on.")
    log(tmp_path, jobs[4], "INFO Finished.")
    states = job_states(jobs, tmp_path)
    assert [each.state for each in states] == [
        "done", "running", "failed", "interrupted", "waiting", "waiting",
    ]  # fmt: skip
    assert job_states(jobs, tmp_path, now=time.time() + 1000)[1].state == "interrupted"
    text = progress_report("mine", states, tmp_path)
    header, row, *_ = (line.split() for line in text.splitlines())
    assert header == [
        "mine",
        "done",
        "running",
        "failed",
        "interrupted",
        "waiting",
        "hours",
        "left",
    ]
    assert row == ["train_vae", "1", "1", "1", "1", "2", "4.7"]
    assert f"train_vae {jobs[1].name}, epoch 3 of 10" in text
    assert f"failed: train_vae {jobs[2].name} ({tmp_path / jobs[2].log})" in text
    assert "Error: the disk is full." in text


def test_hours_left_are_those_of_finished_jobs_of_the_same_kind(tmp_path):
    jobs = [training(beta) for beta in ("1", "2", "3", "4")]
    other = [training(beta, "gaussian-pixelcnn-gaussian") for beta in ("1", "2")]
    finish(tmp_path, jobs[0], 3600)
    finish(tmp_path, jobs[1], 7200)
    log(tmp_path, jobs[2], "INFO epoch 4/10: train")
    # 1.5 h for the waiting job, and 0.6 of it for the running job
    assert hours_left(job_states(jobs, tmp_path), tmp_path) == {"train_vae": pytest.approx(2.4)}
    # a kind without a finished job takes the mean of its stage
    states = job_states(other, tmp_path) + job_states(jobs[:2], tmp_path)
    assert hours_left(states, tmp_path) == {"train_vae": pytest.approx(2 * 1.5)}
    finish(tmp_path, other[0], 18000)
    states = job_states(other, tmp_path) + job_states(jobs[:2], tmp_path)
    assert hours_left(states, tmp_path) == {"train_vae": pytest.approx(5)}


def test_a_stage_without_a_measured_job_is_unknown(tmp_path):
    done, waiting = training("1"), training("2")
    put(tmp_path, done.result)
    put(tmp_path, done.benchmark, "s\th:m:s\n")  # damaged
    states = job_states([done, waiting], tmp_path)
    assert hours_left(states, tmp_path) == {"train_vae": None}
    assert hours_left(states[:1], tmp_path) == {"train_vae": 0}
    assert "unknown" in progress_report("mine", states, tmp_path)


def test_the_paper_is_planned_without_results(tmp_path):
    header, *rows = (line.split() for line in progress([], tmp_path).splitlines())
    assert header[:3] == ["paper", "done", "running"]
    assert ["train_vae", "0", "0", "0", "0", "384", "unknown"] in rows
    jobs = planned_jobs(read_config([]))
    for names in ([job.result for job in jobs], [job.log for job in jobs]):
        assert len(set(names)) == len(names)


def test_a_sweep_by_paths_counts_the_paths_and_their_runs(tmp_path):
    overlay = tmp_path / "paths.yaml"
    overlay.write_text(
        "sweep: {datasets: [mnist_static], encoders: [gaussian], decoders: [deconv], "
        "marginals: [gaussian, maf], betas: {deconv: [0.5, 1, 2]}}\n"
        "training: {mode: path}\n"
        "path: {ends: {deconv: [0.1, 10]}, first_epochs: 5, epochs_per_decade: 10}\n"
    )
    config = read_config([overlay])
    stages = [job.stage for job in training_jobs(config)]
    assert (stages.count("train_path"), stages.count("cool_vae"), len(stages)) == (2, 6, 8)
    assert training_epochs(config) == {"train_path": 25, "cool_vae": 5}
    text = progress([overlay], tmp_path)
    assert "train_path" in text
    assert "cool_vae" in text


def test_overlays_replace_lists_and_merge_maps_and_have_to_exist(tmp_path):
    for number, text in enumerate(("sweep: {seeds: [1], betas: {deconv: [2]}}", "training: {}")):
        (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")
    config = read_config([tmp_path / "0.yaml", tmp_path / "1.yaml"])
    assert config["sweep"]["seeds"] == [1]
    assert config["sweep"]["betas"]["deconv"] == [2]
    assert config["sweep"]["decoders"] == ["deconv", "pixelcnn"]
    assert config["training"]["epochs"] == 100
    with pytest.raises(ConfigError, match=r"none\.yaml cannot be read"):
        progress([tmp_path / "none.yaml"], tmp_path)


def test_failures_are_the_logs_of_this_call_that_do_not_end_well(tmp_path):
    good, bad, killed, old = (tmp_path / f"stage/{name}.log" for name in ("a", "b", "c", "old"))
    put(tmp_path, "stage/a.log", f"{LINE} INFO Finished.\n")
    put(tmp_path, "stage/b.log", f"{LINE} INFO x\n{LINE} ERROR Error: no such column.\n")
    put(tmp_path, "stage/c.log", f"{LINE} INFO Started.\n")
    put(tmp_path, "stage/old.log", f"{LINE} ERROR Error: long ago.\n")
    os.utime(old, (10, 10))
    text = failures_since([tmp_path, tmp_path / "none"], since=100)
    assert f"failed: {bad}\n    {LINE} INFO x\n    {LINE} ERROR Error: no such column." in text
    assert f"interrupted: {killed}" in text
    assert str(good) not in text
    assert "long ago" not in text
    for number in range(30):
        put(tmp_path, f"{number}.log", f"{LINE} ERROR Error: x\n")
    assert failures_since([tmp_path], since=100).endswith("and 12 more")


def test_trainings_of_more_than_ten_hours_are_announced(tmp_path):
    config = read_config([])
    config["machine"]["device"] = "cpu"
    # 100 epochs of 384 trainings on 50,000 images (23,000 of Omniglot count as many)
    gflop = 100 * 384 * 50_000 * (0.8 + 2.8) / 2
    assert f"about {gflop / 140 / 3600 / 2:,.0f} hours on 2 cores" in long_run_notice(
        config, tmp_path, cores=2
    )
    config["training"]["epochs"] = 1
    config["sweep"]["datasets"] = ["sample"]
    assert long_run_notice(config, tmp_path, cores=200) == ""
