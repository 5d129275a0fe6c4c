"""The effect of bfloat16 products on the measurements of a trained model."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from components import make_spec
from labelinfo.data.dataset import Dataset, Split
from labelinfo.data.files import read_verified
from labelinfo.data.labels import match_originals
from labelinfo.data.readers.static_mnist import parse_amat, parse_idx
from labelinfo.probes.codes import TaskLabels
from labelinfo.probes.encoding import VaeCodes, encode_dataset
from labelinfo.probes.fit import fit_probes
from labelinfo.training.device import resolve_precision
from labelinfo.training.trainer import train
from recipes import paper_recipe, training

SAMPLE = Path(__file__).parents[2] / "workflow" / "sample"
CPU = torch.device("cpu")
SETTINGS = training(epochs=8, learning_rate=5e-3, beta_warmup=0.3, precision="bfloat16")
PROBE = paper_recipe(hidden_units=50, epochs=10, batch_size=32, learning_rate=3e-3, decay_epochs=6)


@pytest.fixture(scope="module")
def digits():
    """Return 400 + 100 + 300 real digits of the sample."""

    def read(name, parse):
        return parse(read_verified(SAMPLE / f"{name}.gz"), name)

    bits = read("binarized_test.amat", parse_amat)
    originals = read("t10k-images-idx3-ubyte", parse_idx).reshape(-1, 784)
    match = match_originals(bits, originals, clamp=1e-4)
    classes = read("t10k-labels-idx1-ubyte", parse_idx)
    images, labels = torch.from_numpy(bits), torch.from_numpy(classes[match.index]).long()
    splits = [
        Split(images[rows], {"digit": labels[rows]})
        for rows in (slice(0, 400), slice(400, 500), slice(500, 800))
    ]
    return Dataset("digits", *splits, {"digit": list("0123456789")}, {})


def autocast(enabled):
    return torch.autocast("cpu", torch.bfloat16, enabled=enabled)


@torch.no_grad()
def rate_and_distortion(model, x, low):
    torch.manual_seed(1)
    with autocast(low):
        terms = model(x)
    return torch.stack(terms).double().mean(1)


@torch.no_grad()
def label_distortion(model, probe, split, low):
    with autocast(low):
        features = model.encoder.features(split.images.float().view(-1, 1, 28, 28))
    torch.manual_seed(2)
    z = model.encoder.posterior(features).sample((8,))
    logits = probe(z.flatten(0, 1)[None])[0]
    return functional.cross_entropy(logits, split.labels["digit"].repeat(8)).double()


# At a high rate a vamp marginal's components are narrow, and rounding their centres moves R: by up
# to 0.8 nats with four seeds. So R is always measured in float32; the objective moves by β times
# as much.
@pytest.mark.parametrize(
    ("encoder", "decoder", "marginal", "rate_moves"),
    [
        ("gaussian", "deconv", "vamp", 1.0),
        ("iaf", "deconv", "maf", 0.1),
        ("gaussian", "pixelcnn", "gaussian", 0.1),
        ("iaf", "pixelcnn", "vamp", 0.1),
    ],
)
def test_bfloat16_moves_objective_and_label_distortion_by_less_than_a_tenth_of_a_nat(
    digits, encoder, decoder, marginal, rate_moves
):
    spec = make_spec(
        encoder, decoder, marginal, latent_dim=8, width=0.125,
        pixelcnn={"dilations": [1]}, vamp={"components": 20},
    )  # fmt: skip
    identity = ("digits", encoder, decoder, marginal, "0.02", 0)
    result = train(spec, digits, 0.02, SETTINGS, identity, device=CPU)
    assert result.record["precision"] == "bfloat16"
    model = spec.build()
    model.load_state_dict(result.best_state)
    model.eval().requires_grad_(False)
    features = encode_dataset(
        model.encoder.features, digits, binarizations=1, identity=identity, device=CPU
    )
    codes = VaeCodes(model.encoder, features)
    labels = TaskLabels.of(digits, "digit")
    probe = fit_probes(codes, labels, PROBE, [identity], ["vae"]).probes

    x = digits.test.images.float().view(-1, 1, 28, 28)
    high, low = (rate_and_distortion(model, x, low) for low in (False, True))
    assert high[0] > 0.5  # it has learned to send something
    rate, distortion = high - low
    assert 0 < abs(rate) < rate_moves
    assert 0 < abs(distortion) < 0.1
    assert abs(distortion + 0.02 * rate) < 0.1
    c_high, c_low = (label_distortion(model, probe, digits.test, low) for low in (False, True))
    assert 0 < abs(c_high - c_low) < 0.1


@pytest.mark.parametrize(
    ("abilities", "expected"),
    [
        ({"cpu_name": "Intel Xeon", "amx_bf16": True, "avx512_bf16": True}, "bfloat16"),
        ({"cpu_name": "Intel Xeon", "avx512_bf16": True}, "float32"),
        ({"cpu_name": "AMD EPYC", "avx512_bf16": True}, "bfloat16"),
        ({"cpu_name": "AMD EPYC"}, "float32"),
        ({}, "float32"),
    ],
)
def test_auto_takes_bfloat16_where_its_products_are_faster(monkeypatch, abilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities)
    assert resolve_precision("auto", CPU) == expected
    assert resolve_precision("bfloat16", CPU) == "bfloat16"
    assert resolve_precision("float32", CPU) == "float32"
