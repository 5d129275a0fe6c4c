"""What the machine has is found out without torch, and its memory is used again."""

import subprocess
import sys

import pytest

from labelinfo import machine, memory


@pytest.mark.parametrize(
    ("device", "present", "expected"),
    [("cpu", True, False), ("auto", True, True), ("auto", False, False), ("cuda", False, True)],
)
def test_jobs_use_the_gpu_that_is_there_or_asked_for(
    tmp_path, monkeypatch, device, present, expected
):
    monkeypatch.setattr(machine, "_FIRST_GPU", tmp_path / ("." if present else "missing"))
    assert machine.uses_gpu(device) is expected


def test_freed_memory_is_used_again():
    # in a process of its own, whose allocator is not yet told anything
    code = """
import resource
import torch
from labelinfo.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(16, 1 << 18)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

assert keep_freed_memory()
faults()
print(faults())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    # 20 tensors of 16 MB are 80,000 pages
    assert int(done.stdout) < 1000


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    assert not memory.keep_freed_memory()
