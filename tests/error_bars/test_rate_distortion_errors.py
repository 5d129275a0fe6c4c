"""The standard errors of R, D and R + D hold the population's values as often as they say."""

import numpy as np
import pytest
import torch
from coverage_shares import assert_errors_cover
from linear_gaussian import draw_images, standard_normals
from repetitions import repeated_rate_distortion

ESTIMATORS = ["closed form", "monte carlo"]


def test_the_pixels_spell_independent_standard_normal_numbers():
    torch.manual_seed(0)
    numbers = standard_normals(draw_images(100_000), 4)
    assert numbers.mean(dim=0).abs().max() < 0.015
    assert (torch.cov(numbers.T) - torch.eye(4)).abs().max() < 0.02
    assert (numbers**4).mean(dim=0).numpy() == pytest.approx(np.full(4, 3.0), abs=0.15)


@pytest.mark.parametrize("quantity", ["rate", "rate_monte_carlo", "distortion"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_errors_of_rates_and_distortions_cover(measured, estimator, quantity):
    linear, table = measured[estimator]
    assert set(table["rate_estimator"]) == {estimator}
    truth = linear.distortion_nats if quantity == "distortion" else linear.rate_nats
    name = f"{quantity}_nats"
    assert_errors_cover(table[name], table[f"{name}_se"], truth)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_error_of_the_sum_is_that_of_the_sum_of_each_image(measured, estimator):
    linear, table = measured[estimator]
    name = "rate_plus_distortion_nats"
    assert_errors_cover(table[name], table[f"{name}_se"], linear.rate_nats + linear.distortion_nats)
    as_if_independent = np.hypot(table["rate_nats_se"], table["distortion_nats_se"])
    ratio = (as_if_independent / table[f"{name}_se"]).mean()
    # they rise and fall together in one, and one makes up for the other in the other
    assert ratio < 0.85 if estimator == "closed form" else ratio > 1.15


def test_the_error_of_the_difference_of_both_rates_covers_zero(measured):
    _, table = measured["closed form"]
    assert_errors_cover(table["rate_difference_nats"], table["rate_difference_nats_se"], 0.0)


def test_more_draws_of_z_make_errors_smaller_that_still_cover(measured):
    linear, few = measured["closed form"]
    many = repeated_rate_distortion(linear, closed_form=True, images=100, samples=8, times=400)
    for name in ("rate_monte_carlo_nats", "distortion_nats"):
        truth = linear.distortion_nats if name == "distortion_nats" else linear.rate_nats
        assert_errors_cover(many[name], many[f"{name}_se"], truth)
    name = "rate_difference_nats_se"
    assert many[name].mean() == pytest.approx(few[name].mean() / 2, rel=0.03)
    # more draws do not make more images
    assert many["rate_nats_se"].mean() == pytest.approx(few["rate_nats_se"].mean(), rel=0.02)
