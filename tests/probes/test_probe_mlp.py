"""Batched probes against separate networks, one by one."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from labelinfo.probes.gradients import ProbeGradients
from labelinfo.probes.mlp import BatchedMLP, label_distortion_nats

FEATURES, HIDDEN, CLASSES = 5, 7, 4


def alone(probes, number):
    """Return one probe of a batch as a network of its own."""
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


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("classes", [2, CLASSES])
def test_written_out_gradients_are_autograds_step_after_step(count, classes, float64):
    torch.manual_seed(0)
    probes = BatchedMLP(list(range(count)), FEATURES, HIDDEN, classes)
    backpropagate = ProbeGradients(probes, 11)
    for _ in range(2):
        # inputs on both sides of every bend of ELU
        z, labels = 3 * torch.randn(count, 11, FEATURES), torch.randint(classes, (11,))
        losses = label_distortion_nats(probes(z), labels).mean(dim=1)
        expected = torch.autograd.grad(losses.sum(), list(probes.parameters()))
        codes = z.clone()
        torch.testing.assert_close(backpropagate(z, labels), losses)
        assert torch.equal(z, codes)
        for parameter, gradient in zip(probes.parameters(), expected, strict=True):
            torch.testing.assert_close(parameter.grad, gradient)
            assert gradient.abs().max() > 1e-4
        with torch.no_grad():
            for parameter in probes.parameters():
                parameter -= 0.1 * parameter.grad
                parameter.grad = None


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


def test_initial_parameters_depend_on_the_own_seed_only():
    single = BatchedMLP([8], FEATURES, HIDDEN, CLASSES)
    several = BatchedMLP([5, 3, 8], FEATURES, HIDDEN, CLASSES)
    for one, many in zip(single.parameters(), several.parameters(), strict=True):
        assert torch.equal(one[0], many[2])
        assert not torch.equal(many[0], many[1])


def test_label_distortion_is_cross_entropy_of_each_probe(float64):
    torch.manual_seed(0)
    logits, labels = 5 * torch.randn(3, 20, CLASSES), torch.arange(20) % CLASSES
    nats = label_distortion_nats(logits, labels)
    expected = [functional.cross_entropy(each, labels, reduction="none") for each in logits]
    torch.testing.assert_close(nats, torch.stack(expected))


@pytest.mark.parametrize("classes", [2, 10, 1623])
def test_equal_logits_cost_the_logarithm_of_the_classes(classes):
    logits = torch.full((2, 3, classes), -7.0)
    nats = label_distortion_nats(logits, torch.tensor([0, 1, classes - 1]))
    torch.testing.assert_close(nats, torch.full((2, 3), math.log(classes)))


def test_probes_apart_are_those_of_the_batch():
    probes = BatchedMLP([4, 5, 6], FEATURES, HIDDEN, CLASSES)
    z = torch.randn(3, 11, FEATURES)
    apart = probes.apart()
    assert len(apart) == 3
    for number, one in enumerate(apart):
        torch.testing.assert_close(one(z[number : number + 1]), probes(z)[number : number + 1])
        for own, all_of_them in zip(one.parameters(), probes.parameters(), strict=True):
            assert torch.equal(own[0], all_of_them[number])
