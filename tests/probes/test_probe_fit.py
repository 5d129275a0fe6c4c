"""Training and measurement of probes with known C, and the codes of a frozen VAE."""

import itertools
import math
import statistics
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from torch import nn
from torch.distributions import Independent, Normal
from torch.nn import functional

from labelinfo.data.dataset import Dataset, Split
from labelinfo.probes.codes import TaskLabels
from labelinfo.probes.encoding import VaeCodes, encode_dataset
from labelinfo.probes.fit import fit_probes
from labelinfo.probes.label_distortion import LabelDistortion
from labelinfo.probes.measure import measure_probes
from noisy_codes import two_signs
from recipes import paper_recipe

CPU = torch.device("cpu")


def fit(codes, labels, classes=2, names=None, identity=("toy", 0), **settings):
    names = names or [f"probe {number}" for number in range(codes.probes)]
    task = TaskLabels({"train": labels, "valid": labels[:0]}, classes)
    # not a configuration's, which has no 0 epochs
    recipe = replace(paper_recipe(), **settings)
    return fit_probes(codes, task, recipe, [identity], names).probes


def parameters(probes):
    return torch.cat([parameter.detach().flatten(1) for parameter in probes.parameters()], dim=1)


def test_probes_trained_together_are_those_trained_alone():
    sigmas = [0.5, 1.0, 2.0]
    labels, together = two_signs(300, sigmas)
    all_three = parameters(fit(together, labels))
    for number, sigma in enumerate(sigmas):
        _, alone = two_signs(300, [sigma])
        one = parameters(fit(alone, labels, names=[f"probe {number}"]))
        torch.testing.assert_close(all_three[number], one[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_probes_of_a_batch_are_the_same_bits_with_any_number_of_threads(precision):
    settings = {"hidden_units": 200, "batch_size": 128, "epochs": 3, "precision": precision}
    fitted = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        labels, codes = two_signs(300, [0.3 * number for number in range(1, 9)])
        fitted.append(parameters(fit(codes, labels, **settings)))
    assert torch.equal(*fitted)


@pytest.mark.parametrize("epochs", [0, 3])
def test_same_inputs_give_the_same_probes_bit_by_bit(epochs):
    labels, codes = two_signs(200, [0.7, 1.4])
    first = parameters(fit(codes, labels, epochs=epochs))
    torch.manual_seed(99)
    assert torch.equal(first, parameters(fit(codes, labels, epochs=epochs)))
    other = parameters(fit(codes, labels, epochs=epochs, names=["probe 0", "another"]))
    assert torch.all(first == other, dim=1).tolist() == [True, False]
    other = parameters(fit(codes, labels, epochs=epochs, identity=("toy", 1)))
    assert torch.all(first == other, dim=1).tolist() == [False, False]


def conditional_entropy_nats(sigma):
    """Return H(Y|Z) for Y = ±1 with equal chances and Z = Y + σ ε, by quadrature."""

    def integrand(z):
        # By symmetry, given y = 1; −ln p(1|z) is a softplus
        density = math.exp(-((z - 1) ** 2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
        return density * np.logaddexp(0, -2 * z / sigma**2)

    return quad(integrand, 1 - 12 * sigma, 1 + 12 * sigma)[0]


def test_gaussian_channel_reaches_but_never_beats_its_conditional_entropy():
    sigmas = [0.5, 1.0, 2.0]
    labels, codes = two_signs(1000, sigmas)
    probes = fit(codes, labels, batch_size=100)
    measured = measure_probes(probes, codes, "test", labels, samples=64, seed=1)
    for number, sigma in enumerate(sigmas):
        row = measured.row(number)
        excess = row["label_distortion_nats"] - conditional_entropy_nats(sigma)
        assert excess > -4 * row["label_distortion_nats_se"]
        assert excess < 0.03


def test_epochs_visit_every_training_image_once_in_a_new_order():
    orders = []
    for identity in (("toy", 0), ("toy", 1)):
        labels, codes = two_signs(100, [1.0])
        fit(codes, labels, epochs=2, batch_size=20, identity=identity)
        assert {split for split, _ in codes.asked} == {"train"}
        # the first call only prepared the engine
        batches = [index.tolist() for _, index in codes.asked[1:]]
        assert len(batches) == 10
        orders += [tuple(itertools.chain(*batches[:5])), tuple(itertools.chain(*batches[5:]))]
    assert all(sorted(order) == list(range(100)) for order in orders)
    assert len(set(orders)) == 4


def test_epochs_use_the_binarisations_in_turn():
    labels, codes = two_signs(100, [1.0])
    codes.clean["train"] = codes.clean["train"].repeat(3, 1)
    codes.binarizations = 3
    fit(codes, labels, epochs=7, batch_size=50)
    draws = [set((batch // 100).tolist()) for _, batch in codes.asked[1:]]
    assert draws == [{epoch % 3} for epoch in range(7) for _ in range(2)]


# Measuring


class ScriptedLogits:
    """Given logits for each draw, probe and image, instead of codes."""

    device = CPU

    def __init__(self, logits):
        self.logits, self.drawn = logits, {}

    def draw(self, split, index):
        first = int(index[0])
        number = self.drawn[first] = self.drawn.get(first, -1) + 1
        return self.logits[number][:, index]


def test_images_get_their_mean_over_the_draws():
    samples, probes, images, classes = 3, 2, 1203, 4
    torch.manual_seed(0)
    logits = 3 * torch.randn(samples, probes, images, classes)
    labels = torch.arange(images) % classes
    measured = measure_probes(
        nn.Identity(), ScriptedLogits(logits), "test", labels, samples=samples, seed=0
    )
    for probe in range(probes):
        losses = [functional.cross_entropy(z[probe], labels, reduction="none") for z in logits]
        hits = [(z[probe].argmax(dim=1) == labels).double() for z in logits]
        expected = torch.stack(losses).double().mean(dim=0), torch.stack(hits).mean(dim=0)
        np.testing.assert_allclose(measured.per_image_nats[probe], expected[0], rtol=1e-5)
        np.testing.assert_allclose(measured.per_image_accuracy[probe], expected[1])


def test_standard_errors_are_over_images():
    nats = [[1.0, 2.0, 4.0, 9.0], [0.5, 0.25, 0.0, 0.75]]
    hits = [[0.0, 1.0, 0.5, 0.25], [1.0, 1.0, 0.0, 1.0]]
    measured = LabelDistortion(np.array(nats), np.array(hits))
    for probe in (0, 1):
        assert measured.row(probe) == pytest.approx(
            {
                "label_distortion_nats": statistics.mean(nats[probe]),
                "label_distortion_nats_se": statistics.stdev(nats[probe]) / 2,
                "label_accuracy": statistics.mean(hits[probe]),
                "label_accuracy_se": statistics.stdev(hits[probe]) / 2,
            }
        )


# The codes of a frozen VAE


class TwoNumbers(nn.Module):
    """An encoder whose features are the means of an image's halves; it counts what it encodes."""

    def __init__(self, log_scale):
        super().__init__()
        self.log_scale = log_scale
        self.encoded = 0

    def features(self, x):
        self.encoded += len(x)
        return x.view(len(x), 2, -1).mean(dim=2)

    def posterior(self, features):
        return Independent(Normal(features, math.exp(self.log_scale) * (1 + features)), 1)


def images_of(count, seed, kind=torch.uint8):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(count, 784, generator=generator)
    return images if kind == torch.float32 else (images < 0.3).to(kind)


def dataset_of(train, seed=2):
    labels = {"task": torch.arange(len(train)) % 2}
    parts = [
        Split(images_of(count, seed + count), {"task": torch.full((count,), seed % 2)})
        for count in (7, 5)
    ]
    return Dataset("toy", Split(train, labels), *parts, classes={"task": ["a", "b"]}, digests={})


def vae_codes(encoder, dataset, *, binarizations=3, identity=("toy", 0)):
    features = encode_dataset(
        encoder.features, dataset, binarizations=binarizations, identity=identity, device=CPU
    )
    return VaeCodes(encoder, features)


def test_binary_images_are_encoded_once():
    encoder = TwoNumbers(log_scale=0.0)
    codes = vae_codes(encoder, dataset_of(images_of(620, seed=1)))
    assert encoder.encoded == 620 + 7 + 5
    index = torch.arange(600)
    first, second = codes.draw("train", index), codes.draw("train", index)
    assert encoder.encoded == 620 + 7 + 5
    assert first.shape == (1, 600, codes.in_features) == (1, 600, 2)
    assert not torch.any(first == second)


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_draws_follow_the_posterior(split):
    dataset = dataset_of(images_of(9, seed=1))
    codes = vae_codes(TwoNumbers(log_scale=-1.0), dataset)
    torch.manual_seed(0)
    draws = codes.draw(split, torch.tensor([4]).expand(20_000))[0]
    mean = dataset.split(split).images[4].float().view(2, -1).mean(dim=1)
    scale = math.exp(-1) * (1 + mean)
    error = scale / math.sqrt(20_000)
    assert torch.all((draws.mean(dim=0) - mean).abs() < 5 * error)
    assert torch.all((draws.std(dim=0) - scale).abs() < 5 * error / math.sqrt(2))


def test_intensities_are_binarised_in_turn():
    intensities = images_of(8, seed=1, kind=torch.float32)
    encoder = TwoNumbers(log_scale=-60.0)
    codes = vae_codes(encoder, dataset_of(intensities), binarizations=3)
    assert encoder.encoded == 3 * 8 + 7 + 5
    assert codes.binarizations == 3
    draws = [codes.draw("train", 8 * draw + torch.arange(8))[0] for draw in range(3)]
    for draw in range(3):
        # Features are means of 392 bits, not of intensities
        counts = draws[draw] * 392
        torch.testing.assert_close(counts, counts.round(), rtol=0, atol=1e-3)
        assert not torch.equal(draws[draw], draws[(draw + 1) % 3])
    # with seeds that depend only on the identity
    torch.manual_seed(99)
    again, other = (
        vae_codes(TwoNumbers(log_scale=-60.0), dataset_of(intensities), identity=("toy", seed))
        for seed in (0, 1)
    )
    assert torch.equal(again.draw("train", torch.arange(8))[0], draws[0])
    assert not torch.equal(other.draw("train", torch.arange(8))[0], draws[0])
    p = intensities.view(8, 2, 392)
    error = (p * (1 - p)).sum(dim=2).sqrt() / 392 / math.sqrt(3)
    deviation = (torch.stack(draws).mean(dim=0) - p.mean(dim=2)) / error
    assert deviation.abs().max() < 5


@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_no_test_or_validation_image_influences_the_papers_probe(kind):
    train = images_of(60, seed=1, kind=kind)
    fitted = []
    for seed in (2, 3):
        codes = vae_codes(TwoNumbers(log_scale=-1.0), dataset_of(train, seed))
        fitted.append(parameters(fit(codes, torch.arange(60) % 2, epochs=3, batch_size=20)))
    assert torch.equal(*fitted)
