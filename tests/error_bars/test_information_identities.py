"""R, D and C meet the information that they bound, to float64's precision, where they should."""

import math

import pytest
import torch
from channel import SIGNAL, Channel
from linear_gaussian import any_linear_gaussian, optimal_linear_gaussian
from torch.distributions import MultivariateNormal

from labelinfo.bounds import (
    distortion_nats,
    objective_nats,
    rate_closed_form_nats,
    rate_monte_carlo_nats,
)
from labelinfo.probes.label_distortion import label_distortion_nats

EXACT = {"abs": 1e-9}
VAES = [any_linear_gaussian, optimal_linear_gaussian]


def points_of_equal_moments(size):
    """Return 2·size points whose mean and covariance are those of N(0, I).

    The mean of a quadratic function over them is its expectation, and log-densities of Gaussians
    are quadratic.
    """
    axes = math.sqrt(size) * torch.eye(size, dtype=torch.float64)
    return torch.cat([axes, -axes])


def images_and_codes(linear):
    """Return x and z whose second moments are those of the joint distribution."""
    size, latent = len(linear.mixing), len(linear.encoder_scale)
    points = points_of_equal_moments(size + latent)
    x = points[:, :size] @ linear.mixing.T
    return x, x @ linear.encoding.T + linear.encoder_scale * points[:, size:]


def bounds_of(linear, *, diagonal=True):
    """Return the closed-form rate, the rate by draws, and the distortion, by the package."""
    x, z = images_and_codes(linear)
    posterior, marginal = linear.posterior(x), linear.marginal(diagonal=diagonal)
    by_draws = rate_monte_carlo_nats(posterior.log_prob(z), marginal.log_prob(z))
    return (
        rate_closed_form_nats(posterior, marginal),
        by_draws,
        distortion_nats(linear.likelihood(z), x),
    )


@pytest.mark.parametrize("make", VAES)
def test_rate_and_distortion_are_those_of_the_covariances(make):
    linear = make()
    closed_form, by_draws, distortion = bounds_of(linear)
    assert closed_form.mean().item() == pytest.approx(linear.rate_nats, **EXACT)
    assert by_draws.mean().item() == pytest.approx(linear.rate_nats, **EXACT)
    assert distortion.mean().item() == pytest.approx(linear.distortion_nats, **EXACT)


def with_marginal(linear, covariance):
    return type(linear)(**(vars(linear) | {"marginal_covariance": covariance}))


@pytest.mark.parametrize("make", VAES)
def test_the_rate_is_the_information_exactly_with_the_aggregate_posterior_for_a_marginal(make):
    linear = make()
    aggregate = linear.aggregate_covariance
    _, by_draws, _ = bounds_of(with_marginal(linear, aggregate), diagonal=False)
    assert by_draws.mean().item() == pytest.approx(linear.information_nats, **EXACT)
    for other in (1.1 * aggregate, 0.9 * aggregate, aggregate + 0.1):
        _, by_draws, _ = bounds_of(with_marginal(linear, other), diagonal=False)
        assert by_draws.mean().item() > linear.information_nats + 1e-4


def test_at_the_optimum_rate_and_distortion_make_the_entropy_of_images_and_draw_by_draw():
    linear = optimal_linear_gaussian()
    closed_form, by_draws, distortion = bounds_of(linear)
    assert linear.rate_nats == pytest.approx(linear.information_nats, **EXACT)
    elbo = -objective_nats(closed_form, distortion, beta=1.0).mean().item()
    assert -elbo == pytest.approx(linear.image_entropy_nats, **EXACT)
    x, _ = images_and_codes(linear)
    density = MultivariateNormal(torch.zeros(3, dtype=torch.float64), linear.covariance)
    torch.testing.assert_close(by_draws + distortion, -density.log_prob(x), atol=1e-9, rtol=0)


def test_elsewhere_rate_and_distortion_are_above_the_entropy_and_bound_the_information():
    linear = any_linear_gaussian()
    assert linear.rate_nats + linear.distortion_nats > linear.image_entropy_nats + 0.1
    gap = linear.image_entropy_nats - linear.distortion_nats
    assert gap < linear.information_nats < linear.rate_nats


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_label_information_is_below_the_rate_whatever_probe_and_marginal(noise):
    information = math.log(2) - Channel.best(noise).label_distortion_nats
    for channel in (
        Channel.best(noise),
        Channel(noise, slope=0.3, marginal=1.0),
        Channel(noise, slope=4.0, marginal=5.0),
    ):
        known = math.log(2) - channel.label_distortion_nats
        assert known <= information < channel.rate_nats


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_the_exact_probe_reaches_the_conditional_entropy(noise):
    """H(Y|Z) = H(Y) + h(Z|Y) − h(Z), the entropy of the mixture by quadrature."""
    variance = 1 + noise**2
    z = torch.linspace(-60, 60, 400_001, dtype=torch.float64)
    normals = [torch.exp(-((z - mean) ** 2) / (2 * variance)) for mean in (SIGNAL, -SIGNAL)]
    density = sum(normals) / (2 * math.sqrt(2 * math.pi * variance))
    entropy = -torch.trapezoid(torch.special.xlogy(density, density), z).item()
    conditional = 0.5 * math.log(2 * math.pi * math.e * variance)
    known = math.log(2) + conditional - entropy
    assert Channel.best(noise).label_distortion_nats == pytest.approx(known, abs=1e-6)
    # and so does the package's loss, over the same numbers
    slope = Channel.best(noise).slope
    logits = torch.stack([torch.zeros_like(z), slope * z], dim=-1)[None]
    ones = torch.ones(len(z), dtype=torch.long)
    weights = normals[0] / normals[0].sum()
    assert (weights * label_distortion_nats(logits, ones)[0]).sum().item() == pytest.approx(
        known, abs=1e-6
    )
