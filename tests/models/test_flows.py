"""The flows' exactness: Jacobians by autograd, and their equations step by step."""

import pytest
import torch
from torch.autograd.functional import jacobian
from torch.distributions import Independent, Normal

from components import make
from components import random_images as images
from labelinfo.bounds import rate_closed_form_nats
from labelinfo.models.vae import rsample_and_log_prob

LATENT = 5
SIZES = {"latent_dim": LATENT, "width": 0.125}


@pytest.fixture
def iaf(float64):
    return strengthened(make("encoder", "iaf", **SIZES).double())


@pytest.fixture
def maf(float64):
    return strengthened(make("marginal", "maf", **SIZES).double())


def strengthened(module):
    """Move fresh parameters away from a near-identity."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(1.5)
    return module


def affine(network, z, context=None):
    """Return the scales and shifts of a masked network, by zuko's parametrisation."""
    given = z if context is None else torch.cat([z, context], dim=-1)
    shift, raw = network.hyper(given).unflatten(-1, (-1, 2)).unbind(-1)
    # log s is squashed softly into (log 1e-3, log 1e3)
    return (raw / (1 + (raw / torch.tensor(1e-3).log()).abs())).exp(), shift


def test_iaf_draws_by_the_affine_equations_of_its_steps(iaf):
    features = iaf.features(images(4))
    torch.manual_seed(1)
    z, log_prob = rsample_and_log_prob(iaf.posterior(features))
    torch.manual_seed(1)
    base = iaf.gaussian(features)
    by_hand = base.rsample()
    expected = base.log_prob(by_hand)
    for step in iaf.steps:
        scale, shift = affine(step, by_hand, features[:, 2 * LATENT :])
        by_hand = scale * by_hand + shift
        expected = expected - scale.log().sum(-1)
    torch.testing.assert_close(z, by_hand)
    torch.testing.assert_close(log_prob, expected)


def test_iaf_log_density_is_the_change_of_variables_by_autograd(iaf):
    features = iaf.features(images(1))
    base = iaf.gaussian(features)
    noise = torch.randn(LATENT)
    flow = iaf.posterior(features).transform.inv

    def draw(epsilon):
        return flow(base.base_dist.loc[0] + base.base_dist.scale[0] * epsilon)[0]

    log_determinant = torch.linalg.slogdet(jacobian(draw, noise)).logabsdet
    standard = Independent(Normal(torch.zeros(LATENT), torch.ones(LATENT)), 1)
    expected = standard.log_prob(noise) - log_determinant
    density = iaf.posterior(features).log_prob(draw(noise)[None])
    torch.testing.assert_close(density[0], expected)


@pytest.mark.parametrize("flow", ["iaf", "maf"])
def test_steps_of_flows_are_triangular_and_alternate(iaf, maf, flow):
    context = iaf.features(images(1))[0, 2 * LATENT :]
    z = torch.randn(LATENT)
    steps = iaf.steps if flow == "iaf" else maf.flow.transform.transforms
    for number, step in enumerate(steps):
        matrix = jacobian(step(context) if flow == "iaf" else step(), z)
        earlier = matrix.tril(-1) if number % 2 == 0 else matrix.triu(1)
        later = matrix.triu(1) if number % 2 == 0 else matrix.tril(-1)
        assert (later == 0).all()
        assert (earlier != 0).sum() == LATENT * (LATENT - 1) / 2
        assert (matrix.diagonal() > 0).all()
        if flow == "iaf":
            of_context = jacobian(lambda c, step=step: step(c)(z), context)
            assert (of_context != 0).any(dim=0).all()


def test_iaf_is_not_gaussian_so_its_rate_has_no_closed_form(iaf):
    marginal = make("marginal", "gaussian", **SIZES).double()
    assert rate_closed_form_nats(iaf(images(2)), marginal(iaf)) is None


def test_maf_density_is_the_affine_equations_of_its_blocks(maf):
    z = torch.randn(6, LATENT)
    u, log_scales = z, torch.zeros(6)
    for block in maf.flow.transform.transforms:
        scale, shift = affine(block, u)
        u, log_scales = scale * u + shift, log_scales + scale.log().sum(-1)
    expected = Normal(0.0, 1.0).log_prob(u).sum(-1) + log_scales
    torch.testing.assert_close(maf(None).log_prob(z), expected)


def test_maf_samples_are_the_inverse_of_its_density_pass(maf):
    m = maf(None)
    torch.manual_seed(2)
    z = m.sample((7,))
    torch.manual_seed(2)
    torch.testing.assert_close(m.transform(z), m.base.sample((7,)))
