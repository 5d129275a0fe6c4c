"""The VampPrior against an explicit mixture."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal

from components import make

LATENT = 4
SIZES = {"latent_dim": LATENT, "width": 0.125}


@pytest.mark.parametrize("over", ["gaussian", "iaf"])
def test_vamp_is_the_mean_of_the_encoders_gaussians_at_its_pseudo_inputs(over, float64):
    encoder = make("encoder", over, **SIZES).double()
    vamp = make("marginal", "vamp", **SIZES).double()
    z = 2 * torch.randn(6, LATENT)
    pseudo = 1 / (1 + (-vamp.pixel_logits).exp())
    heads = encoder.head(encoder.trunk(pseudo))[:, : 2 * LATENT]
    mean, log_variance = heads.chunk(2, dim=1)
    density = torch.zeros(6)
    for k in range(len(pseudo)):
        exponent = -0.5 * ((z - mean[k]) ** 2 / log_variance[k].exp()).sum(1)
        normaliser = (2 * math.pi) ** (LATENT / 2) * (0.5 * log_variance[k]).exp().prod()
        density += exponent.exp() / normaliser / len(pseudo)
    torch.testing.assert_close(vamp(encoder).log_prob(z), density.log())


def test_vamp_pseudo_inputs_stay_images(float64):
    vamp = make("marginal", "vamp", **SIZES)
    with torch.no_grad():
        vamp.pixel_logits.mul_(100)
    seen = []

    class Spy(torch.nn.Module):
        def features(self, x):
            seen.append(x)
            return x.flatten(1)[:, :LATENT]

        def posterior(self, features):
            return Independent(Normal(features, torch.ones_like(features)), 1)

    # an encoder without a method `gaussian` gives its posteriors
    mixture = vamp(Spy())
    assert seen[0].min() >= 0
    assert seen[0].max() <= 1
    torch.testing.assert_close(mixture.component_distribution.mean, seen[0].flatten(1)[:, :LATENT])


@pytest.mark.parametrize("count", [600, 30])
def test_vamp_starts_at_training_images(count):
    vamp = make("marginal", "vamp", **SIZES)
    images = (torch.rand(count, 1, 28, 28) < 0.2).to(torch.uint8)
    vamp.initialise(images)
    pseudo = (torch.sigmoid(vamp.pixel_logits) > 0.5).float()
    distances = torch.cdist(pseudo.flatten(1), images.float().flatten(1), p=1)
    # noise rarely flips a pixel, but another random image differs in every fourth pixel
    assert distances.min(1).values.max() < 20
    assert len(distances.argmin(1).unique()) == min(500, count)
    assert len(vamp.pixel_logits.unique(dim=0)) == 500
