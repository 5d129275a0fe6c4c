"""Rate and distortion where the truth is known."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Laplace, Normal

from labelinfo.bounds import (
    rate_closed_form_nats,
    rate_monte_carlo_nats,
    standard_error,
)
from labelinfo.data.dataset import Split
from labelinfo.measure.rate_distortion import measure_rate_distortion
from labelinfo.models.vae import VAE


def diagonal(mean, scale):
    return Independent(Normal(torch.as_tensor(mean), torch.as_tensor(scale)), 1)


@pytest.mark.parametrize(
    ("mean", "scale", "nats"),
    [
        ([0.0, 0.0], [1.0, 1.0], 0.0),
        ([1.0, 0.0], [1.0, 1.0], 0.5),
        ([0.0, 0.0], [math.e, 1.0], 0.5 * (math.e**2 - 3)),
        ([3.0, -4.0], [1.0, 1.0], 12.5),
    ],
)
def test_closed_form_rate_against_known_divergences(mean, scale, nats, float64):
    # the divergence of two Gaussians is that of their common affine images
    shift, factor = torch.tensor([0.3, -2.0]), torch.tensor([0.5, 3.0])
    posterior = diagonal([mean], [scale]).base_dist
    moved = diagonal(factor * posterior.loc + shift, factor * posterior.scale)
    rate = rate_closed_form_nats(moved, diagonal(shift, factor))
    assert rate.item() == pytest.approx(nats, abs=1e-12)


def test_closed_form_and_monte_carlo_estimate_the_same_rate(float64):
    torch.manual_seed(0)
    posterior = diagonal(torch.randn(3, 4), torch.rand(3, 4) + 0.2)
    marginal = diagonal(torch.zeros(4), torch.ones(4))
    z = posterior.sample((20_000,))
    draws = rate_monte_carlo_nats(posterior.log_prob(z), marginal.log_prob(z))
    error = draws.std(0) / math.sqrt(len(draws))
    deviation = (draws.mean(0) - rate_closed_form_nats(posterior, marginal)) / error
    assert deviation.abs().max() < 4


def test_there_is_no_closed_form_beyond_gaussians():
    laplace = Independent(Laplace(torch.zeros(2), torch.ones(2)), 1)
    gaussian = diagonal([0.0, 0.0], [1.0, 1.0])
    assert rate_closed_form_nats(laplace, gaussian) is None
    assert rate_closed_form_nats(gaussian, laplace) is None


def test_standard_error_is_that_of_the_mean(float64):
    torch.manual_seed(0)
    means = torch.stack([torch.randn(400).mean() for _ in range(2000)])
    assert standard_error(torch.randn(400)).item() == pytest.approx(means.std().item(), rel=0.15)


class OneBit(nn.Module):
    """Encodes whether the first pixel is on as z = ±a plus unit noise in one dimension."""

    def __init__(self, amplitude):
        super().__init__()
        self.amplitude = nn.Parameter(torch.tensor(amplitude))

    def features(self, x):
        return self.amplitude * (2 * x[:, 0, 0, :1] - 1)

    def posterior(self, features):
        return Independent(Normal(features, torch.ones_like(features)), 1)

    def forward(self, x):
        return self.posterior(self.features(x))


class OneBitDecoder(nn.Module):
    """The exact p(first pixel | z) under OneBit; the other pixels are off almost surely."""

    def __init__(self, amplitude):
        super().__init__()
        self.amplitude = amplitude

    def forward(self, z):
        logits = torch.full((len(z), 1, 28, 28), -30.0)
        logits[:, 0, 0, 0] = 2 * self.amplitude * z[:, 0]
        return Independent(Bernoulli(logits=logits, validate_args=False), 3)


class Mixture(nn.Module):
    """m(z) = ½ N(−a, 1) + ½ N(a, 1), the exact aggregate of OneBit, as a torch mixture."""

    def __init__(self, amplitude):
        super().__init__()
        self.amplitude = amplitude

    def forward(self, encoder):
        means = torch.tensor([[-self.amplitude], [self.amplitude]])
        return torch.distributions.MixtureSameFamily(
            torch.distributions.Categorical(torch.ones(2)),
            Independent(Normal(means, torch.ones(2, 1)), 1),
        )


def one_bit_split(count=4000):
    images = torch.zeros(count, 784, dtype=torch.uint8)
    images[::2, 0] = 1
    return Split(images, {})


def conditional_entropy(amplitude):
    """H(bit | z) of the binary Gaussian channel by quadrature, in nats."""
    z = torch.linspace(-amplitude - 12, amplitude + 12, 200_001, dtype=torch.float64)
    likelihood = torch.stack([Normal(s * amplitude, 1.0).log_prob(z).exp() for s in (-1.0, 1.0)])
    joint = 0.5 * likelihood
    posterior = joint / joint.sum(0)
    entropy = -(joint * posterior.clamp_min(1e-300).log()).sum(0)
    return torch.trapezoid(entropy, z).item()


def test_rate_and_distortion_of_a_channel_with_known_information():
    amplitude = 1.2
    known = math.log(2) - conditional_entropy(amplitude)  # I(X; Z)
    model = VAE(OneBit(amplitude), OneBitDecoder(amplitude), Mixture(amplitude))
    row = measure_rate_distortion(model, one_bit_split(), samples=8, batch_size=500, seed=1)
    # with the true marginal and the true decoder both bounds are tight
    assert row["rate_estimator"] == "monte carlo"
    assert abs(row["rate_nats"] - known) < 4 * row["rate_nats_se"]
    assert abs(row["distortion_nats"] - (math.log(2) - known)) < 4 * row["distortion_nats_se"]
    assert math.isnan(row["rate_difference_nats"])
    # and then R + D = H(X) draw by draw
    assert row["rate_plus_distortion_nats"] == pytest.approx(math.log(2), abs=1e-6)


def test_a_wrong_marginal_can_only_raise_the_rate():
    amplitude = 1.2

    class Standard(nn.Module):
        def forward(self, encoder):
            return diagonal([0.0], [1.0])

    known = math.log(2) - conditional_entropy(amplitude)
    model = VAE(OneBit(amplitude), OneBitDecoder(amplitude), Standard())
    row = measure_rate_distortion(model, one_bit_split(), samples=8, batch_size=500, seed=1)
    assert row["rate_estimator"] == "closed form"
    assert row["rate_nats"] == pytest.approx(amplitude**2 / 2, rel=1e-5)
    assert row["rate_nats"] > known
    assert abs(row["rate_difference_nats"]) < 4 * row["rate_difference_nats_se"]
    assert row["rate_plus_distortion_nats"] > math.log(2)


def test_the_same_seed_measures_the_same_bits():
    model = VAE(OneBit(1.0), OneBitDecoder(1.0), Mixture(1.0))
    split = one_bit_split(200)
    first = measure_rate_distortion(model, split, samples=2, batch_size=64, seed=5)
    again = measure_rate_distortion(model, split, samples=2, batch_size=64, seed=5)
    other = measure_rate_distortion(model, split, samples=2, batch_size=64, seed=6)
    assert first["distortion_nats"] == again["distortion_nats"] != other["distortion_nats"]
