"""Whether there is a GPU is found out without torch."""

import pytest

from labelinfo import machine


@pytest.mark.parametrize(
    ("device", "present", "expected"),
    [("cpu", True, False), ("auto", True, True), ("auto", False, False), ("cuda", False, True)],
)
def test_jobs_use_the_gpu_that_is_there_or_asked_for(
    tmp_path, monkeypatch, device, present, expected
):
    monkeypatch.setattr(machine, "_FIRST_GPU", tmp_path / ("." if present else "missing"))
    assert machine.uses_gpu(device) is expected
