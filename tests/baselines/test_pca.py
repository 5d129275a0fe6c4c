"""Randomised PCA: its rate against other computations, its components, its grid of probes."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.integrate import quad

from labelinfo.baselines.pca import PcaCodes, WhitenedPCA, measure_pca, pca_rate_nats
from labelinfo.baselines.pca_selection import (
    area_under_curve_nats2,
    flat_dimensions,
    select_dimension,
)
from labelinfo.config.probe_settings import PcaSettings
from labelinfo.data.dataset import Dataset, Split
from labelinfo.errors import ConfigError
from labelinfo.information import label_entropy_nats
from labelinfo.probes.both import ProbeRecipes
from recipes import probes

CPU = torch.device("cpu")


# Rate


@pytest.mark.parametrize("k", [1, 5, 30])
@pytest.mark.parametrize("sigma", [0.1, 1.0, 5.0])
def test_rate_is_the_information_of_jointly_gaussian_vectors(k, sigma):
    x, z = np.eye(k), (1 + sigma**2) * np.eye(k)
    joint = np.block([[x, x], [x, z]])
    determinants = [np.linalg.slogdet(matrix)[1] for matrix in (x, z, joint)]
    nats = 0.5 * (determinants[0] + determinants[1] - determinants[2])
    assert pca_rate_nats(k, sigma) == pytest.approx(nats, rel=1e-9)


def density(z, mean, variance):
    return math.exp(-((z - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)


def information_nats(density_of_z, sigma):
    """Return I(X; X + σ ε) = h(Z) − h(σ ε) by quadrature over a scalar Z."""

    def integrand(z):
        p = density_of_z(z)
        return -p * math.log(p) if p > 0 else 0.0

    reach = 8 * math.sqrt(1 + sigma**2)
    points = [-1, 0, 1]
    entropy = quad(integrand, -reach, reach, points=points, limit=500)[0]
    return entropy - 0.5 * math.log(2 * math.pi * math.e * sigma**2)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.0, 5.0])
def test_rate_bounds_a_component_that_is_not_gaussian(sigma):
    # X = ±1 has unit variance too
    nats = information_nats(
        lambda z: 0.5 * (density(z, 1, sigma**2) + density(z, -1, sigma**2)), sigma
    )
    assert 0 < nats <= math.log(2) + 1e-6
    assert nats < pca_rate_nats(1, sigma)


# Components


def images(count=300, pixels=20, seed=0):
    """Return images of correlated pixels, so that the eigenvalues differ."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(pixels, pixels, generator=generator) * torch.linspace(1, 3, pixels)
    noise = torch.randn(count, pixels, generator=generator)
    return (noise @ mixing.T + 1 > 0).float()


def test_training_components_are_white():
    z = WhitenedPCA(images(), 8)(images()).double()
    torch.testing.assert_close(z.mean(dim=0), torch.zeros(8).double(), rtol=0, atol=1e-5)
    torch.testing.assert_close(torch.cov(z.T), torch.eye(8).double(), rtol=0, atol=1e-5)


def test_components_are_those_of_the_singular_value_decomposition():
    x, unseen = images().double().numpy(), images(5, seed=1)
    _, _, directions = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    centred = (unseen.double().numpy() - x.mean(axis=0)) @ directions[:8].T
    spread = ((x - x.mean(axis=0)) @ directions[:8].T).std(axis=0, ddof=1)
    expected = centred / spread
    pca = WhitenedPCA(images(), 8)
    signs = np.sign((directions[:8] * pca.projection.numpy().T).sum(axis=1))
    np.testing.assert_allclose(pca(unseen), signs * expected, rtol=1e-4, atol=1e-5)


def test_signs_survive_other_images_of_the_same_covariance():
    first = WhitenedPCA(images(), 8).projection
    torch.testing.assert_close(first, WhitenedPCA(1 - images().flip(0), 8).projection)


def test_no_more_components_than_the_images_span():
    few = images(6)
    WhitenedPCA(few, 5)
    with pytest.raises(ConfigError, match=r"`pca\.dims` asks for 6 components.* only 5 dim"):
        WhitenedPCA(few, 6)


