"""The objective's gradient equals autograd's, whether split, chunked or compiled."""

import pytest
import torch

from components import EACH_ONCE, make_spec
from components import random_images as images
from labelinfo.bounds import objective_nats
from labelinfo.data.dataset import Split
from labelinfo.training.objective import VaeObjective
from recipes import SMALL

BATCH = 12
BETA = 0.7


def make_objective(names, **options):
    torch.manual_seed(0)
    model = make_spec(*names, latent_dim=6, width=0.125, **SMALL).build()
    split = Split(images(30).flatten(1).byte(), {})
    model.initialise(split.images.view(-1, 1, 28, 28))
    options = {"precision": "float32"} | options
    return VaeObjective(model, split, split, beta=BETA, batch_size=BATCH, **options)


def gradients(objective):
    objective.model.zero_grad()
    torch.manual_seed(1)
    row = objective.gradients(torch.arange(5, 5 + BATCH))
    found = {name: value.grad.clone() for name, value in objective.model.named_parameters()}
    return row, found


@pytest.mark.parametrize("names", EACH_ONCE)
def test_the_gradient_in_two_parts_is_the_whole_ones(names):
    objective = make_objective(names)
    row, found = gradients(objective)
    objective.model.zero_grad()
    torch.manual_seed(1)
    x = objective._train[5 : 5 + BATCH].float().view(-1, 1, 28, 28)
    rate, distortion = objective.model(x)
    loss = objective_nats(rate, distortion, BETA).mean()
    loss.backward()
    torch.testing.assert_close(row, torch.stack([rate.mean(), distortion.mean(), loss]).detach())
    for name, parameter in objective.model.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.parametrize("names", EACH_ONCE)
def test_a_decoder_in_chunks_gives_the_same_gradient(names):
    whole = make_objective(names)
    megabytes = whole._decoder_bytes_per_image() / 1e6
    assert megabytes > 0.05
    # room for five images: four is the largest divisor of twelve
    chunked = make_objective(names, activations_mb=5.5 * megabytes)
    assert (whole.chunk, chunked.chunk) == (12, 4)
    assert make_objective(names, activations_mb=1e-3).chunk == 1
    assert make_objective(names, activations_mb=1e6).chunk == 12
    (row, expected), (chunked_row, found) = gradients(whole), gradients(chunked)
    torch.testing.assert_close(row, chunked_row)
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-5, msg=name)


# of one architecture, as compiling takes up to a minute; test_gpu.py compiles the others
def test_compiled_networks_give_the_gradient_of_the_plain_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    (row, expected), (compiled_row, found) = (
        gradients(make_objective(EACH_ONCE[2], compiled=compiled)) for compiled in (False, True)
    )
    torch.testing.assert_close(row, compiled_row, rtol=1e-5, atol=1e-4)
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-4, msg=name)


def test_validation_is_the_mean_over_all_images():
    objective = make_objective(EACH_ONCE[0])
    torch.manual_seed(3)
    rate, distortion, loss = objective.validate()
    torch.manual_seed(3)
    with torch.no_grad():
        terms = objective.model(objective._valid.float().view(-1, 1, 28, 28))
    assert rate == pytest.approx(float(terms.rate_nats.mean()), rel=1e-5)
    assert distortion == pytest.approx(float(terms.distortion_nats.mean()), rel=1e-5)
    assert loss == pytest.approx(distortion + BETA * rate)
