"""C of the channel of these tests is H(Y|Z) for the exact probe, and H(Y) − C is below R."""

import math

import pytest
import torch
from channel import SIGNAL, Channel

from labelinfo.probes.label_distortion import label_distortion_nats


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