# Codes


def test_codes_are_components_plus_noise_of_the_right_variance():
    sigmas = [0.2, 1.0, 3.0]
    clean = torch.arange(12.0).view(2, 6)
    codes = PcaCodes({"test": [clean]}, 4, sigmas, CPU)
    assert (codes.probes, codes.in_features) == (3, 4)
    torch.manual_seed(0)
    z = codes.draw("test", torch.ones(20_000, dtype=torch.long))
    assert z.shape == (3, 20_000, 4)
    for number, sigma in enumerate(sigmas):
        noise = z[number] - clean[1, :4]
        assert torch.all(noise.mean(dim=0).abs() < 5 * sigma / math.sqrt(20_000))
        # The variance's own standard error is σ² √(2/N)
        assert torch.all((noise.var(dim=0) / sigma**2 - 1).abs() < 5 * math.sqrt(2 / 20_000))


def test_noise_levels_share_their_draw():
    z = PcaCodes({"test": [torch.zeros(50, 3)]}, 3, [0.5, 1.0, 4.0], CPU)
    half, one, four = z.draw("test", torch.arange(50))
    torch.testing.assert_close(half, 0.5 * one)
    torch.testing.assert_close(four, 4 * one)
    assert not torch.any(one == z.draw("test", torch.arange(50))[1])


def test_binarisations_follow_each_other():
    draws = [torch.full((5, 2), float(number)) for number in range(3)]
    codes = PcaCodes({"train": draws}, 2, [1e-6], CPU)
    assert codes.binarizations == 3
    means = [codes.draw("train", 5 * draw + torch.arange(5)).mean().item() for draw in range(3)]
    assert means == pytest.approx([0, 1, 2], abs=1e-4)


# The grid

GRID = {"dims": [3, 1], "sigmas": [0.3, 2.5, 1.0]}
PROBE = ProbeRecipes.of(probes(epochs=6, decay_epochs=4, samples=8))


