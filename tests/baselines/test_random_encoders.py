"""Random encoders are not trained, and a probe finds the information in their codes."""

import pytest
import torch

from labelinfo.baselines.random_encoders import random_encoder

BASELINES = ["random_fully_connected", "random_convolutional"]
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
