"""Trained classifiers: the paper's network, and C for known answers."""

import math

import pytest
import torch
from torch import nn

from labelinfo.baselines.classifiers import (
    ComplexImageClassifier,
    fit_complex_image,
    measure_classifier,
)
from labelinfo.data.dataset import Dataset, Split
from labelinfo.probes.codes import Pixels
from recipes import classifier

CPU = torch.device("cpu")
LONGER = {"epochs": 8, "learning_rate": 2e-3, "depth": 6, "dropout": 0.1}


def fit(dataset, identity=("tiny", "complex_image", "half", 0), **settings):
    settings = classifier(**LONGER | settings)
    return fit_complex_image(dataset, "half", settings, identity, device=CPU)


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


def test_the_epoch_is_picked_on_validation(tiny_dataset):
    # validation contradicts the labels, so the earliest epoch, which has learned least, is best
    wrong = Split(tiny_dataset.valid.images, {"half": 1 - tiny_dataset.valid.labels["half"]})
    contradicted = Dataset(
        "tiny", tiny_dataset.train, wrong, tiny_dataset.test, tiny_dataset.classes, {}
    )
    assert fit(contradicted)[1]["best_epoch"] < LONGER["epochs"] / 2


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
