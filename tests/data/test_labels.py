"""Naive-Bayes matching against a brute-force evaluation of every likelihood."""

import math

import numpy as np
import pytest

from labelinfo.data.labels import Match, match_originals

CLAMP = 1e-4


def log_likelihoods(bits, intensities, clamp=CLAMP):
    """Return Σ_i log Bernoulli(b_i; x_i) of every image under every original."""
    x = np.clip(intensities.astype(float) / 255, clamp, 1 - clamp)
    on = bits[:, None, :] == 1
    return np.where(on, np.log(x), np.log(1 - x)).sum(axis=2)


def random_pair(rng, images, originals, pixels):
    intensities = rng.integers(0, 256, (originals, pixels), dtype=np.uint8)
    drawn_from = intensities[rng.integers(originals, size=images)]
    bits = (rng.random(drawn_from.shape) < drawn_from / 255).astype(np.uint8)
    return bits, intensities


def near_ties(seed, clear_winner):
    """Return images that fifty originals explain almost alike, the best of which lies last.

    They hold the same intensities in another order, over pixels that are on in every image, but
    for two: 240 and 241 in the best, 239 and 242 in the others. A clear winner, brighter in one
    more such pixel, may follow, which leaves them to compete for the second place.
    """
    rng = np.random.default_rng(seed)
    bits = np.ones((5, 784), np.uint8)
    bits[:, :400] = rng.random((5, 400)) < 0.5
    originals = np.empty((50, 784), np.uint8)
    originals[:, :400] = rng.integers(1, 255, 400)
    originals[:, 400] = 60
    same = rng.integers(1, 255, 381)
    for row in originals[:-1]:
        row[401:] = rng.permutation([239, 242, *same])
    originals[-1, 401:] = rng.permutation([240, 241, *same])
    if clear_winner:
        winner = originals[-1:].copy()
        winner[:, 400] = 240
        originals = np.concatenate([originals, winner])
    return bits, originals


@pytest.mark.parametrize(
    ("images", "originals", "pixels", "clamp"),
    [
        (3, 1, 5, CLAMP),
        (9, 2, 7, CLAMP),
        (40, 5, 30, 0.05),
        (30, 200, 784, CLAMP),
        (1100, 530, 16, 1e-3),
    ],
)
def test_agrees_with_brute_force(images, originals, pixels, clamp):
    rng = np.random.default_rng(originals)
    bits, intensities = random_pair(rng, images, originals, pixels)
    match = match_originals(bits, intensities, clamp)
    scores = log_likelihoods(bits, intensities, clamp)
    np.testing.assert_array_equal(match.index, scores.argmax(axis=1))
    np.testing.assert_allclose(match.log_likelihood_nats, scores.max(axis=1), rtol=1e-12)
    ranked = np.sort(np.append(scores, np.full((images, 1), -np.inf), axis=1), axis=1)
    np.testing.assert_allclose(match.margin_nats, ranked[:, -1] - ranked[:, -2], atol=1e-9)
    x = np.clip(intensities[match.index] / 255, clamp, 1 - clamp)
    expected = (x * np.log(x) + (1 - x) * np.log(1 - x)).sum(axis=1)
    np.testing.assert_allclose(match.expected_nats, expected, rtol=1e-12)


@pytest.mark.parametrize("copies", [2, 5, 130])
def test_identical_originals_give_the_lowest_row_and_no_margin(copies):
    rng = np.random.default_rng(copies)
    bits, distinct = random_pair(rng, 7, 3, 150)
    which = rng.permutation(np.repeat(np.arange(3), copies))
    match = match_originals(bits, distinct[which], CLAMP)
    first = np.array([np.flatnonzero(which == original)[0] for original in range(3)])
    best = log_likelihoods(bits, distinct).argmax(axis=1)
    np.testing.assert_array_equal(match.index, first[best])
    np.testing.assert_array_equal(match.margin_nats, 0)


@pytest.mark.parametrize("seed", range(3))
def test_float64_decides_near_ties_and_who_is_runner_up(seed):
    match = match_originals(*near_ties(seed, clear_winner=False), CLAMP)
    np.testing.assert_array_equal(match.index, 49)
    np.testing.assert_allclose(match.margin_nats, math.log(240 * 241 / (239 * 242)), atol=1e-9)
    match = match_originals(*near_ties(seed, clear_winner=True), CLAMP)
    np.testing.assert_array_equal(match.index, 50)
    np.testing.assert_allclose(match.margin_nats, math.log(240 / 60), atol=1e-9)


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize(("clamp", "winner"), [(1e-2, "black"), (1e-4, "grey")])
def test_clamp_prices_the_impossible_pixel(clamp, winner, inverted):
    bits = np.array([[1, 0, 0, 0, 0, 0, 0, 0, 0]], np.uint8)
    # the same for white instead of black
    black = np.full(9, 255 if inverted else 0, np.uint8)
    grey = np.full(9, 127 if inverted else 128, np.uint8)
    match = match_originals(1 - bits if inverted else bits, np.stack([black, grey]), clamp)
    nats = {
        "black": math.log(clamp) + 8 * math.log(1 - clamp),
        "grey": math.log(128 / 255) + 8 * math.log(127 / 255),
    }
    assert match.index[0] == ["black", "grey"].index(winner)
    assert match.log_likelihood_nats[0] == pytest.approx(nats[winner], rel=1e-12)
    assert match.margin_nats[0] == pytest.approx(abs(nats["black"] - nats["grey"]), rel=1e-12)


@pytest.mark.parametrize("shift", [0, 1])
def test_images_are_as_likely_as_their_originals_make_them(shift):
    rng = np.random.default_rng(1)
    intensities = rng.integers(0, 256, (3, 784), dtype=np.uint8)
    bits = (rng.random((900, 784)) < np.repeat(intensities, 300, axis=0) / 255).astype(np.uint8)
    match = match_originals(bits, np.roll(intensities, shift, axis=1), CLAMP)
    x = np.clip(intensities / 255, CLAMP, 1 - CLAMP)
    # the variance of an image's log-likelihood is Σ x (1 − x) logit(x)²
    deviation = np.sqrt((x * (1 - x) * np.log(x / (1 - x)) ** 2).sum(axis=1).mean() / 900)
    assert (abs(match.shortfall_nats) < 4 * deviation) == (shift == 0)
    half = match.part(slice(0, 450))
    np.testing.assert_array_equal(half.margin_nats, match.margin_nats[:450])
    np.testing.assert_array_equal(half.index, match.index[:450])


@pytest.mark.parametrize(("index", "share"), [([5, 2, 9], 1), ([3, 3, 1, 0], 0.75), ([4, 4], 0.5)])
def test_distinct_share(index, share):
    assert Match(np.array(index), *np.zeros((3, 0))).distinct_share == share
