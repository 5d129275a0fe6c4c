"""Which probes one may train beside another: those that were asked for, and can be."""

import os

import pytest

from labelinfo.config.run import Run
from labelinfo.probes.waiting import WaitingProbe, note_waiting, waiting_probes

OWN = Run("toy", "gaussian", "deconv", "gaussian", "1", 0)
NOTED_NS = 10**18


def run(**parts):
    return Run(**{**vars(OWN), **parts})


@pytest.fixture
def noted(tmp_path):
    """Note probes of these runs and tasks, all trained but none probed; return what waits."""

    def note(*probes, trained_first=()):
        waiting = [
            WaitingProbe(
                each,
                task,
                tmp_path / each.path / "best.weights",
                tmp_path / each.path / f"{task}.parquet",
                trained_first=each in trained_first,
            )
            for each, task in probes
        ]
        for probe in waiting:
            touch(probe.weights_file, -1)
        note_waiting(tmp_path / "waiting.json", waiting, "call", 2)
        os.utime(tmp_path / "waiting.json", ns=(NOTED_NS, NOTED_NS))
        return waiting_probes(tmp_path / "waiting.json", "call"), waiting

    return note


def touch(file, nanoseconds):
    """Make a file so much younger than the note."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    os.utime(file, ns=(NOTED_NS + nanoseconds, NOTED_NS + nanoseconds))


def test_what_was_noted_is_told(noted):
    found, waiting = noted((OWN, "digit"), (run(beta="0.5"), "digit"))
    assert (found.probes, found.call, found.jobs) == (waiting, "call", 2)


def test_a_note_is_for_the_jobs_of_its_own_call_alone(noted, tmp_path):
    noted((OWN, "digit"))
    assert waiting_probes(tmp_path / "waiting.json", "another") is None


def test_what_was_left_for_jobs_of_an_earlier_call_is_removed(noted, tmp_path):
    left = tmp_path / OWN.path / "digit.safetensors"
    touch(left, 0)
    note_waiting(tmp_path / "waiting.json", [], "call", 1)
    assert not left.exists()


def test_of_the_same_architecture_and_data_the_runs_own_tasks_first(noted):
    found, _ = noted(
        (run(beta="0.5"), "parity"),
        (run(beta="0.5"), "digit"),
        (run(seed=1), "parity"),
        (OWN, "digit"),
        (OWN, "parity"),
        (run(dataset="other"), "digit"),
        (run(marginal="maf"), "digit"),
    )
    told = [(probe.run, probe.task) for probe in found.beside(OWN, "digit")]
    assert told[0] == (OWN, "parity")
    # run by run
    assert told[1:3] == [(run(beta="0.5"), "digit"), (run(beta="0.5"), "parity")]
    assert told[3:] == [(run(seed=1), "parity")]


def test_what_is_done_by_now_no_longer_waits(noted):
    other = run(beta="0.5")
    found, (_, waiting) = noted((OWN, "digit"), (other, "digit"))
    # stale, as the workflow found
    touch(waiting.target, -1)
    assert [probe.run for probe in found.beside(OWN, "digit")] == [other]
    touch(waiting.target, 1)
    assert found.beside(OWN, "digit") == []


def test_weights_that_are_to_be_made_anew_are_waited_for(noted):
    other = run(beta="0.5")
    found, (_, waiting) = noted((OWN, "digit"), (other, "digit"), trained_first=[other])
    assert found.beside(OWN, "digit") == []
    touch(waiting.weights_file, 1)
    assert [probe.run for probe in found.beside(OWN, "digit")] == [other]
    waiting.weights_file.unlink()
    assert found.beside(OWN, "digit") == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"call": "call", "jobs": 2, "probes": [{"run": {}}]}', "[" * 9999]
)
def test_a_note_that_makes_no_sense_is_none(tmp_path, text):
    file = tmp_path / "waiting.json"
    assert waiting_probes(file, "call") is None
    file.write_text(text)
    assert waiting_probes(file, "call") is None
