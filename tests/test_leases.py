"""A user's jobs share the GPUs, with a maximum per GPU, and a dead job's place is free."""

import multiprocessing
import os
import time
from collections import Counter
from contextlib import ExitStack

import pytest

from labelinfo import jobs
from labelinfo import machine as leases
from labelinfo.errors import StorageError
from labelinfo.machine import leased_gpu

GPUS = ["0", "1", "GPU-5a/b"]
# forked, as they load nothing of torch
PROCESSES = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(leases.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(leases, "_POLL_SECONDS", 0.01)


def work(report):
    with leased_gpu(GPUS, 2) as gpu:
        report.put((gpu, os.getpid()))
        time.sleep(60)


def test_jobs_share_all_gpus_and_a_killed_one_frees_its_place():
    report = PROCESSES.Queue()
    processes = [PROCESSES.Process(target=work, args=(report,)) for _ in range(8)]
    for process in processes:
        process.start()
    held = [report.get(timeout=30) for _ in range(6)]
    assert Counter(gpu for gpu, _ in held) == dict.fromkeys(GPUS, 2)
    time.sleep(0.2)
    assert report.empty()
    gpu, victim = held[0]
    next(process for process in processes if process.pid == victim).kill()
    assert report.get(timeout=30)[0] == gpu
    for process in processes:
        process.kill()
        process.join(30)


def test_the_gpu_with_the_fewest_jobs_is_taken_and_waiting_is_said_once(monkeypatch, caplog):
    with ExitStack() as others, ExitStack() as first:
        taken = [stack.enter_context(leased_gpu(["0", "1"], 2)) for stack in (first, *3 * [others])]
        assert taken == ["0", "1", "0", "1"]
        waits = []

        def sleep(seconds):
            waits.append(seconds)
            if len(waits) == 3:
                first.close()

        monkeypatch.setattr(leases.time, "sleep", sleep)
        assert others.enter_context(leased_gpu(["0", "1"], 2)) == "0"
    message = "Waiting for a GPU: each of 0, 1 has 2 jobs (config key machine.jobs_per_gpu)."
    assert [each.message for each in caplog.records].count(message) == 1


@pytest.mark.parametrize(
    ("machine", "visible"),
    [({"device": "auto", "jobs_per_gpu": 1}, "7"), ({"device": "cpu", "jobs_per_gpu": 1}, "4,7")],
)
def test_a_job_sees_the_gpu_that_it_leased_and_no_other(tmp_path, monkeypatch, machine, visible):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    with leased_gpu(["4"], 1), jobs.job(tmp_path / "a.log", machine=machine):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == visible


def test_a_folder_that_cannot_be_used_is_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(leases.tempfile, "tempdir", str(tmp_path / "file"))
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="CUDA_VISIBLE_DEVICES"), leased_gpu(["0"], 1):
        pass
