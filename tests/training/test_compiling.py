"""When compiling is worth it, what happens without a compiler, and who compiles first."""

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch._dynamo.utils import counters

from labelinfo.training import compiling
from labelinfo.training.compiling import (
    WORTHWHILE_STEPS,
    compile_function,
    compiled_once,
    resolve_compile,
)

CPU = torch.device("cpu")
LONG = WORTHWHILE_STEPS["cpu"]


@pytest.mark.parametrize(
    ("wanted", "steps", "expected"),
    [("auto", LONG, True), ("auto", LONG - 1, False), ("never", LONG, False), ("always", 1, True)],
)
def test_a_short_training_is_not_compiled(monkeypatch, wanted, steps, expected):
    monkeypatch.setattr(compiling, "_compiler_fault", lambda device: None)
    assert resolve_compile(wanted, CPU, steps) is expected


def test_each_shape_has_code_of_its_own_whatever_came_before():
    def increase(x):
        return x + 1

    torch._dynamo.reset()
    counters.clear()
    compiled = compile_function(increase, dynamic=None)
    for length in (8, 16, 24):
        assert torch.equal(compiled(torch.zeros(length)), torch.ones(length))
    # torch's own way has one for the first and one for all others
    assert counters["stats"]["unique_graphs"] == 3


WITHOUT = """
import sys
from pathlib import Path
import torch
from labelinfo.errors import ConfigError
from labelinfo.training.compiling import resolve_compile
cpu, folder = torch.device("cpu"), Path(sys.argv[1])
print(resolve_compile("auto", cpu, 10**6, folder))
try:
    resolve_compile("always", cpu, 1, folder)
except ConfigError as error:
    print(error)
"""


def test_without_a_compiler_auto_trains_plainly_and_always_is_an_error(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, tmp_path / "compiled"],
        env=os.environ | {"CXX": "/bin/false"},
        capture_output=True,
        text=True,
        check=True,
    )
    auto, always = done.stdout.splitlines()
    assert auto == "False"
    assert "Training without compiled code" in done.stderr
    assert "training.compile" in always
    assert "g++" in always


def open_to_others(folder):
    folder.chmod(0o777)
    return folder


def copied(folder):
    return Path(shutil.copytree(folder, folder.with_name("copy")))


def made_by_hand(folder):
    shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    return folder


@pytest.mark.parametrize("change", [open_to_others, copied, made_by_hand])
def test_a_folder_of_doubtful_origin_is_not_used(tmp_path, monkeypatch, caplog, change):
    monkeypatch.setattr(compiling, "_compiler_fault", lambda device: None)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "elsewhere")
    assert resolve_compile("always", CPU, 1, tmp_path / "compiled")
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "compiled")
    assert not caplog.text
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "elsewhere")
    folder = change(tmp_path / "compiled")
    assert resolve_compile("always", CPU, 1, folder)
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == "elsewhere"
    assert "Remove that folder" in caplog.text
    with compiled_once(folder, "key"):
        pass
    assert not list(folder.glob("*.compiled"))


def test_a_new_folder_is_its_owners_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(compiling, "_compiler_fault", lambda device: None)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "elsewhere")
    folder = tmp_path / "results" / "compiled"
    assert resolve_compile("always", CPU, 1, folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(folder)


COMPILE = """
import sys, time
from pathlib import Path
from labelinfo.training.compiling import compiled_once
folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
with compiled_once(folder, ["spec", 16]):
    with open(folder / "order", "a") as file:
        file.write("in\\n")
    time.sleep(seconds)
    with open(folder / "order", "a") as file:
        file.write("out\\n")
"""


def start(folder, seconds):
    return subprocess.Popen([sys.executable, "-c", COMPILE, folder, str(seconds)])


def test_one_process_compiles_while_the_others_wait(tmp_path):
    folder = tmp_path / "compiled"
    processes = [start(folder, 0.3) for _ in range(3)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    order = (folder / "order").read_text().split()
    # the first one alone; whoever comes when it is done need not wait for anybody
    assert order[:2] == ["in", "out"]
    assert sorted(order) == ["in"] * 3 + ["out"] * 3
    assert len(list(folder.glob("*.compiled"))) == 1


def test_a_killed_process_leaves_no_lock_behind(tmp_path):
    folder = tmp_path / "compiled"
    process = start(folder, 600)
    deadline = time.monotonic() + 60
    while not (folder / "order").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert not list(folder.glob("*.compiled"))
    assert start(folder, 0).wait(timeout=60) == 0
    assert len(list(folder.glob("*.compiled"))) == 1
