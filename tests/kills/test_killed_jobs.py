"""Jobs killed at random moments end with the bits of uninterrupted jobs."""

import json
import os
import sys
from pathlib import Path

import pytest

from components import make_spec
from labelinfo.data.dataset import save_dataset
from processes import python

pytestmark = pytest.mark.kills

SEED = 20181206
KINDS = {"train": 4, "classify": 2, "pca": 5, "probe": 3, "aggregate": 1}


@pytest.fixture(scope="module")
def seen(tiny_dataset, tmp_path_factory):
    """Return the observations of each kind of job."""
    folder = tmp_path_factory.mktemp("kills")
    save_dataset(folder / "dataset.safetensors", tiny_dataset)
    spec = make_spec(latent_dim=4, width=0.125)
    zygote = Path(__file__).with_name("zygote.py")
    environment = {"SPEC": json.dumps(spec.as_dict()), "PYTHONPATH": os.pathsep.join(sys.path)}
    words = (zygote, folder / "jobs", folder / "dataset.safetensors", SEED)
    done = python(*words, **environment)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    return {report["kind"]: report for report in reports}


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_killed_again_and_again_ends_with_the_bits_of_one_left_alone(seen, kind):
    report = seen[kind]
    assert report["kills"] >= 3
    assert len(report["files"]) == KINDS[kind]
    assert report["same"]
    # no half-written file was used as a complete one
    assert report["wrong"] == []
    assert report["left"] == []


def test_some_kills_came_while_outputs_were_being_written(seen):
    assert sum(report["with outputs"] for report in seen.values()) > 2
