"""Random encoders are not trained, and a probe finds the information in their codes."""

import pandas as pd
import pytest
import torch

from labelinfo.baselines.random_encoders import measure_random_encoder, random_encoder
from labelinfo.data.dataset import Dataset, Split, save_dataset
from recipes import probes

BASELINES = ["random_fully_connected", "random_convolutional"]
PROBES = probes(hidden_units=20, epochs=6, batch_size=16, learning_rate=3e-3, decay_epochs=4)
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


def measure(dataset, tmp_path):
    save_dataset(tmp_path / "dataset", dataset)
    names = ("dataset", "table", "losses", "strong_losses")
    files = {name: tmp_path / name for name in names}
    settings = PROBES | {"standardise": True, **SIZES}
    measure_random_encoder(BASELINES[0], "half", 0, settings, files=files, device="cpu", code="0")
    return pd.read_parquet(files["table"]).iloc[0]


def test_no_test_image_has_influence_on_what_is_said_of_validation(tiny_dataset, tmp_path):
    row = measure(tiny_dataset, tmp_path)
    noise = Split(1 - tiny_dataset.test.images, {"half": 1 - tiny_dataset.test.labels["half"]})
    changed = Dataset(
        "tiny", tiny_dataset.train, tiny_dataset.valid, noise, tiny_dataset.classes, {}
    )
    other = measure(changed, tmp_path)
    for column in ("label_distortion_valid_nats", "strong_label_distortion_valid_nats"):
        assert other[column] == row[column]
    assert other["probe_converged"] == row["probe_converged"]
    assert other["label_distortion_nats"] != row["label_distortion_nats"]
