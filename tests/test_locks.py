"""Locks: a second process waits, a dead holder's lock is released, and locks are optional."""

import errno
import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
import warnings

import pytest

from labelinfo.io.checkpoints import alone

HOLDER = """
import sys, time
from labelinfo.io.checkpoints import alone
with alone(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Return a process that holds a lock, and the lock."""
    lock = tmp_path / "folder" / ".lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, lock], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process, lock
        process.kill()


def test_a_second_process_waits_until_the_first_is_dead_and_says_so(holder, caplog):
    process, lock = holder
    started = time.monotonic()
    stopper = subprocess.Popen(["sh", "-c", f"sleep 1; kill -9 {process.pid}"])
    with alone(lock):
        assert time.monotonic() - started > 0.9
        assert process.wait(10) == -signal.SIGKILL
    stopper.wait()
    assert f"it holds {lock}" in caplog.text


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_a_file_system_without_locks_holds_nobody_up_and_keeps_no_lock(
    tmp_path, monkeypatch, caplog, number
):
    def refuse(handle, how):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    caplog.set_level(logging.INFO)
    lock, done = tmp_path / ".lock", []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            # both at once
            with alone(lock), alone(lock):
                done.append(number)
    assert len(done) == 2
    assert f"Going on without the lock {lock}: " in caplog.text
    # a lock that is only a file would outlive the killed process
    assert not lock.exists() or lock.read_bytes() == b""


def test_a_fault_inside_lets_go(tmp_path):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), alone(tmp_path / ".lock"):
            raise ZeroDivisionError
