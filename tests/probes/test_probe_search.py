"""The search for a strong probe: on validation only, over runs that did not diverge."""

import numpy as np
import pandas as pd
import pytest

from labelinfo.baselines.choice import choose_candidate
from labelinfo.baselines.chosen import RECIPE, with_recipe
from labelinfo.config.probe_settings import TaskProbeSettings
from labelinfo.config.run import Run
from labelinfo.data.dataset import Dataset, Split, save_dataset
from labelinfo.errors import LabelinfoError
from labelinfo.io.tables import read_provenance, read_table, write_table
from labelinfo.probes.search import search_probe
from made_run import SPEC, write_weights
from recipes import STRONG, probes

CANDIDATE = STRONG | {"epochs": 3}
PROBE = {"precision": "float32", "binarizations": 1}


def searched(folder, dataset, statuses=("ok", "ok")):
    """Return the row of a candidate that is tried on runs of these statuses."""
    save_dataset(folder / "dataset", dataset)
    runs = []
    for seed, status in enumerate(statuses):
        run = Run("tiny", "gaussian", "deconv", "gaussian", str(seed + 1), 0)
        runs.append((run, folder / f"weights{seed}"))
        write_weights(runs[-1][1], run, SPEC, status=status, seed=seed)
    search_probe(
        runs, SPEC, "half", TaskProbeSettings.of({"probe": PROBE, "strong_probe": CANDIDATE}),
        files={"dataset": folder / "dataset", "table": folder / "table"}, device="cpu", code="c",
    )  # fmt: skip
    return read_table(folder / "table").iloc[0]


def test_a_candidate_is_the_mean_over_runs_of_c_on_validation(tiny_dataset, tmp_path):
    both = searched(tmp_path, tiny_dataset)
    assert {name: both[name] for name in RECIPE} == {name: CANDIDATE[name] for name in RECIPE}
    assert read_provenance(tmp_path / "table")["config"] == CANDIDATE | PROBE
    alone = [
        searched(tmp_path, tiny_dataset, statuses)["label_distortion_valid_nats"]
        for statuses in (("ok", "diverged"), ("diverged", "ok"))
    ]
    assert both["label_distortion_valid_nats"] == pytest.approx(np.mean(alone))
    assert both["n_runs"] == 2
    assert alone[0] != alone[1]


def test_no_test_image_has_a_say_and_validation_has(tiny_dataset, tmp_path):
    def of(changed):
        split = getattr(tiny_dataset, changed)
        other = Split(1 - split.images, {"half": 1 - split.labels["half"]})
        splits = {name: getattr(tiny_dataset, name) for name in ("train", "valid", "test")}
        splits |= {changed: other}
        dataset = Dataset("tiny", **splits, classes=tiny_dataset.classes, digests={})
        return searched(tmp_path, dataset)["label_distortion_valid_nats"]

    first = searched(tmp_path, tiny_dataset)["label_distortion_valid_nats"]
    assert of("test") == first
    assert of("valid") != first


def test_where_all_runs_diverged_the_remedy_is_told(tiny_dataset, tmp_path):
    with pytest.raises(LabelinfoError, match=r"set the config key `strong_probe\.search` to false"):
        searched(tmp_path, tiny_dataset, ("diverged",))


def test_the_choice_replaces_what_is_searched_and_nothing_else(tmp_path):
    configured = {name: STRONG[name] for name in RECIPE}
    better = {"learning_rate": 0.002, "hidden_units": 32, "dropout": 0.25}
    table = pd.DataFrame(
        [
            configured | {"label_distortion_valid_nats": 0.5},
            better | {"label_distortion_valid_nats": 0.25},
        ]
    )
    write_table(tmp_path / "choice", choose_candidate(table, configured=configured), {})
    assert read_table(tmp_path / "choice")["configured"].tolist() == [False, True]
    settings = with_recipe(probes(), [tmp_path / "choice"])
    recipe = settings.as_dict()["strong_probe"]
    assert recipe == STRONG | better
    assert {name: type(recipe[name]) for name in RECIPE} == {
        name: type(STRONG[name]) for name in RECIPE
    }
    assert settings.probe == probes().probe
    assert with_recipe(probes(), []) == probes()