def striped(count, seed):
    """Return images whose upper half is bright or dark, which is their label."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 2, (count,), generator=generator)
    chances = torch.full((count, 784), 0.5)
    chances[:, :392] = 0.3 + 0.4 * labels[:, None]
    bits = torch.bernoulli(chances, generator=generator)
    return Split(bits.to(torch.uint8), {"bright": labels})


@pytest.fixture(scope="module")
def dataset():
    parts = [striped(count, seed) for seed, count in enumerate((400, 150, 150))]
    return Dataset("striped", *parts, classes={"bright": ["no", "yes"]}, digests={})


def measured(dataset, **grid):
    given = PcaSettings.of(GRID | grid)
    return measure_pca(dataset, "bright", given, PROBE, binarizations=2, device=CPU)[0]


def select(table, losses, entropy, rate_max, data_entropy=None, flat_share=0.01):
    return select_dimension(
        table,
        losses,
        entropy,
        rate_max_nats=rate_max,
        data_entropy_nats=data_entropy,
        flat_share=flat_share,
    )


@pytest.fixture(scope="module")
def table(dataset):
    return measured(dataset)


def test_every_point_of_the_grid_has_its_row_and_rate(table):
    points = list(zip(table["k"], table["sigma"], strict=True))
    assert sorted(points) == [(k, sigma) for k in (1, 3) for sigma in (0.3, 1.0, 2.5)]
    rates = [k / 2 * math.log(1 + 1 / sigma**2) for k, sigma in points]
    np.testing.assert_allclose(table["rate_nats"], rates)


def test_no_more_is_known_of_the_label_than_the_rate(table, dataset):
    entropy = label_entropy_nats(dataset.test.labels["bright"].numpy())
    known = entropy - table["label_distortion_nats"] - 4 * table["label_distortion_nats_se"]
    assert (known <= table["rate_nats"]).all()


def test_noise_level_added_to_the_grid_changes_no_other(table, dataset):
    more = measured(dataset, sigmas=[*GRID["sigmas"], 0.7])
    assert len(more) == 8
    kept = more[more["sigma"] != 0.7]
    for column in (
        "label_distortion_nats",
        "label_distortion_valid_nats",
        "label_accuracy",
        "strong_label_distortion_nats",
    ):
        np.testing.assert_allclose(kept[column], table[column], atol=1e-4)


def test_intensities_that_leave_no_choice_give_the_same_as_bits(table, dataset):
    train = Split(dataset.train.images.float(), dataset.train.labels)
    other = measured(replace(dataset, train=train))
    np.testing.assert_allclose(
        other["label_distortion_nats"], table["label_distortion_nats"], atol=1e-6
    )


# The criterion


@pytest.mark.parametrize(
    ("rate_max", "area"),
    [
        (0.5, 0.4375),  # cut before the first point
        (1.0, 0.75),
        (2.0, 0.75 + 0.4),  # cut inside a segment
        (3.0, 0.75 + 0.6),
        (7.0, 0.75 + 0.6 + 0.4),  # flat beyond the last
    ],
)
@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_area_starts_at_the_entropy_and_ends_flat(order, rate_max, area):
    rates, distortions = np.array([1.0, 3.0])[order], np.array([0.5, 0.1])[order]
    assert area_under_curve_nats2(rates, distortions, 1.0, rate_max) == pytest.approx(area)


def curves(by_dimension, images=2):
    """Return points (R, C on validation) of several k, and constant losses."""
    table = pd.DataFrame(
        [
            {"k": k, "rate_nats": rate, "label_distortion_valid_nats": c}
            for k, points in by_dimension.items()
            for rate, c in points
        ]
    )
    return table, np.repeat(table["label_distortion_valid_nats"].to_numpy()[:, None], images, 1)


def test_the_best_dimension_hangs_on_the_end_of_the_axis():
    """A k whose C falls early has the smaller area up to 60 nats, the other k up to 80 nats."""
    table, losses = curves(
        {20: [(10.0, 0.4), (30.0, 0.2), (60.0, 0.2)], 30: [(10.0, 0.5), (30.0, 0.22), (60.0, 0.1)]}
    )
    assert [
        select(table, losses, 2.0, end).query("selected")["k"].unique().tolist()
        for end in (40.0, 60.0, 80.0)
    ] == [[20], [20], [30]]
    found = select(table, losses, 2.0, 80.0, data_entropy=80.0).groupby("k").first()
    excess = found["selection_excess_nats2"]
    assert excess[30] == 0 < excess[20]
    for axis, end in (("20", 20.0), ("40", 40.0), ("data_entropy", 80.0)):
        areas = {
            k: area_under_curve_nats2(*(group[name].to_numpy() for name in
               ("rate_nats", "label_distortion_valid_nats")), 2.0, end)
            for k, group in table.groupby("k")
        }  # fmt: skip
        behind = {k: area - min(areas.values()) for k, area in areas.items()}
        assert found[f"selection_excess_{axis}_nats2"].to_dict() == pytest.approx(behind)
    assert found["selection_excess_20_nats2"].idxmin() == 20


def test_without_the_entropy_of_the_images_its_axis_is_empty():
    table, losses = curves({20: [(10.0, 0.4)], 30: [(10.0, 0.5)]})
    found = select(table, losses, 2.0, 40.0)
    assert found["selection_excess_data_entropy_nats2"].isna().all()
    assert found["selection_excess_40_nats2"].notna().all()


def test_a_curve_is_flat_if_it_no_longer_falls_at_its_largest_rate():
    table, _ = curves(
        {
            10: [(5.0, 1.0), (30.0, 0.50), (20.0, 0.519)],  # falls by 0.019 of 2
            20: [(5.0, 1.0), (20.0, 0.52), (30.0, 0.49)],
            30: [(20.0, 0.4), (30.0, 0.45)],  # rises
            42: [(20.0, 0.4)],
        }
    )
    assert flat_dimensions(table, 2.0, 0.01) == {10: True, 20: False, 30: True, 42: False}
