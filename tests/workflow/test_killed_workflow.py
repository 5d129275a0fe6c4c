"""Snakemake killed at random moments, and several at once: the results stay the same."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from checkouts import copy_repository, once

from sameness import differing_files, made_files

pytestmark = [pytest.mark.workflow, pytest.mark.kills]

SEED = 20181206
KILLS = 5
TINY = ("--configfile", "tests/workflow/tiny.yaml")
# a signal reaches Snakemake alone, whose jobs go on, or all its jobs too; each way once
WAYS = [
    (signal.SIGKILL, os.kill),
    (signal.SIGKILL, os.killpg),
    (signal.SIGTERM, os.kill),
    (signal.SIGTERM, os.killpg),
    (signal.SIGINT, os.killpg),
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Return the results of the smallest experiment, uninterrupted, with two jobs at a time."""

    def build(folder):
        outcome = copy_repository(folder).snakemake("--cores", "2", *TINY)
        assert outcome.code == 0, outcome.text

    return once(tmp_path_factory, "tiny", build) / "results" / "tiny"


def start(checkout, *arguments):
    """Start Snakemake in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=checkout.path,
        env=os.environ | {"PYTHONPATH": str(checkout.path / "workflow")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def half_made(results, undisturbed):
    """Return the results so far that differ from the final results."""
    names = made_files(results) if results.exists() else set()
    # tests/kills looks for half-written ones
    temporary = {name for name in names if ".tmp" in name}
    # a page that is drawn from many files says when
    return differing_files(
        results, undisturbed, names - temporary - {"draw_explorer/explorer.html"}
    )


def test_a_workflow_killed_again_and_again_ends_as_one_left_alone(checkout, undisturbed):
    chance = random.Random(SEED)  # noqa: S311
    results = checkout.path / "results" / "tiny"
    kills, finished, lock_seen = 0, False, False
    while not (finished and lock_seen and kills >= KILLS):
        # the bits do not depend on the number of parallel jobs either
        process = start(checkout, "--cores", str(chance.choice([1, 2])), *TINY)
        number, send = WAYS[kills % len(WAYS)]
        try:
            text, _ = process.communicate(timeout=chance.uniform(4, 12))
            assert process.returncode == 0, text
            finished = True
            # finished outputs are lost and have to be made again
            (results / "tables" / "runs.parquet").unlink(missing_ok=True)
            continue
        except subprocess.TimeoutExpired:
            send(process.pid, number)
        # after SIGTERM, running jobs finish first
        process.communicate(timeout=600)
        kills += 1
        assert half_made(results, undisturbed) == []
        locked = any((checkout.path / ".snakemake" / "locks").glob("*"))
        if number == signal.SIGKILL and locked and not lock_seen:
            lock_seen = True
            refused = checkout.snakemake("--cores", "1", *TINY)
            assert refused.code != 0
            assert "--unlock" in refused.text
            assert "Traceback" not in refused.text
        unlocked = checkout.snakemake("--unlock", *TINY)
        assert unlocked.code == 0, unlocked.text
    outcome = checkout.snakemake("--cores", "2", *TINY)
    assert outcome.code == 0, outcome.text
    # a kill between a probe and the deletion of its features leaves these
    outcome = checkout.snakemake("--delete-temp-output", *TINY)
    assert outcome.code == 0, outcome.text
    assert differing_files(results, undisturbed) == []
    # the attempts leave no checkpoint and no temporary file
    left = [
        path for path in results.rglob("*") if ".checkpoint." in path.name or ".tmp" in path.name
    ]
    assert left == []


def test_several_workflows_at_once_do_not_disturb_each_other(checkout, undisturbed):
    first = start(checkout, "--cores", "1", *TINY)
    other = start(checkout, "--cores", "1", *TINY, "--config", "experiment=other")
    # both have locked their files
    locks = checkout.path / ".snakemake" / "locks"
    while len(list(locks.glob("*.output.lock"))) < 2:
        assert first.poll() is None and other.poll() is None
        time.sleep(0.2)
    same = checkout.snakemake("--cores", "1", *TINY)
    for process in (first, other):
        text, _ = process.communicate(timeout=600)
        assert process.returncode == 0, text
    # the call that would have made the same files got the reason for its refusal
    assert same.code != 0
    assert "lock" in same.text
    assert "Traceback" not in same.text
    for experiment in ("tiny", "other"):
        results = checkout.path / "results" / experiment
        tables = {name for name in made_files(results) if name.endswith((".safetensors", ".png"))}
        assert differing_files(results, undisturbed, tables) == []
    assert differing_files(checkout.path / "results" / "tiny", undisturbed) == []
