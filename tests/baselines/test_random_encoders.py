"""Random encoders are never trained, and what their codes keep is what a probe finds."""

import math

import pandas as pd
import pytest
import torch

from labelinfo.baselines.random_encoders import measure_random_encoder, random_encoder
from labelinfo.data.dataset import Dataset, Split, save_dataset
from labelinfo.io.losses import read_losses
from recipes import probes

BASELINES = ["random_fully_connected", "random_convolutional"]
PROBES = probes(hidden_units=20, epochs=30, batch_size=16, learning_rate=3e-3, decay_epochs=20)
SIZES = {"hidden_units": 30, "width": 0.125}


def code(baseline, seed, x):
    return random_encoder(baseline, identity=("tiny", baseline, seed), **SIZES)(x)


@pytest.mark.parametrize("baseline", BASELINES)
def test_the_seed_is_the_encoder(baseline):
    x = (torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0)) < 0.2).float()
    once = code(baseline, 0, x)
    assert once.shape == (5, {"random_fully_connected": 30, "random_convolutional": 32}[baseline])
    assert torch.equal(once, code(baseline, 0, x))
    assert not torch.equal(once, code(baseline, 1, x))
    assert not once.requires_grad


def test_the_fully_connected_code_is_two_layers_of_elu():
    encoder = random_encoder("random_fully_connected", identity=("a",), **SIZES)
    x = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    (w1, b1), (w2, b2) = ((layer.weight, layer.bias) for layer in (encoder[1], encoder[3]))
    first = torch.nn.functional.elu(x.flatten(1) @ w1.T + b1)
    torch.testing.assert_close(encoder(x), torch.nn.functional.elu(first @ w2.T + b2))


def measure(dataset, tmp_path, baseline, seed=0):
    save_dataset(tmp_path / "dataset.safetensors", dataset)
    measure_random_encoder(
        baseline,
        "half",
        seed,
        PROBES | {"standardise": True, **SIZES},
        files={
            "dataset": tmp_path / "dataset.safetensors",
            "table": tmp_path / "table.parquet",
            "losses": tmp_path / "losses.parquet",
            "strong_losses": tmp_path / "strong.losses.parquet",
        },
        device="cpu",
        code="0",
    )
    return pd.read_parquet(tmp_path / "table.parquet").iloc[0]


@pytest.mark.parametrize("baseline", BASELINES)
def test_it_keeps_a_label_that_the_image_shows(tiny_dataset, tmp_path, baseline):
    row = measure(tiny_dataset, tmp_path, baseline)
    assert (row["baseline"], row["seed"]) == (baseline, 0)
    assert math.isnan(row["rate_nats"])
    assert row["label_distortion_nats"] < 0.5 * math.log(2)
    assert row["label_accuracy"] > 0.8
    for name, prefix, kind in (("losses", "", "paper"), ("strong.losses", "strong_", "strong")):
        losses, of, _ = read_losses(tmp_path / f"{name}.parquet")
        # losses are stored with 12 bits
        nats = row[f"{prefix}label_distortion_nats"]
        assert losses.mean(axis=1) == pytest.approx([nats], rel=2**-12)
        point = {"dataset": "tiny", "task": "half", "baseline": baseline, "seed": 0}
        assert of == point | {"probe": kind}
    assert measure(tiny_dataset, tmp_path, baseline).equals(row)
    other = measure(tiny_dataset, tmp_path, baseline, seed=1)
    assert other["label_distortion_nats"] != row["label_distortion_nats"]


def test_no_test_image_has_influence_on_what_is_said_of_validation(tiny_dataset, tmp_path):
    row = measure(tiny_dataset, tmp_path, BASELINES[0])
    noise = Split(1 - tiny_dataset.test.images, {"half": 1 - tiny_dataset.test.labels["half"]})
    changed = Dataset(
        "tiny", tiny_dataset.train, tiny_dataset.valid, noise, tiny_dataset.classes, {}
    )
    other = measure(changed, tmp_path, BASELINES[0])
    for column in ("label_distortion_valid_nats", "strong_label_distortion_valid_nats"):
        assert other[column] == row[column]
    assert other["probe_converged"] == row["probe_converged"]
    assert other["label_distortion_nats"] != row["label_distortion_nats"]
