"""Every baseline: known answers, its losses, images without a label, and the role of each split."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from labelinfo.baselines.candidates import train_candidate
from labelinfo.baselines.chosen import NETWORK, with_choice
from labelinfo.baselines.complex_image import train_classifier
from labelinfo.baselines.pca import write_pca
from labelinfo.baselines.random_encoders import measure_random_encoder
from labelinfo.baselines.simple_image import probe_images
from labelinfo.config.probe_settings import PcaSettings, ProbedEncoderSettings
from labelinfo.data.dataset import SPLITS, Dataset, Split, save_dataset
from labelinfo.io.losses import read_losses
from labelinfo.io.tables import read_provenance, read_table, write_table
from recipes import CLASSIFIER, PAPER, classifier, probes

PROBES = {"epochs": 25, "decay_epochs": 15, "batch_size": 32, "learning_rate": 3e-3}
BASELINES = [
    "pca",
    "random_fully_connected",
    "random_convolutional",
    "simple_image",
    "complex_image",
]
# losses in files, and the column of their means
KEPT = {
    f"{kind}{split}losses": f"{kind}label_distortion_{split}nats"
    for kind in ("", "strong_")
    for split in ("", "valid_")
}
SHORT = {"epochs": 2, "batch_size": 16}


def measured(baseline, dataset, folder, task="half", dims=(2,), standardise=True, **training):
    """Return the table of a baseline, and its losses with their identity by the file's name."""
    folder.mkdir(exist_ok=True)
    files = {name: folder / name for name in ("dataset", "table", *KEPT)}
    save_dataset(files["dataset"], dataset)
    strong = {name: value for name, value in training.items() if name != "decay_epochs"}
    settings = probes(**PROBES | training, strong=strong)
    job = {"files": files, "device": "cpu", "code": "0"}
    match baseline:
        case "pca":
            grid = PcaSettings.of({"dims": list(dims), "sigmas": [0.1]})
            write_pca(task, grid, settings, strong_epochs_share=1.0, **job)
        case "complex_image":
            train_classifier(task, 3, classifier(**training), **job)
        case "candidate":
            job |= {"dataset_file": files["dataset"], "target": files["table"]}
            del job["files"]
            train_candidate(task, classifier(**training), **job)
        case "simple_image":
            probe_images(task, 3, settings, **job)
        case _:
            encoder = {"hidden_units": 60, "width": 0.125, "standardise": standardise}
            settings = ProbedEncoderSettings.of(settings.as_dict() | encoder)
            measure_random_encoder(baseline, task, 3, settings, **job)
    losses = {name: read_losses(files[name])[:2] for name in KEPT if files[name].exists()}
    return read_table(files["table"]), losses


# Known answers


@pytest.fixture(scope="module")
def patches():
    """Return images of two patches, each on or off by itself, and noise elsewhere."""
    generator = torch.Generator().manual_seed(11)

    def split(count):
        images = torch.rand(count, 28, 28, generator=generator) < 0.03
        first, second, third = torch.randint(2, (3, count), generator=generator)
        images[:, 4:10, 4:10] = first.bool()[:, None, None]
        images[:, 16:22, 14:20] = second.bool()[:, None, None]
        labels = {"patches": 2 * first + second, "chance": third}
        return Split(images.to(torch.uint8).view(count, 784), labels)

    classes = {"patches": list("abcd"), "chance": ["no", "yes"]}
    return Dataset("patches", split(800), split(300), split(600), classes, {})


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_label_that_few_pixels_decide_costs_next_to_nothing(baseline, patches, tmp_path):
    table, losses = measured(baseline, patches, tmp_path, "patches")
    assert set(losses) == {
        "pca": set(KEPT),
        "complex_image": {"losses"},
    }.get(baseline, {"losses", "strong_losses"})
    for name, (nats, of) in losses.items():
        assert (table[KEPT[name]] < 0.05 * math.log(4)).all()
        # losses are stored with 12 bits
        np.testing.assert_allclose(nats.mean(axis=1), table[KEPT[name]], rtol=2**-12)
        assert nats.shape == (len(table), 300 if "valid" in name else 600)
        assert (of["dataset"], of["task"], of["baseline"]) == ("patches", "patches", baseline)
        if baseline != "complex_image":
            assert of["probe"] == ("strong" if "strong" in name else "paper")
    row = table.iloc[0]
    assert math.isfinite(row["label_distortion_valid_nats"])
    if baseline != "pca":
        assert math.isnan(row["rate_nats"])
        assert row["seed"] == of["seed"] == 3
    if baseline != "complex_image":
        assert read_provenance(tmp_path / "table")["config"]["probe"] == PAPER | PROBES
    setting = {
        "pca": {"k": 2, "sigma": 0.1},
        "random_fully_connected": {"hidden_units": 60},
        "simple_image": {"hidden_units": 16},
        "complex_image": {"depth": 4, "dropout": 0.0, "searched": False, "precision": "float32"},
    }.get(baseline, {})
    assert setting.items() <= dict(row).items()


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_label_that_nothing_decides_costs_its_entropy(baseline, patches, tmp_path):
    # few epochs, because a network that memorises the training images is worse than chance
    few = {"epochs": 2, "learning_rate": 3e-4}
    table, losses = measured(baseline, patches, tmp_path, "chance", **few)
    for column in {KEPT[name] for name in losses} - set(table.filter(like="valid")):
        nats, error = table.iloc[0][[column, f"{column}_se"]]
        assert nats > math.log(2) - 4 * error - 0.005
        assert nats < math.log(2) + 4 * error + 0.02


