"""Every baseline on data of which the answer is known: a label of few pixels, and one of none."""

import math

import pytest
import torch

from labelinfo.baselines.classifiers import train_classifier
from labelinfo.baselines.pca import measure_pca
from labelinfo.baselines.random_encoders import measure_random_encoder
from labelinfo.data.dataset import Dataset, Split, save_dataset
from labelinfo.io.tables import read_table

PROBE = {
    "hidden_units": 16,
    "epochs": 25,
    "batch_size": 32,
    "learning_rate": 3e-3,
    "decay_factor": 0.1,
    "decay_epochs": 15,
    "precision": "float32",
    "samples": 4,
    "binarizations": 2,
}
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


def measured(baseline, data, task, folder, **fewer_epochs):
    """Return C of a baseline on the test split, with its standard error."""
    probe, classifier = PROBE | fewer_epochs, CLASSIFIER | fewer_epochs
    if baseline == "pca":
        row = measure_pca(data, task, PCA, probe, device=torch.device("cpu"))[0].iloc[0]
    else:
        save_dataset(folder / "dataset.safetensors", data)
        function, settings = {
            "simple_image": (train_classifier, probe),
            "complex_image": (train_classifier, classifier),
        }.get(
            baseline,
            (
                measure_random_encoder,
                {"probe": probe, "hidden_units": 60, "width": 0.125, "standardise": True},
            ),
        )
        function(
            baseline, task, 0, settings, dataset_file=folder / "dataset.safetensors",
            target=folder / "table.parquet", losses_target=folder / "losses.parquet",
            device="cpu", code="0",
        )  # fmt: skip
        row = read_table(folder / "table.parquet").iloc[0]
    return row["label_distortion_nats"], row["label_distortion_nats_se"]


@pytest.mark.parametrize("baseline", ["pca", *LEVELS])
def test_a_label_that_few_pixels_decide_costs_next_to_nothing(baseline, data, tmp_path):
    nats, _ = measured(baseline, data, "patches", tmp_path)
    assert 0 <= nats < 0.05 * math.log(4)


@pytest.mark.parametrize("baseline", ["pca", *LEVELS])
def test_a_label_that_nothing_decides_costs_its_entropy(baseline, data, tmp_path):
    # few epochs, as a network that learns the training images by heart does worse than chance
    nats, error = measured(baseline, data, "chance", tmp_path, epochs=2, learning_rate=3e-4)
    assert nats > math.log(2) - 4 * error - 0.005
    assert nats < math.log(2) + 4 * error + 0.02
