"""The balls and the preference score against brute force and known answers."""

import itertools

import numpy as np
import pytest
from scipy.stats import hypergeom

from labelinfo.claims.balls import chance_of_all_red
from labelinfo.claims.hulls import preference
from labelinfo.curves import lower_hull

H = {"label_entropy": 2.0, "data_entropy": 80.0}


@pytest.mark.parametrize(("drawn", "percent"), [(70, 34), (10, 0.1)])
def test_the_balls_are_the_papers(drawn, percent):
    chance = chance_of_all_red(drawn)
    assert chance == pytest.approx(hypergeom(100, 3, drawn).pmf(3))
    assert round(100 * chance, 0 if percent > 1 else 1) == percent


def test_the_balls_by_trying_all_draws():
    draws = list(itertools.combinations(range(7), 4))
    share = sum({0, 1} <= set(draw) for draw in draws) / len(draws)
    assert chance_of_all_red(4, balls=7, red=2) == pytest.approx(share)
    assert [chance_of_all_red(drawn, balls=7, red=2) for drawn in (0, 1, 7)] == [0, 0, 1]
    for wrong in ({"drawn": 8}, {"drawn": -1}, {"drawn": 1, "red": 9}):
        with pytest.raises(ValueError, match="cannot draw"):
            chance_of_all_red(**({"balls": 7, "red": 2} | wrong))


def score(rates, distortions, images=2, **errors):
    rates = np.array(rates, dtype=float)
    losses = np.repeat(np.array(distortions, dtype=float)[:, None], images, axis=1)
    errors = errors.get("rate_errors", np.zeros(len(rates)))
    return preference(rates, losses.reshape(len(rates), images), rate_errors=errors, **H)


def test_chance_has_no_preference_and_all_at_once_has_full():
    assert score([], []).score == 0
    assert score([40.0], [1.0]).score == pytest.approx(0)
    assert score([1e-9], [0.0]).score == pytest.approx(1)
    # two triangles of half the height each
    assert score([20.0], [0.5]).score == pytest.approx(1 - (20 * 1.25 + 60 * 0.25) / 80)


def test_the_score_is_cut_to_its_range():
    assert score([40.0], [1.5]).score == 0
    assert score([20.0], [-3.0]).score == 1


@pytest.mark.parametrize("seed", range(5))
def test_an_upper_bound_on_the_entropy_of_the_images_makes_the_score_one_too(seed):
    random = np.random.default_rng(seed)
    rates, distortions = random.random((2, 30)) * [[60.0], [2.0]]
    hull = lower_hull(rates, distortions, 2.0, (60.0, 0.0))
    losses = np.repeat(distortions[hull][:, None], 2, axis=1)
    scores = [
        preference(
            rates[hull],
            losses,
            rate_errors=np.zeros(len(hull)),
            label_entropy=2.0,
            data_entropy=nats,
        ).score
        for nats in (60.0, 61.0, 80.0, 200.0)
    ]
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]


def test_the_error_is_that_of_rates_and_losses_that_err_together():
    losses = np.array([[0.75, 1.25], [0.25, 0.25]])
    rates, errors, none = np.array([10.0, 30.0]), np.array([0.5, 0.25]), np.zeros(2)
    constant = losses.mean(axis=1, keepdims=True).repeat(2, axis=1)
    parts = [
        preference(rates, losses, rate_errors=none, **H).standard_error,
        preference(rates, constant, rate_errors=errors, **H).standard_error,
    ]
    assert min(parts) > 0
    both = preference(rates, losses, rate_errors=errors, **H).standard_error
    assert both == pytest.approx(sum(parts))
