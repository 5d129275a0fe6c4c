"""Every baseline on data with known answers: a label of few pixels, and an independent label."""

import math

import pandas as pd
import pytest
import torch

from labelinfo.baselines.complex_image import train_classifier
from labelinfo.baselines.pca import measure_pca
from labelinfo.baselines.random_encoders import measure_random_encoder
from labelinfo.baselines.simple_image import probe_images
from labelinfo.data.dataset import Dataset, Split, save_dataset
from labelinfo.io.tables import read_table
from labelinfo.probes.both import ProbeSettings
from recipes import probes

SLOW = {"epochs": 25, "batch_size": 32, "learning_rate": 3e-3}
CLASSIFIER = {
    "epochs": 4,
    "batch_size": 16,
    "learning_rate": 3e-3,
    "warmup_epochs": 0.5,
    "hidden_units": 20,
    "precision": "float32",
    "depth": 4,
    "dropout": 0.0,
}
PCA = {"dims": [2], "sigmas": [0.1], "selection_rate_max_nats": 10.0}
LEVELS = ["random_fully_connected", "random_convolutional", "simple_image", "complex_image"]


@pytest.fixture(scope="module")
def data():
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


def measured(baseline, data, task, folder, **training):
    """Return C of a baseline's probes or network on test, each with its standard error."""
    settings = probes(**SLOW | training, decay_epochs=15, strong=training)
    if baseline == "pca":
        probe = ProbeSettings.of(*settings.values())
        options = {"binarizations": 2, "device": torch.device("cpu")}
        row = measure_pca(data, task, PCA, probe, **options)[0].iloc[0]
    else:
        save_dataset(folder / "dataset", data)
        names = ("table", "losses", "strong_losses")
        files = {"dataset": folder / "dataset"} | {name: folder / name for name in names}
        options = {"files": files, "device": "cpu", "code": "0"}
        if baseline == "complex_image":
            train_classifier(task, 0, CLASSIFIER | training, **options)
        elif baseline == "simple_image":
            probe_images(task, 0, settings, **options)
        else:
            settings |= {"hidden_units": 60, "width": 0.125, "standardise": True}
            measure_random_encoder(baseline, task, 0, settings, **options)
        row = read_table(files["table"]).iloc[0]
    columns = [f"{prefix}label_distortion_nats" for prefix in ("", "strong_")]
    return [(row[column], row[f"{column}_se"]) for column in columns if pd.notna(row[column])]


@pytest.mark.parametrize("baseline", ["pca", *LEVELS])
def test_a_label_that_few_pixels_decide_costs_next_to_nothing(baseline, data, tmp_path):
    found = measured(baseline, data, "patches", tmp_path)
    assert len(found) == (1 if baseline == "complex_image" else 2)
    for nats, _ in found:
        assert 0 <= nats < 0.05 * math.log(4)


@pytest.mark.parametrize("baseline", ["pca", *LEVELS])
def test_a_label_that_nothing_decides_costs_its_entropy(baseline, data, tmp_path):
    # few epochs, because a network that memorises the training images is worse than chance
    for nats, error in measured(baseline, data, "chance", tmp_path, epochs=2, learning_rate=3e-4):
        assert nats > math.log(2) - 4 * error - 0.005
        assert nats < math.log(2) + 4 * error + 0.02
