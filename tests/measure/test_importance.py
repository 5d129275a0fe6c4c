"""The importance-weighted bound: its limit by numerical integration, and R + D for K = 1."""

import numpy as np
import pytest
import torch

from components import make_vae
from components import random_images as images
from labelinfo.data.dataset import Split, draw_binary
from labelinfo.measure.importance import measure_importance_nll


def measure(model, split, draws):
    found = measure_importance_nll(model, split, draws=draws, batch_size=4, seed=1)
    return found["nll_iwae_nats"]


@pytest.mark.parametrize(
    ("names", "scale"), [(("mlp", "mlp", "gaussian"), 2.0), (("iaf", "deconv", "vamp"), 1.7)]
)
def test_it_falls_from_the_negative_elbo_to_the_likelihood(names, scale):
    model = make_vae(*names, latent_dim=1, width=0.125).eval()
    with torch.no_grad():
        # an encoder far from the model's true posterior, and a decoder that uses z
        for parameter in model.parameters():
            parameter.mul_(scale)
    split = Split(images(6).flatten(1).byte(), {})
    x = draw_binary(split.images)
    grid = torch.linspace(-12, 12, 4001)[:, None]
    with torch.no_grad():
        log_marginal = model.marginal(model.encoder).log_prob(grid)
        nll = 0.0
        for image in x:
            log_likelihood = model.decoder(grid).log_prob(image)
            log_joint = (log_marginal + log_likelihood).double()
            nll -= float(torch.logsumexp(log_joint, 0) + np.log(24 / 4000)) / len(x)
    bounds = [measure(model, split, draws) for draws in (1, 10, 3000)]
    assert bounds[0] > bounds[2] + 0.1
    assert bounds[1] > bounds[2] - 0.02
    assert bounds[2] == pytest.approx(nll, abs=0.02)


def test_one_draw_is_rate_plus_distortion():
    model = make_vae("gaussian", "deconv", "maf", latent_dim=3, width=0.125).eval()
    split = Split(images(400).flatten(1).byte(), {})
    with torch.no_grad():
        torch.manual_seed(2)
        terms = model(draw_binary(split.images))
    expected = terms.rate_nats + terms.distortion_nats
    found = measure_importance_nll(model, split, draws=1, batch_size=100, seed=3)
    error = np.hypot(found["nll_iwae_nats_se"], float(expected.std()) / 20)
    assert abs(found["nll_iwae_nats"] - float(expected.mean())) < 4 * error
