"""One job probes what else was asked for of a run; Snakemake sees a job for each all the same."""

import json

import pytest
import yaml
from test_own_data import CONFIG, write_own_data

from sameness import differing_files

pytestmark = pytest.mark.workflow

RUN = "patches/gaussian-deconv-gaussian/beta1/seed0"
PROBES = [f"results/own/train_probe/{RUN}/{task}.parquet" for task in ("corner", "top")]
AHEAD = "results/own/probes_ahead"


@pytest.fixture
def own(checkout):
    """Return a checkout with a data set of two tasks, and how to probe its one run."""
    write_own_data(checkout.path / "own.npz", halves=True)
    config = json.loads(json.dumps(CONFIG))
    config["datasets"]["patches"]["tasks"] = ["corner", "top"]
    (checkout.path / "own.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def probe(*arguments):
        call = ("--cores", "1", "--configfile", "own.yaml", *arguments)
        outcome = checkout.snakemake(*call)
        assert outcome.code == 0, outcome.text
        return outcome.jobs

    return checkout.path, probe


def logged(path, task):
    return (path / f"results/own/logs/train_probe/{RUN}/{task}.log").read_text(encoding="utf-8")


def noted(path):
    return json.loads((path / AHEAD / "waiting.json").read_text(encoding="utf-8"))["probes"]


def test_one_encoding_serves_both_tasks_and_nothing_that_was_not_asked_for(own):
    path, probe = own
    # one alone: the other is stale too, but nobody wants it
    probe("--", PROBES[0])
    assert [entry["task"] for entry in noted(path)] == ["corner"]
    assert noted(path)[0]["trained_first"] is True
    assert not (path / PROBES[1]).exists()
    assert not list((path / AHEAD).rglob("*.safetensors"))

    # both
    anew = ("--forcerun", "train_probe", "--", *PROBES)
    jobs = probe(*anew)
    assert jobs["train_probe"] == 2
    assert [entry["trained_first"] for entry in noted(path)] == [False, False]
    ahead = ["trained ahead" in logged(path, task) for task in ("corner", "top")]
    assert sorted(ahead) == [False, True]
    assert not list((path / AHEAD).rglob("*.safetensors"))
    (path / "results/own/train_probe").rename(path / "together")

    # each by itself
    probe("--config", "machine={probes_together: 1}", *anew)
    assert not any("trained ahead" in logged(path, task) for task in ("corner", "top"))
    assert differing_files(path / "together", path / "results/own/train_probe") == []
    assert probe("-n", "--", *PROBES) == {}
