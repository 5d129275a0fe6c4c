"""A job's log shows whether the job runs, its outcome and its progress."""

import os
import subprocess
import sys
import time

import pytest

from labelinfo.job_log import FINISHED, STOPPED, heartbeat, read_log

LINE = "2026-11-24 12:00:00,123"


def write(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([f"{LINE} INFO Started on here, process 1.", f"{LINE} INFO {FINISHED}"], "finished"),
        ([f"{LINE} INFO Started on here, process 1."], "running"),
        ([f"{LINE} WARNING The training diverged.", f"{LINE} INFO {FINISHED}"], "finished"),
        ([f"{LINE} ERROR Error: the disk is full."], "failed"),
        ([f"{LINE} ERROR {STOPPED}"], "interrupted"),
        ([f"{LINE} ERROR This is a bug", "Traceback (most recent call last):", "  x"], "failed"),
        ([], "running"),
    ],
    ids=["finished", "running", "warned", "failed", "stopped", "traceback", "empty"],
)
def test_the_last_line_decides_the_state(tmp_path, lines, state):
    assert read_log(write(tmp_path / "job.log", *lines)).state == state


def test_a_log_without_end_that_nobody_touches_is_one_of_a_killed_job(tmp_path):
    log = write(
        tmp_path / "job.log", f"{LINE} INFO epoch 3/40: train", f"{LINE} INFO epoch 4/40: x"
    )
    assert read_log(log, now=time.time() + 170).state == "running"
    found = read_log(log, now=time.time() + 200)
    assert (found.state, found.epochs) == ("interrupted", (4, 40))
    assert read_log(tmp_path / "none.log") is None


def test_a_living_job_touches_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr("labelinfo.job_log._BEAT_SECONDS", 0.01)
    log = write(tmp_path / "job.log", "x")
    os.utime(log, (1, 1))
    with heartbeat(log):
        deadline = time.monotonic() + 10
        while log.stat().st_mtime < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert time.time() - log.stat().st_mtime < 60


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("raise DataError('The file x is damaged.')", "failed"),
        ("1 / 0", "failed"),
        ("os.kill(os.getpid(), signal.SIGTERM)", "interrupted"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "interrupted"),
    ],
    ids=["fault", "bug", "terminated", "killed"],
)
def test_a_real_jobs_log_tells_how_it_ended(tmp_path, body, state):
    script = (
        "import os, signal\nfrom labelinfo.errors import DataError\n"
        "from labelinfo.jobs import job\n"
        f"with job({str(tmp_path / 'job.log')!r}):\n    {body}\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode != 0
    assert read_log(tmp_path / "job.log", now=time.time() + 1000).state == state
