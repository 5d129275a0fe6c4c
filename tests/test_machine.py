"""The machine's GPUs and processor, and the reuse of freed memory."""

import pytest

from labelinfo import machine
from labelinfo.training import device
from processes import python


@pytest.fixture
def devices(tmp_path, monkeypatch):
    """Return a substitute for /dev, in an environment without variables for GPUs."""
    monkeypatch.setattr(machine, "_DEVICES", tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "present", "expected"),
    [("cpu", True, False), ("auto", True, True), ("auto", False, False), ("cuda", False, True)],
)
def test_jobs_use_the_gpu_that_is_there_or_asked_for(devices, wanted, present, expected):
    if present:
        (devices / "nvidia0").touch()
    assert machine.uses_gpu(wanted) is expected


def test_gpus_are_counted_as_cuda_counts_them(devices):
    # a container that was given two of eight
    for name in ("nvidia3", "nvidia7", "nvidiactl", "nvidia-uvm", "nvidia-caps"):
        (devices / name).touch()
    assert machine.gpus() == ["0", "1"]


@pytest.mark.parametrize(
    ("visible", "found", "to_lease"),
    [
        (None, ["0"], ["0"]),
        ("", [], []),
        ("-1", [], []),
        ("2", ["2"], []),  # assigned already
        ("3, 1", ["3", "1"], ["3", "1"]),
        ("GPU-ab,MIG-c", ["GPU-ab", "MIG-c"], ["GPU-ab", "MIG-c"]),
    ],
)
def test_the_environment_has_the_last_word_on_gpus(devices, monkeypatch, visible, found, to_lease):
    (devices / "nvidia0").touch()
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert machine.gpus() == found
    assert machine.uses_gpu("auto") is bool(found)
    assert machine.gpus_to_lease("auto") == to_lease
    assert machine.gpus_to_lease("cpu") == []


@pytest.mark.parametrize(
    ("text", "generation"),
    [
        (
            "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n"
            "\ncpu family\t: 25\nmodel\t\t: 17\n",
            "family 25 model 17",
        ),
        ("processor\t: 0\nBogoMIPS\t: 50.00\nCPU part\t: 0xd0c\n", ""),
        (None, ""),
    ],
    ids=["x86", "ARM", "no file"],
)
def test_processors_of_one_name_are_told_apart(tmp_path, monkeypatch, text, generation):
    monkeypatch.setattr(device, "_CPUINFO", tmp_path / "cpuinfo")
    if text:
        (tmp_path / "cpuinfo").write_text(text, encoding="utf-8")
    assert device.processor_generation() == generation


def test_freed_memory_is_used_again():
    # in a new process, whose allocator has its defaults
    code = """
import resource
import torch
from labelinfo.machine import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(16, 1 << 18)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

assert keep_freed_memory()
faults()
print(faults())
"""
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    # 20 tensors of 16 MB are 80,000 pages
    assert int(done.stdout) < 1000


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(machine.ctypes, "CDLL", lambda name: object())
    assert not machine.keep_freed_memory()
