"""Trained classifiers: the paper's network, and C for known answers."""

import math
from functools import partial

import pandas as pd
import pytest
import torch
from torch import nn

from labelinfo.baselines.classifiers import (
    ComplexImageClassifier,
    fit_complex_image,
    measure_classifier,
)
from labelinfo.baselines.complex_image import train_classifier
from labelinfo.baselines.random_encoders import measure_random_encoder
from labelinfo.baselines.simple_image import probe_images
from labelinfo.data.dataset import Dataset, Split, save_dataset
from labelinfo.io.losses import read_losses
from labelinfo.io.tables import read_provenance
from labelinfo.probes.codes import Pixels
from recipes import probes

CPU = torch.device("cpu")
SETTINGS = {
    "epochs": 8,
    "batch_size": 16,
    "learning_rate": 2e-3,
    "warmup_epochs": 0.5,
    "hidden_units": 20,
    "precision": "float32",
    "depth": 6,
    "dropout": 0.1,
}
PROBES = probes(hidden_units=20, epochs=60, batch_size=16, learning_rate=3e-3, decay_epochs=40)


def fit(dataset, identity=("tiny", "complex_image", "half", 0), **settings):
    return fit_complex_image(dataset, "half", SETTINGS | settings, identity, device=CPU)


def test_the_network_is_the_papers():
    network = ComplexImageClassifier(64, 0.3, 200, 10)
    kinds = [type(layer).__name__ for layer in network]
    convolution = ["Conv2d", "ELU"]
    assert kinds == [
        *3 * convolution, "MaxPool2d", "Dropout", *2 * convolution, "MaxPool2d", "Dropout",
        "Flatten", "Linear", "ELU", "Linear", "ELU", "Linear",
    ]  # fmt: skip
    sizes = [layer.weight.shape for layer in network if isinstance(layer, nn.Conv2d)]
    assert sizes == [(64, 1, 5, 5)] + 4 * [(64, 64, 5, 5)]
    assert [layer.p for layer in network if isinstance(layer, nn.Dropout)] == [0.3, 0.3]
    widths = [layer.out_features for layer in network if isinstance(layer, nn.Linear)]
    assert widths == [200, 200, 10]
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


class Counts(nn.Module):
    """Logits (0, s) with s the number of pixels that are on."""

    def forward(self, x):
        total = x.flatten(1).sum(1)
        return torch.stack([torch.zeros_like(total), total], dim=1)


def test_label_distortion_is_the_mean_of_the_losses():
    images = torch.zeros(3, 784, dtype=torch.uint8)
    images[1, :2] = 1
    split = Split(images, {"half": torch.tensor([0, 1, 1])})
    measured = measure_classifier(Counts(), split, "half", CPU)
    expected = [math.log(2), math.log1p(math.exp(-2)), math.log(2)]
    assert measured.per_image_nats[0] == pytest.approx(expected)
    assert measured.row(0)["label_accuracy"] == pytest.approx(2 / 3)


def test_the_epoch_is_picked_on_validation_and_no_test_image_chooses(tiny_dataset):
    # validation contradicts the labels, so the earliest epoch, which has learned least, is best
    wrong = Split(tiny_dataset.valid.images, {"half": 1 - tiny_dataset.valid.labels["half"]})
    contradicted = Dataset(
        "tiny", tiny_dataset.train, wrong, tiny_dataset.test, tiny_dataset.classes, {}
    )
    model, facts = fit(contradicted)
    assert facts["best_epoch"] < SETTINGS["epochs"] / 2
    noise = Split(1 - tiny_dataset.test.images, {"half": 1 - tiny_dataset.test.labels["half"]})
    changed = Dataset("tiny", tiny_dataset.train, wrong, noise, tiny_dataset.classes, {})
    other, _ = fit(changed)
    for name, value in model.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


def test_the_seed_is_the_identity(tiny_dataset):
    weights = [
        fit(tiny_dataset, identity=("tiny", "complex_image", "half", seed), epochs=1)[0][0].weight
        for seed in (0, 0, 1)
    ]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_pixels_are_the_bits_and_intensities_are_drawn_afresh(tiny_dataset):
    index = torch.tensor([3, 1])
    bits = Pixels(tiny_dataset, CPU).draw("train", index)
    assert torch.equal(bits, tiny_dataset.train.images[index].float()[None])
    grey = Split(torch.full((4, 784), 0.3), {"half": torch.zeros(4, dtype=torch.long)})
    dataset = Dataset("grey", grey, tiny_dataset.valid, tiny_dataset.test, {"half": ["a"]}, {})
    codes = Pixels(dataset, CPU)
    first, second = codes.draw("train", index), codes.draw("train", index)
    assert not torch.equal(first, second)
    assert set(first.unique().tolist()) == {0.0, 1.0}
    assert float(first.mean()) == pytest.approx(0.3, abs=0.06)


@pytest.fixture
def files(tiny_dataset, tmp_path):
    """Return the files of a job."""
    save_dataset(tmp_path / "dataset.safetensors", tiny_dataset)
    written = {name: tmp_path / f"{name}.parquet" for name in ("table", "losses", "strong_losses")}
    return {"dataset": tmp_path / "dataset.safetensors", **written}


def test_a_searched_network_replaces_the_configured_one(files):
    network = {"depth": 3, "dropout": 0.25}
    settings = SETTINGS | {"epochs": 1}
    train_classifier("half", 0, settings, files=files, device="cpu", code="0", network=network)
    row = pd.read_parquet(files["table"]).iloc[0]
    assert {**network, "searched": True}.items() <= dict(row).items()
    config = read_provenance(files["table"])["config"]
    assert (config["depth"], config["dropout"]) == (3, 0.25)


COMPLEX = {"depth": 6, "dropout": 0.1, "searched": False, "precision": "float32"}
RANDOM = PROBES | {"standardise": True, "hidden_units": 30, "width": 0.125}
BOTH = {"losses": ("", {"probe": "paper"}), "strong_losses": ("strong_", {"probe": "strong"})}


@pytest.mark.parametrize(
    ("function", "baseline", "settings", "columns", "losses"),
    [
        (probe_images, "simple_image", PROBES, {"hidden_units": 20}, BOTH),
        (
            partial(measure_random_encoder, "random_fully_connected"),
            "random_fully_connected",
            RANDOM,
            {"hidden_units": 30},
            BOTH,
        ),
        (train_classifier, "complex_image", SETTINGS, COMPLEX, {"losses": ("", {})}),
    ],
)
def test_a_baseline_of_unbounded_rate_becomes_a_row(
    files, function, baseline, settings, columns, losses
):
    function("half", 3, settings, files=files, device="cpu", code="0")
    row = pd.read_parquet(files["table"]).iloc[0]
    point = {"dataset": "tiny", "task": "half", "baseline": baseline, "seed": 3}
    assert (point | columns).items() <= dict(row).items()
    assert math.isnan(row["rate_nats"])
    assert row["label_distortion_nats"] < 0.5 * math.log(2)
    assert math.isfinite(row["label_distortion_valid_nats"])
    for name, (prefix, probe) in losses.items():
        nats, of, _ = read_losses(files[name])
        # losses are stored with 12 bits
        stored = pytest.approx([row[f"{prefix}label_distortion_nats"]], rel=2**-12)
        assert nats.mean(axis=1) == stored
        assert of == point | probe
    assert files["strong_losses"].exists() == (losses is BOTH)
    assert pd.isna(row["strong_label_distortion_nats"]) == (losses is not BOTH)
