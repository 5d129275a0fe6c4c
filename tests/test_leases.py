"""GPUs are shared out among processes: so many jobs on each, and a dead one's place is free."""

import multiprocessing
import os
import signal
import stat
import time
from collections import Counter
from contextlib import ExitStack

import pytest

from labelinfo import jobs, leases
from labelinfo.errors import StorageError
from labelinfo.leases import leased_gpu

GPUS = ["0", "1", "GPU-5a/b"]
# forked, as nothing of torch is loaded in them
PROCESSES = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(leases, "_POLL_SECONDS", 0.01)


def work(folder, jobs_per_gpu, report, go):
    with leased_gpu(GPUS, jobs_per_gpu, folder) as gpu:
        report.put((gpu, os.getpid()))
        go.wait(60)


def start(*arguments):
    process = PROCESSES.Process(target=work, args=arguments)
    process.start()
    return process


@pytest.mark.parametrize("jobs_per_gpu", [1, 2])
def test_many_jobs_share_all_gpus_and_never_too_many_one(tmp_path, jobs_per_gpu):
    report, go = PROCESSES.Queue(), PROCESSES.Event()
    processes = [start(tmp_path / "leases", jobs_per_gpu, report, go) for _ in range(18)]
    first = [report.get(timeout=30)[0] for _ in range(3 * jobs_per_gpu)]
    assert Counter(first) == dict.fromkeys(GPUS, jobs_per_gpu)
    # the others wait while these compute
    time.sleep(0.3)
    assert report.empty()
    go.set()
    later = [report.get(timeout=30)[0] for _ in range(18 - 3 * jobs_per_gpu)]
    assert set(later) <= set(GPUS)
    for process in processes:
        process.join(30)
        assert process.exitcode == 0


def test_the_gpu_with_the_fewest_jobs_comes_first(tmp_path):
    with ExitStack() as stack:
        taken = [stack.enter_context(leased_gpu(GPUS, 2, tmp_path)) for _ in range(6)]
    assert taken == GPUS + GPUS


def test_the_fewest_jobs_are_counted_and_not_how_the_places_were_filled(tmp_path):
    with ExitStack() as others, ExitStack() as first, ExitStack() as second:
        assert first.enter_context(leased_gpu(["0", "1"], 3, tmp_path)) == "0"
        assert others.enter_context(leased_gpu(["0", "1"], 3, tmp_path)) == "1"
        assert others.enter_context(leased_gpu(["0", "1"], 3, tmp_path)) == "0"
        assert second.enter_context(leased_gpu(["0", "1"], 3, tmp_path)) == "1"
        assert others.enter_context(leased_gpu(["0", "1"], 3, tmp_path)) == "0"
        # now GPU 0 has its second and third place taken, GPU 1 its first
        first.close()
        second.close()
        assert others.enter_context(leased_gpu(["0", "1"], 3, tmp_path)) == "1"


def test_a_job_with_a_smaller_limit_counts_all_others(tmp_path):
    report, never, now = PROCESSES.Queue(), PROCESSES.Event(), PROCESSES.Event()
    now.set()
    many = {each.pid: each for each in (start(tmp_path, 4, report, never) for _ in range(9))}
    held = [report.get(timeout=30) for _ in many]
    careful = start(tmp_path, 2, report, now)
    # of the three on each GPU one leaves, which are places free, but none for two at most
    leaving = dict(held)
    for process in leaving.values():
        time.sleep(0.1)
        assert report.empty()
        many[process].kill()
        many[process].join(10)
    time.sleep(0.3)
    assert report.empty()
    another = next(process for gpu, process in held if process not in leaving.values())
    many[another].kill()
    assert report.get(timeout=10) == (dict(map(reversed, held))[another], careful.pid)
    careful.join(10)
    for each in many.values():
        each.kill()
        each.join(10)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_that_is_killed_frees_its_place(tmp_path, number):
    report, never, now = PROCESSES.Queue(), PROCESSES.Event(), PROCESSES.Event()
    now.set()
    holders = [start(tmp_path, 1, report, never) for _ in GPUS]
    held = dict(report.get(timeout=30) for _ in holders)
    waiting = start(tmp_path, 1, report, now)
    time.sleep(0.2)
    assert report.empty()
    victim = holders[1]
    os.kill(victim.pid, number)
    gpu, process = report.get(timeout=10)
    assert process == waiting.pid
    assert held[gpu] == victim.pid
    for holder in holders:
        holder.kill()
    for each in (waiting, *holders):
        each.join(10)


def test_a_job_told_to_stop_while_it_waits_ends_at_once(tmp_path):
    with leased_gpu(["0"], 1, tmp_path):
        waiting = start_job(tmp_path)
        time.sleep(0.5)
        os.kill(waiting.pid, signal.SIGTERM)
        waiting.join(10)
    assert waiting.exitcode == 128 + signal.SIGTERM
    log = (tmp_path / "job.log").read_text()
    assert "Waiting for a GPU: each of 0 has 1 jobs (config key machine.jobs_per_gpu)." in log
    assert "told to stop" in log


def start_job(folder):
    def run():
        leases.tempfile.tempdir = str(folder.parent)
        os.environ["CUDA_VISIBLE_DEVICES"] = "0,1"
        jobs.leased_gpu = lambda gpus, number: leased_gpu(["0"], number, folder)
        with jobs.job(folder / "job.log", machine={"device": "cuda", "jobs_per_gpu": 1}):
            time.sleep(60)

    process = PROCESSES.Process(target=run)
    process.start()
    return process


def test_a_job_sees_the_gpu_that_it_leased_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(leases.tempfile, "tempdir", None)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    seen = []
    machine = {"device": "auto", "jobs_per_gpu": 1}
    with jobs.job(tmp_path / "a.log", machine=machine):
        seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")  # as another process has it
        with jobs.job(tmp_path / "b.log", machine=machine):
            seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
    assert seen == ["4", "7"]


@pytest.mark.parametrize("machine", [None, {"device": "cpu", "jobs_per_gpu": 1}])
def test_a_job_without_a_gpu_leases_none(tmp_path, monkeypatch, machine):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    monkeypatch.setattr(leases, "_try_to_lock", None)
    with jobs.job(tmp_path / "a.log", machine=machine):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "4,7"


def test_other_users_can_lease_too(tmp_path):
    folder = tmp_path / "leases"
    with leased_gpu(["0"], 1, folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
        assert {lock.name for lock in folder.iterdir()} == {"0.0.lock", "looking.lock"}
        assert {stat.S_IMODE(lock.stat().st_mode) for lock in folder.iterdir()} == {0o666}


@pytest.mark.parametrize("trap", ["link", "folder"])
def test_a_lock_that_is_no_plain_file_is_refused_with_the_remedy(tmp_path, trap):
    lock, elsewhere = tmp_path / "0.0.lock", tmp_path / "elsewhere"
    lock.symlink_to(elsewhere) if trap == "link" else lock.mkdir()
    with pytest.raises(StorageError, match="CUDA_VISIBLE_DEVICES"), leased_gpu(["0"], 1, tmp_path):
        pass
    assert not elsewhere.exists()
