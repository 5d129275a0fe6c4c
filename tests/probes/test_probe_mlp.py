"""Batched probes against separate networks, one by one."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from labelinfo.probes.label_distortion import label_distortion_nats
from labelinfo.probes.mlp import BatchedMLP

FEATURES, HIDDEN, CLASSES = 5, 7, 4


def alone(probes, number):
    """Return one probe of a batch as a separate network."""
    layers = []
    for weight, bias in zip(probes.weights, probes.biases, strict=True):
        linear = nn.Linear(*weight.shape[1:])
        linear.weight.data.copy_(weight[number].T)
        linear.bias.data.copy_(bias[number, 0])
        layers += [linear, nn.ELU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("count", [1, 3])
def test_equals_separate_networks_and_their_gradients(count, float64):
    torch.manual_seed(0)
    probes = BatchedMLP(list(range(count)), FEATURES, HIDDEN, CLASSES)
    z = torch.randn(count, 11, FEATURES, requires_grad=True)
    target = torch.randn(count, 11, CLASSES)
    logits = probes(z)
    ((logits - target) ** 2).sum().backward()
    for number in range(count):
        network = alone(probes, number)
        z_alone = z[number].detach().requires_grad_()
        logits_alone = network(z_alone)
        ((logits_alone - target[number]) ** 2).sum().backward()
        torch.testing.assert_close(logits[number], logits_alone)
        torch.testing.assert_close(z.grad[number], z_alone.grad)
        linears = [layer for layer in network if isinstance(layer, nn.Linear)]
        assert len(linears) == 3
        for linear, weight, bias in zip(linears, probes.weights, probes.biases, strict=True):
            torch.testing.assert_close(weight.grad[number], linear.weight.grad.T)
            torch.testing.assert_close(bias.grad[number, 0], linear.bias.grad)


def test_dropout_sets_what_is_not_kept_to_zero_and_scales_the_rest(float64):
    torch.manual_seed(0)
    probes = BatchedMLP([0, 1], FEATURES, HIDDEN, CLASSES)
    z = torch.randn(2, 11, FEATURES)
    masks = [torch.rand(2, 11, HIDDEN) < 0.7 for _ in range(2)]
    for number in range(2):
        first, elu, second, _, third = alone(probes, number)
        h = elu(first(z[number])) * masks[0][number] * 1.25
        h = elu(second(h)) * masks[1][number] * 1.25
        torch.testing.assert_close(probes(z, masks, 1.25)[number], third(h))
    assert torch.equal(probes(z, [torch.ones(1, 11, HIDDEN, dtype=torch.bool)] * 2), probes(z))


def test_initial_parameters_fill_their_bounds_evenly():
    sizes = [300, 250, 250, 200]
    probes = BatchedMLP([1, 2], 300, 250, 200)
    for fan_in, weight, bias in zip(sizes, probes.weights, probes.biases, strict=False):
        bound = 1 / math.sqrt(fan_in)
        for parameter in (*weight, *bias):
            scaled = (parameter.detach() / bound).flatten()
            count = len(scaled)
            assert scaled.abs().max() <= 1
            assert scaled.abs().max() > 1 - 20 / count
            # Moments of a uniform distribution, within five standard errors
            assert scaled.mean().abs() < 5 * math.sqrt(1 / 3 / count)
            assert (scaled**2).mean().item() == pytest.approx(
                1 / 3, abs=5 * math.sqrt(4 / 45 / count)
            )


def test_label_distortion_is_cross_entropy_of_each_probe(float64):
    torch.manual_seed(0)
    logits, labels = 5 * torch.randn(3, 20, CLASSES), torch.arange(20) % CLASSES
    nats = label_distortion_nats(logits, labels)
    expected = [functional.cross_entropy(each, labels, reduction="none") for each in logits]
    torch.testing.assert_close(nats, torch.stack(expected))
