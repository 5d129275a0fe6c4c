"""Probes and classifiers of a label do not use images without it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from labelinfo.baselines.candidates import train_candidate
from labelinfo.baselines.complex_image import train_classifier
from labelinfo.baselines.pca import write_pca
from labelinfo.baselines.random_encoders import measure_random_encoder
from labelinfo.baselines.simple_image import probe_images
from labelinfo.data.dataset import SPLITS, Split, save_dataset
from labelinfo.io.losses import read_losses
from labelinfo.probes.codes import Pixels, TaskLabels
from labelinfo.tables.label_columns import label_entropy_biases
from recipes import probes

PROBES = probes(hidden_units=10, epochs=4, batch_size=16, learning_rate=3e-3, decay_epochs=3)
CLASSIFIER = {
    "epochs": 2,
    "batch_size": 16,
    "learning_rate": 2e-3,
    "warmup_epochs": 0.5,
    "hidden_units": 10,
    "precision": "float32",
    "depth": 3,
    "dropout": 0.1,
}


def gappy(dataset):
    """Return a data set with an unlabelled black or white image before each of its images."""

    def split(part):
        images = part.images.repeat_interleave(2, dim=0)
        images[::2] = torch.arange(len(part), dtype=torch.uint8)[:, None] % 2
        codes = part.labels["half"].repeat_interleave(2)
        codes[::2] = -1
        return Split(images, {"half": codes})

    return replace(dataset, **{name: split(dataset.split(name)) for name in SPLITS})


def measured(dataset, folder, measure, *arguments):
    """Return the row and the losses of a baseline of a data set."""
    names = ("losses", "strong_losses", "valid_losses", "strong_valid_losses", "table")
    files = {name: folder / f"{name}.parquet" for name in names}
    files["dataset"] = folder / "dataset.safetensors"
    save_dataset(files["dataset"], dataset)
    if measure is train_candidate:
        kept = {"dataset_file": files["dataset"], "target": files["table"]}
        measure("half", *arguments, **kept, device="cpu", code="0")
        losses = []
    else:
        more = {"strong_epochs_share": 1.0} if measure is write_pca else {}
        measure(*arguments, files=files, device="cpu", code="0", **more)
        losses = [read_losses(files[name])[0] for name in names[:4] if files[name].exists()]
    return pd.read_parquet(files["table"]), losses


@pytest.mark.parametrize(
    ("measure", "arguments"),
    [
        (probe_images, ("half", 0, PROBES)),
        (train_classifier, ("half", 0, CLASSIFIER)),
        (train_candidate, (CLASSIFIER,)),
        (
            measure_random_encoder,
            (
                "random_convolutional",
                "half",
                0,
                PROBES | {"standardise": False, "hidden_units": 10, "width": 0.125},
            ),
        ),
    ],
)
def test_images_without_a_label_change_no_bit(measure, arguments, tiny_dataset, tmp_path):
    folders = [tmp_path / "whole", tmp_path / "gappy"]
    for folder in folders:
        folder.mkdir()
    table, losses = measured(tiny_dataset, folders[0], measure, *arguments)
    other, others = measured(gappy(tiny_dataset), folders[1], measure, *arguments)
    pd.testing.assert_frame_equal(table, other)
    for first, second in zip(losses, others, strict=True):
        np.testing.assert_array_equal(first, second)


def test_pca_takes_its_components_from_all_images_and_probes_those_with_a_label(
    tiny_dataset, tmp_path
):
    grid = {"dims": [1, 4], "sigmas": [0.1]}
    of_probes = probes(
        hidden_units=20, epochs=60, batch_size=16, learning_rate=3e-3, decay_epochs=50
    )
    table, losses = measured(gappy(tiny_dataset), tmp_path, write_pca, "half", grid, of_probes)
    assert [part.shape for part in losses] == [(2, 40)] * 4
    # the first component is how white an image is, which the bars have in common
    first, fourth = table.sort_values("rate_nats")["label_distortion_valid_nats"]
    assert first > 0.6 > 0.5 > fourth


@pytest.mark.parametrize("split", SPLITS)
def test_codes_of_images_with_a_label_are_those_of_the_images(split, tiny_dataset):
    dataset = gappy(tiny_dataset)
    labels = TaskLabels.of(dataset, "half")
    codes = labels.codes_of(Pixels(dataset, torch.device("cpu")))
    part = tiny_dataset.split(split)
    assert torch.equal(labels.splits[split], part.labels["half"])
    index = torch.tensor([5, 0, 31])
    assert torch.equal(codes.draw(split, index)[0], part.images[index].float())
    whole = Pixels(tiny_dataset, torch.device("cpu"))
    assert TaskLabels.of(tiny_dataset, "half").codes_of(whole) is whole


def test_the_bias_of_an_entropy_is_that_of_its_labels():
    row = {"dataset": "d", "split": "test", "classes": 5, "images": 100}
    table = pd.DataFrame(
        [row | {"task": "a", "labelled_images": 20}, row | {"task": "b", "labelled_images": None}]
    )
    assert label_entropy_biases(table) == {("d", "a"): 4 / 40, ("d", "b"): 4 / 200}
    assert label_entropy_biases(table.drop(columns="labelled_images"))["d", "a"] == 4 / 200
