"""Errors of the preference score and intervals of headline numbers cover the true values."""

import math

import numpy as np
import pandas as pd
import pytest
from channel import Channel, draw_margins
from coverage_shares import (
    NORMAL,
    SIGMAS,
    assert_share,
    assert_share_at_most,
)

from labelinfo.claims.headline_numbers import RUN, headline_numbers
from labelinfo.claims.hulls import preference
from rows import baseline_row, run_row

ENTROPIES = {"label_entropy": math.log(2), "data_entropy": 8.0}
# from coarse to fine, all on the hull
LADDER = [Channel.best(noise) for noise in (4.0, 2.0, 1.0, 0.5)]
IMAGES = 200


def true_score(rates, distortions):
    x, y = [0, *rates, ENTROPIES["data_entropy"]], [ENTROPIES["label_entropy"], *distortions, 0]
    return 1 - np.trapezoid(y, x) / (0.5 * math.prod(ENTROPIES.values()))


TRUTH = true_score(
    [channel.rate_nats for channel in LADDER],
    [channel.label_distortion_nats for channel in LADDER],
)


def measure(random):
    """Return R, its errors, and the losses of every channel on the same images."""
    margins = draw_margins(IMAGES, random)
    rates = np.array([channel.rates_nats(margins) for channel in LADDER])
    losses = np.array([channel.losses_nats(margins, random) for channel in LADDER])
    return rates.mean(axis=1), rates.std(axis=1, ddof=1) / math.sqrt(IMAGES), losses


def test_of_rates_and_losses_of_the_same_images_the_error_of_the_score_is_at_most_what_it_says():
    random = np.random.default_rng(1)
    found = [
        preference(rates, losses, rate_errors=errors, **ENTROPIES)
        for rates, errors, losses in (measure(random) for _ in range(2000))
    ]
    scores = np.array([each.score for each in found])
    errors = np.array([each.standard_error for each in found])
    for reach in (1.0, NORMAL.inv_cdf(0.975)):
        missed = np.abs(scores - TRUTH) > reach * errors
        assert_share_at_most(missed, 2 * NORMAL.cdf(-reach))
    # and not by a large margin
    assert scores.std() > 0.7 * math.sqrt(np.mean(errors**2))
    assert abs(scores.mean() - TRUTH) < SIGMAS * scores.std() / math.sqrt(len(scores))


# The table

TIMES = 150


def tables_of(tasks, random):
    """Return runs, baselines, differences and losses of that many tasks with images of their own.

    Validation says the same of each: all of the ladder is on its hull, and the finest but one is
    the first that comes near the ceiling.
    """
    runs, baselines, losses = [], [], {}
    for task in tasks:
        rates, errors, measured = measure(random)
        for number, channel in enumerate(LADDER):
            row = run_row(("channel", task), rates[number], measured[number].mean(), beta=number)
            row |= {
                "rate_nats_se": errors[number],
                "label_distortion_nats_se": 0.0,
                "rate_valid_nats": channel.rate_nats,
                "label_distortion_valid_nats": channel.label_distortion_nats,
                "label_entropy_nats": ENTROPIES["label_entropy"],
            }
            runs.append(row)
            losses["channel", task, *(row[key] for key in RUN), "paper"] = measured[number]
        ends = {"data_entropy_nats": ENTROPIES["data_entropy"]}
        for name, rate, c, settings in (
            ("random_discard", 0.0, ENTROPIES["label_entropy"], ends),
            ("random_discard", ENTROPIES["data_entropy"], 0.0, ends),
            ("complex_image", math.nan, LADDER[2].label_distortion_nats, {}),
        ):
            baselines.append(baseline_row(("channel", task), name, rate, c, **settings))
    differences = pd.DataFrame(columns=["dataset", "task", "baseline", *RUN])
    return pd.DataFrame(runs), pd.DataFrame(baselines), differences, losses


@pytest.fixture(scope="module")
def tables():
    return tables_of([str(task) for task in range(TIMES)], np.random.default_rng(2))


@pytest.mark.parametrize("confidence", [0.7, 0.95])
def test_intervals_of_headline_numbers_hold_the_truth(tables, confidence):
    runs, baselines, differences, losses = tables
    table = headline_numbers(
        runs,
        baselines,
        differences,
        losses,
        [("channel", task) for task in runs["task"].unique()],
        tolerance_nats=0.001,
        rate_min_nats=0.0,
        confidence=confidence,
    )
    table = table[table["decoders"] == "all"]
    assert len(table) == TIMES
    assert set(table["beta"]) == {2}
    assert set(table["hull_runs"]) == {len(LADDER)}

    def inside(name, truth):
        return ((table[f"{name}_low"] <= truth) & (truth <= table[f"{name}_high"])).to_numpy()

    factor = ENTROPIES["data_entropy"] / LADDER[2].rate_nats
    assert_share(inside("compression_factor_upper", factor), confidence)
    assert_share_at_most(~inside("preference_score_upper", TRUTH), 1 - confidence)


@pytest.mark.parametrize("confidence", [0.7, 0.95])
def test_intervals_of_the_hulls_crossing_hold_the_true_one(tables, confidence):
    """The crossing lies between two channels, a third of the way in C."""
    runs, baselines, differences, losses = tables
    errors = [each.std(ddof=1) / math.sqrt(IMAGES) for each in losses.values()]
    finer, coarser = LADDER[2], LADDER[1]
    gap = coarser.label_distortion_nats - finer.label_distortion_nats
    table = headline_numbers(
        runs.assign(label_distortion_nats_se=errors),
        baselines,
        differences,
        losses,
        [("channel", task) for task in runs["task"].unique()],
        tolerance_nats=gap / 3,
        rate_min_nats=0.0,
        confidence=confidence,
    )
    table = table[table["decoders"] == "all"]
    truth = finer.rate_nats + (coarser.rate_nats - finer.rate_nats) / 3
    low, high = table["crossing_rate_low_nats"], table["crossing_rate_high_nats"]
    assert_share_at_most(((truth < low) | (truth > high)).to_numpy(), 1 - confidence)
    # and they are no wider than errors of R and C together make them
    spread = table["crossing_rate_nats"].std()
    widths = (high - low) / (2 * NORMAL.inv_cdf((1 + confidence) / 2))
    assert widths.median() < 2 * spread
    factors = table["data_entropy_nats"] / table["crossing_rate_nats"]
    np.testing.assert_allclose(table["crossing_factor_upper"], factors)
