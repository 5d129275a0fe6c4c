"""When trainings are compiled, and the fallback without a compiler."""

import pytest
import torch
from torch._dynamo.utils import counters

from labelinfo.training import compiling
from labelinfo.training.compiling import WORTHWHILE_STEPS, compile_function, resolve_compile
from processes import python

LONG = WORTHWHILE_STEPS["cpu"]


@pytest.mark.parametrize(
    ("wanted", "steps", "expected"),
    [("auto", LONG, True), ("auto", LONG - 1, False), ("never", LONG, False), ("always", 1, True)],
)
def test_a_short_training_is_not_compiled(monkeypatch, wanted, steps, expected):
    monkeypatch.setattr(compiling, "_compiler_fault", lambda device: None)
    assert resolve_compile(wanted, torch.device("cpu"), steps) is expected


def test_each_shape_has_its_own_code_whatever_came_before():
    torch._dynamo.reset()
    counters.clear()
    compiled = compile_function(lambda x: x + 1, dynamic=None)
    for length in (8, 16, 24):
        assert torch.equal(compiled(torch.zeros(length)), torch.ones(length))
    # torch's default has one for the first shape and one for all others
    assert counters["stats"]["unique_graphs"] == 3


WITHOUT = """
import torch
from labelinfo.errors import ConfigError
from labelinfo.training.compiling import resolve_compile
cpu = torch.device("cpu")
print(resolve_compile("auto", cpu, 10**6))
try:
    resolve_compile("always", cpu, 1)
except ConfigError as error:
    print(error)
"""


def test_without_a_compiler_auto_trains_plainly_and_always_is_an_error(tmp_path):
    done = python("-c", WITHOUT, CXX="/bin/false", TORCHINDUCTOR_CACHE_DIR=tmp_path)
    assert done.returncode == 0, done.stderr
    auto, always = done.stdout.splitlines()
    assert auto == "False"
    assert "Training without compiled code" in done.stderr
    assert "training.compile" in always
    assert "g++" in always