# The role of each split and of images without a label


@pytest.mark.parametrize("baseline", [*BASELINES, "candidate"])
def test_test_images_change_nothing_but_the_numbers_of_test(baseline, tiny_dataset, tmp_path):
    def changing(name):
        split = tiny_dataset.split(name)
        other = Split(1 - split.images, {"half": 1 - split.labels["half"]})
        changed = replace(tiny_dataset, **{name: other})
        table, _ = measured(baseline, changed, tmp_path / name, **SHORT)
        return {column for column in table if not table[column].equals(before[column])}

    before, _ = measured(baseline, tiny_dataset, tmp_path / "before", **SHORT)
    of_test = changing("test")
    parts = ("valid", "train", "converged", "epoch", "seed")
    assert not [column for column in of_test if any(part in column for part in parts)]
    assert ("label_distortion_nats" in of_test) == (baseline != "candidate")
    if baseline == "candidate":
        assert not of_test
        assert not before.filter(like="test").columns.size
    assert "label_distortion_valid_nats" in changing("valid")


def gappy(dataset):
    """Return a data set with an unlabelled black or white image before each of its images."""

    def split(part):
        images = part.images.repeat_interleave(2, dim=0)
        images[::2] = torch.arange(len(part), dtype=torch.uint8)[:, None] % 2
        codes = part.labels["half"].repeat_interleave(2)
        codes[::2] = -1
        return Split(images, {"half": codes})

    return replace(dataset, **{name: split(dataset.split(name)) for name in SPLITS})


@pytest.mark.parametrize("baseline", [*BASELINES[2:], "candidate"])
def test_images_without_a_label_change_no_bit(baseline, tiny_dataset, tmp_path):
    # a mean and deviation would be those of all images
    short = SHORT | {"standardise": False}
    table, losses = measured(baseline, tiny_dataset, tmp_path / "whole", **short)
    other, others = measured(baseline, gappy(tiny_dataset), tmp_path / "gappy", **short)
    assert table.equals(other)
    for name, (nats, _) in losses.items():
        np.testing.assert_array_equal(nats, others[name][0])


def test_pca_takes_its_components_from_all_images_and_probes_those_with_a_label(
    tiny_dataset, tmp_path
):
    slow = {"hidden_units": 20, "epochs": 60, "decay_epochs": 50, "batch_size": 16}
    table, losses = measured("pca", gappy(tiny_dataset), tmp_path, dims=(1, 4), **slow)
    assert [nats.shape for nats, _ in losses.values()] == [(2, 40)] * 4
    # the first component is how white an image is, which the bars have in common
    first, fourth = table.sort_values("rate_nats")["label_distortion_valid_nats"]
    assert first > 0.6 > 0.5 > fourth


def test_a_searched_network_replaces_the_configured_one(tiny_dataset, tmp_path):
    files = {name: tmp_path / name for name in ("dataset", "table", "losses")}
    save_dataset(files["dataset"], tiny_dataset)
    network = {"depth": 3, "dropout": 0.25}
    job = {"files": files, "device": "cpu", "code": "0"}
    choice = pd.DataFrame(
        [network | {"chosen": True}, {"depth": 5, "dropout": 0.5, "chosen": False}]
    )
    write_table(tmp_path / "choice", choice, {})
    settings = with_choice(classifier(epochs=1), NETWORK, [tmp_path / "choice"])
    train_classifier("half", 0, settings, searched=True, **job)
    assert {**network, "searched": True}.items() <= dict(read_table(files["table"]).iloc[0]).items()
    assert read_provenance(files["table"])["config"] == CLASSIFIER | {"epochs": 1, **network}
