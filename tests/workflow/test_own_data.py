"""A user's own table with its labels: every baseline, and the search for its classifier."""

import gzip
import hashlib
import itertools
import os

import numpy as np
import pandas as pd
import pytest
import yaml

from labelinfo.config.completion import complete
from labelinfo.io.tables import read_provenance

pytestmark = pytest.mark.workflow

CONFIG = {
    "experiment": "own",
    "sweep": {
        "datasets": ["patches"],
        "encoders": ["gaussian"],
        "decoders": ["deconv"],
        "marginals": ["gaussian"],
        "betas": {"deconv": [1]},
        "baseline_seeds": [4],
    },
    "datasets": {
        "patches": {
            "reader": "table",
            "files": {"table": {"path": "own.npz"}},
            "tasks": ["corner"],
        }
    },
    "model": {"latent_dim": 4, "width": 0.125},
    "training": {"epochs": 1, "batch_size": 32},
    "measure": {"samples": 2},
    "probe": {"epochs": 20, "learning_rate": 3e-3, "decay_epochs": 15, "samples": 2},
    "pca": {"dims": [2, 5], "sigmas": [1.0, 0.2]},
    "classifier": {
        "search": True,
        "epochs": 3,
        "batch_size": 16,
        "candidates": {"depths": [2, 6], "dropouts": [0.0, 0.5]},
        "networks": {"other": {"depth": 4, "dropout": 0.25}},
    },
}
TABLES = ["baselines", "classifier_search", "differences"]
TARGETS = [f"results/own/tables/{name}.parquet" for name in TABLES]


def write_own_data(path, *, halves=False):
    """Write images with a bright patch in one of four corners, which is their label.

    With ``halves``, whether it is at the top is another.
    """
    random = np.random.default_rng(0)
    corners = random.integers(4, size=500)
    images = (random.random((500, 28, 28)) < 0.05).astype(np.uint8)
    for image, corner in zip(images, corners, strict=True):
        top, left = 16 * (corner // 2), 16 * (corner % 2)
        image[top + 2 : top + 10, left + 2 : left + 10] = 1
    more = {"top": corners // 2} if halves else {}
    np.savez_compressed(path, images=images, corner=corners, **more)


def test_own_labels_have_every_baseline_and_a_searched_ceiling(checkout):
    data = checkout.path / "own.npz"
    write_own_data(data, halves=True)
    config = checkout.path / "own.yaml"
    config.write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    call = ("--configfile", "own.yaml")
    outcome = checkout.snakemake("--cores", "2", *call)
    assert outcome.code == 0, outcome.text
    runs = pd.read_parquet(checkout.path / "results/own/tables/runs.parquet")
    assert runs[["dataset", "task", "status"]].to_numpy().tolist() == [["patches", "corner", "ok"]]
    baselines, candidates, differences = (
        pd.read_parquet(checkout.path / target) for target in TARGETS
    )

    # without a known entropy, the line ends at the smallest R + D
    end = baselines.loc[baselines["baseline"] == "random_discard", "rate_nats"].max()
    assert end == pytest.approx(runs["rate_plus_distortion_nats"].min())

    measured = baselines.groupby("baseline")["label_distortion_nats"].min()
    assert set(measured.index) == {
        "random_discard", "pca", "random_fully_connected", "random_convolutional", "simple_image",
        "complex_image",
    }  # fmt: skip
    assert (measured < 0.2 * np.log(4)).all()

    networks = set(zip(candidates["depth"], candidates["dropout"], strict=True))
    assert networks == {(2, 0.0), (2, 0.5), (6, 0.0), (6, 0.5), (4, 0.25)}
    assert candidates.loc[candidates["configured"], "depth"].tolist() == [4]
    # the paper has no such task
    assert not candidates["paper"].any()
    chosen = candidates[candidates["chosen"]]
    assert chosen.index.tolist() == [candidates["label_distortion_valid_nats"].idxmin()]
    network = baselines[baselines["baseline"] == "complex_image"].iloc[0]
    assert network["searched"]
    assert (network["depth"], network["dropout"]) == tuple(chosen[["depth", "dropout"]].iloc[0])
    assert len(read_provenance(checkout.path / TARGETS[1])["train_candidate"]) == 5

    assert differences["task"].unique().tolist() == ["corner"]
    # by either probe
    assert len(differences) == 8

    def planned(change, **others):
        overlay = checkout.path / "change.yaml"
        changes = {"datasets": {"patches": change}, **others}
        overlay.write_text(yaml.safe_dump(changes), encoding="utf-8")
        return checkout.snakemake("-n", "--configfile", "own.yaml", "change.yaml", "--", *TARGETS)

    # another candidate is one more job each, and another choice
    jobs = planned({}, classifier={"candidates": {"dropouts": [0.0, 0.5, 0.9]}}).jobs
    assert jobs["train_candidate"] == 2
    assert jobs["choose_classifier"] == jobs["train_classifier"] == 1
    assert not jobs.keys() & {"probe_images", "measure_pca", "train_probe"}
    # another task retrains no VAE and none of the other task's probes
    made = ("prepare_dataset", "train_vae", "measure_vae", "train_probe")
    made += ("measure_pca", "train_classifier")
    jobs = planned({"tasks": ["corner", "top"]}).jobs
    assert [jobs.get(rule, 0) for rule in made] == [0, 0, 0, 1, 1, 1]
    # the path of the same content, its compression or its digest make nothing stale either
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    packed = checkout.path / "packed.npz.gz"
    packed.write_bytes(gzip.compress(data.read_bytes()))
    jobs = planned({"files": {"table": {"path": str(packed), "sha256": digest}}}).jobs
    assert not jobs.keys() & set(made)
    # a faulty file is refused before the prepared data is removed
    outcome = planned({"tasks": ["corners"]})
    assert outcome.code != 0
    assert "`datasets.patches.tasks` has 'corners'" in outcome.text
    assert "Traceback" not in outcome.text
    # changed images and other content make it stale, even if the file is older than before
    assert [planned({"binarize": "threshold"}).jobs.get(rule, 0) for rule in made] == [1] * 6
    write_own_data(checkout.path / "other.npz")
    os.utime(checkout.path / "other.npz", (1e9, 1e9))
    (checkout.path / "other.npz").rename(data)
    assert [planned({}).jobs.get(rule, 0) for rule in made] == [1] * 6


def test_the_papers_settings_are_among_the_default_candidates():
    defaults = complete({})["classifier"]
    grid = set(itertools.product(*(defaults["candidates"][key] for key in ("depths", "dropouts"))))
    networks = defaults["networks"]
    assert len(networks) > 1
    assert {(each["depth"], each["dropout"]) for each in networks.values()} <= grid
