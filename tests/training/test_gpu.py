"""On a GPU, recorded and compiled steps equal plain steps, and runs repeat bit for bit."""

import pytest
import torch

from components import EACH_ONCE, make_spec, make_vae
from labelinfo.measure.rate_distortion import measure_rate_distortion
from labelinfo.probes.codes import TaskLabels
from labelinfo.probes.fit import fit_probes
from labelinfo.probes.measure import measure_probes
from labelinfo.training import engine, objective
from labelinfo.training.checkpoint import Checkpoints
from labelinfo.training.device import resolve_device
from labelinfo.training.trainer import train
from noisy_codes import two_signs
from recipes import GPU, SMALL, paper_recipe, training

pytestmark = list(GPU)

TIMES = ["seconds", "images_per_second"]


@pytest.fixture(scope="module")
def cuda():
    return resolve_device("cuda")


def fit(names, dataset, device, *, settings=None):
    spec = make_spec(*names, latent_dim=8, width=0.25, **SMALL)
    settings = training(**{"precision": "bfloat16"} | (settings or {}))
    identity = ("tiny", *names, "1", 0)
    return train(spec, dataset, 1.0, settings, identity, device=device, checkpoints=Checkpoints())


def same(first, second):
    return all(
        torch.equal(first.best_state[name], second.best_state[name]) for name in first.best_state
    )


@pytest.mark.parametrize("names", EACH_ONCE)
def test_recorded_steps_are_the_plain_ones(tiny_dataset, cuda, monkeypatch, names):
    recorded = fit(names, tiny_dataset, cuda)
    for module in (engine, objective):
        monkeypatch.setattr(module, "captured", lambda function, device: function)
    plain = fit(names, tiny_dataset, cuda)
    curves = [each.curve.drop(columns=TIMES).to_numpy() for each in (recorded, plain)]
    torch.testing.assert_close(*map(torch.tensor, curves), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("names", EACH_ONCE)
def test_compiled_training_follows_the_plain_one(tiny_dataset, cuda, names):
    settings = {"precision": "float32", "epochs": 2}
    plain, compiled = (
        fit(names, tiny_dataset, cuda, settings=settings | {"compile": compile_}).curve
        for compile_ in ("never", "always")
    )
    for column in ("train_loss_nats", "valid_rate_nats", "valid_distortion_nats"):
        assert compiled[column].to_numpy() == pytest.approx(
            plain[column].to_numpy(), rel=2e-3, abs=0.02
        )


@pytest.mark.parametrize("names", EACH_ONCE)
@pytest.mark.parametrize("compiled", ["never", "always"])
def test_the_same_training_gives_the_same_bits(tiny_dataset, cuda, names, compiled):
    once, twice = (fit(names, tiny_dataset, cuda, settings={"compile": compiled}) for _ in range(2))
    assert same(once, twice)


@pytest.mark.parametrize("names", EACH_ONCE)
def test_measurements_are_those_of_the_cpu(tiny_dataset, cuda, names):
    model = make_vae(*names, latent_dim=8, width=0.25, **SMALL).eval().requires_grad_(False)
    options = {"samples": 200, "batch_size": 40, "seed": 1}
    on_cpu = measure_rate_distortion(model, tiny_dataset.test, **options)
    on_gpu = measure_rate_distortion(model.to(cuda), tiny_dataset.test, **options)
    for name in ("rate_nats", "distortion_nats"):
        error = (on_cpu[f"{name}_se"] ** 2 + on_gpu[f"{name}_se"] ** 2) ** 0.5
        assert abs(on_cpu[name] - on_gpu[name]) < 4 * error + 1e-3


def test_probes_learn_the_same_on_either_device(cuda):
    recipe = paper_recipe(learning_rate=3e-3)
    measured = []
    for device in (torch.device("cpu"), cuda, cuda):
        labels, codes = two_signs(2000, [0.7, 2.0], device=device)
        task = TaskLabels({"train": labels, "valid": labels[:0]}, 2)
        probes = fit_probes(codes, task, recipe, [("signs",)], ["a", "b"]).probes
        result = measure_probes(probes, codes, "test", labels, samples=20, seed=1)
        measured.append(torch.from_numpy(result.nats))
    torch.testing.assert_close(measured[0], measured[1], rtol=0, atol=0.02)
    assert torch.equal(measured[1], measured[2])
