"""What the progress says of made-up results: the states, the hours left, the failures."""

import os
import time
from dataclasses import replace

import pytest

from labelinfo.config.experiment import read_config
from labelinfo.config.plan import PlannedJob, planned_jobs, training_epochs, training_jobs
from labelinfo.config.run import Run
from labelinfo.errors import ConfigError
from labelinfo.progress.__main__ import progress
from labelinfo.progress.estimate import Scale, estimate_left
from labelinfo.progress.experiment import long_run_notice
from labelinfo.progress.failures import failures_since
from labelinfo.progress.report import progress_report
from labelinfo.progress.states import job_states

CPU = Scale(on_gpu=False, jobs_per_gpu=4, epochs={"train_vae": 10}, images={"data": 3500})
GPU = Scale(on_gpu=True, jobs_per_gpu=4, epochs={"train_vae": 10}, images={"data": 3500})
LINE = "2026-11-24 12:00:00,123"


def training(beta, architecture="gaussian-deconv-gaussian"):
    run = Run("data", *architecture.split("-"), beta, 0)
    return PlannedJob("train_vae", run.path, f"data/{architecture}", "/training.parquet", run)


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
    finish(tmp_path, jobs[0], 10)
    log(tmp_path, jobs[1], "INFO Started.", "INFO epoch 3/10: train")
    log(tmp_path, jobs[2], "ERROR Error: the disk is full.")
    log(tmp_path, jobs[3], "ERROR Error: the job was told to stop (SIGTERM): run again to go on.")
    log(tmp_path, jobs[4], "INFO Finished.")
    states = [each.state for each in job_states(jobs, tmp_path)]
    assert states == ["done", "running", "failed", "interrupted", "waiting", "waiting"]
    later = job_states(jobs, tmp_path, now=time.time() + 1000)
    assert later[1].state == "interrupted"


def test_hours_left_are_those_of_finished_jobs_like_them(tmp_path):
    jobs = [training(beta) for beta in ("1", "2", "3", "4")]
    finish(tmp_path, jobs[0], 3600)
    finish(tmp_path, jobs[1], 7200)
    log(tmp_path, jobs[2], "INFO epoch 4/10: train")
    found = estimate_left(job_states(jobs, tmp_path), tmp_path, CPU)
    # 1.5 h for the one that waits, 0.6 of it for the one that runs
    assert found.hours == {"train_vae": pytest.approx(1.5 + 0.9)}
    assert (found.measured, found.unknown) == (2, {})
    shared = estimate_left(job_states(jobs, tmp_path), tmp_path, GPU)
    assert shared.hours["train_vae"] == pytest.approx(2.4 / 4)


def test_another_architecture_is_scaled_by_its_arithmetic(tmp_path):
    jobs = [training("1"), training("1", "gaussian-pixelcnn-gaussian")]
    finish(tmp_path, jobs[0], 400)
    found = estimate_left(job_states(jobs, tmp_path), tmp_path, CPU)
    assert found.hours["train_vae"] == pytest.approx(400 * 2.8 / 0.8 / 3600)


def test_before_any_job_finished_the_arithmetic_counts_and_the_rest_is_unknown(tmp_path):
    probe = PlannedJob("train_probe", "data/x/digit", "data/digit")
    own = training("1", "gaussian-mine-gaussian")
    states = job_states([training("1"), own, probe], tmp_path)
    found = estimate_left(states, tmp_path, CPU)
    # ten epochs of 3,500 images, 0.8 GFLOP each at 140 a second
    assert found.hours == {"train_vae": pytest.approx(200 / 3600)}
    assert found.measured == 0
    assert found.unknown == {"train_vae": 1, "train_probe": 1}
    text = progress_report("mine", states, found, "core-hours", tmp_path)
    assert "an estimate by docs/speed.md." in text
    assert "not counted: 1 train_vae, 1 train_probe" in text
    narrow = estimate_left(states, tmp_path, replace(CPU, width=0.25))
    assert narrow.total == pytest.approx(found.total / 4)


def test_a_damaged_benchmark_is_no_measurement(tmp_path):
    job = training("1")
    put(tmp_path, job.result)
    put(tmp_path, job.benchmark, "s\th:m:s\n")
    assert estimate_left(job_states([job], tmp_path), tmp_path, CPU).measured == 0


def test_the_report_names_what_runs_and_shows_the_end_of_what_failed(tmp_path):
    jobs = [training("1"), training("2")]
    log(tmp_path, jobs[0], "INFO epoch 3/10: train")
    log(tmp_path, jobs[1], "INFO Started.", "ERROR Error: the disk is full.")
    states = job_states(jobs, tmp_path)
    left = estimate_left(states, tmp_path, CPU)
    text = progress_report("mine", states, left, "core-hours", tmp_path)
    assert f"train_vae {jobs[0].name}, epoch 3 of 10" in text
    assert f"failed: train_vae {jobs[1].name} ({tmp_path / jobs[1].log})" in text
    assert "Error: the disk is full." in text


def test_a_finished_training_of_unknown_speed_does_not_scale_the_others(tmp_path):
    done = training("1"), training("1", "gaussian-mine-gaussian")
    waiting = training("1", "gaussian-pixelcnn-gaussian")

    def hours(finished):
        for job in finished:
            finish(tmp_path, job, 60)
        return estimate_left(job_states([*finished, waiting], tmp_path), tmp_path, CPU).hours

    assert hours(done) == hours(done[:1])


def test_only_a_run_of_more_than_ten_hours_is_announced(tmp_path):
    config = read_config([])
    config["machine"]["device"] = "cpu"
    (line,) = long_run_notice(config, tmp_path, at_once=2).splitlines()
    # 100 epochs of 384 trainings on 50,000 images, 2.1 GFLOP each on average, at 140 a second
    hours = 100 * 384 * 50_000 * (0.8 + 2.8 + 2 / 3) / 2 / 140 / 3600
    assert f"About {hours / 2:,.0f} hours are left" in line
    assert f"{hours:,.0f} core-hours on 2 cores, for trainings alone" in line
    config["training"]["epochs"] = 1
    config["sweep"]["datasets"] = ["sample"]
    assert long_run_notice(config, tmp_path, at_once=200) == ""


def test_the_paper_is_planned_without_results(tmp_path):
    text = progress([], tmp_path)
    assert text.splitlines()[0].split()[:3] == ["paper", "done", "running"]
    assert "384" in text


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


def test_a_configuration_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml cannot be read"):
        progress([tmp_path / "none.yaml"], tmp_path)


def test_overlays_replace_lists_and_merge_maps(tmp_path):
    for number, text in enumerate(("sweep: {seeds: [1], betas: {deconv: [2]}}", "training: {}")):
        (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")
    config = read_config([tmp_path / "0.yaml", tmp_path / "1.yaml"])
    assert config["sweep"]["seeds"] == [1]
    assert config["sweep"]["betas"]["deconv"] == [2]
    assert config["sweep"]["decoders"] == ["deconv", "pixelcnn"]
    assert config["training"]["epochs"] == 100


def test_each_job_has_its_own_result_log_and_benchmark():
    config = read_config([])
    jobs = planned_jobs(config)
    for names in ([job.result for job in jobs], [job.log for job in jobs]):
        assert len(set(names)) == len(names)
    assert len(list(training_jobs(config))) == 384


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


def test_many_failures_are_counted(tmp_path):
    for number in range(30):
        put(tmp_path, f"{number}.log", f"{LINE} ERROR Error: x\n")
    assert failures_since([tmp_path], 0).endswith("and 10 more")
