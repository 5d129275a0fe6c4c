"""Intervals of paired differences cover the true difference with their stated confidence."""

import numpy as np
import pytest
from channel import Channel, draw_margins
from coverage_shares import assert_errors_cover, assert_share, assert_share_at_most

from labelinfo.io.losses import write_losses
from labelinfo.tables.bootstrap import interval, resampled_means
from labelinfo.tables.differences import compare_runs

CONFIDENCES = [0.5, 0.8, 0.95]
# A call of the bootstrap shares its draws among its rows, so that the rows are in several calls.
CALLS, ROWS = 10, 200

FINE, COARSE, SURE = Channel(0.4, 1.7), Channel(1.2, 0.8), Channel(0.4, 6.0)


def cross_entropies_of_two_codes(shape, random):
    margins = draw_margins(shape[0] * shape[1], random).reshape(shape)
    losses = [channel.losses_nats(margins, random) for channel in (FINE, COARSE)]
    return losses[0] - losses[1], FINE.label_distortion_nats - COARSE.label_distortion_nats


def cross_entropies_of_a_probe_too_sure(shape, random):
    margins = draw_margins(shape[0] * shape[1], random).reshape(shape)
    losses = [channel.losses_nats(margins, random) for channel in (SURE, COARSE)]
    return losses[0] - losses[1], SURE.label_distortion_nats - COARSE.label_distortion_nats


@pytest.mark.parametrize(
    "draw", [cross_entropies_of_two_codes, cross_entropies_of_a_probe_too_sure]
)
def test_intervals_and_errors_cover_the_true_difference(draw):
    random = np.random.default_rng(0)
    inside = {confidence: [] for confidence in CONFIDENCES}
    means, errors = [], []
    for seed in range(CALLS):
        differences, truth = draw((ROWS, 500), random)
        resampled = resampled_means(differences, resamples=500, seed=seed)
        for confidence in CONFIDENCES:
            found = interval(differences.mean(axis=1), resampled, resampled, confidence=confidence)
            inside[confidence].extend((found.low <= truth) & (truth <= found.high))
        means.extend(found.mean)
        errors.extend(found.standard_error)
    for confidence in CONFIDENCES:
        assert_share(np.array(inside[confidence]), confidence)
    assert_errors_cover(means, errors, truth)


def test_of_few_images_and_skewed_losses_intervals_hold_less_than_they_say():
    random = np.random.default_rng(1)
    differences, truth = cross_entropies_of_a_probe_too_sure((2000, 50), random)
    resampled = resampled_means(differences, resamples=500, seed=0)
    found = interval(differences.mean(axis=1), resampled, resampled, confidence=0.95)
    share = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.86 < share < 0.93


def table_of_tasks(tmp_path, times, channels_of, images=150):
    """Compare a run with a baseline of several seeds, on images of their own for each task."""
    random = np.random.default_rng(2)
    runs, levels = [], []
    for task in range(times):
        margins = draw_margins(images, random)
        of = {"dataset": "channel", "task": str(task)}
        run = of | dict.fromkeys(["encoder", "decoder", "marginal"], "") | {"beta": 1.0, "seed": 0}
        runs.append(tmp_path / f"run{task}.parquet")
        write_losses(runs[-1], FINE.losses_nats(margins, random)[None], run, {})
        for seed, losses in enumerate(channels_of(margins, random)):
            levels.append(tmp_path / f"level{task}_{seed}.parquet")
            level = of | {"baseline": "complex_image", "seed": seed}
            write_losses(levels[-1], losses[None], level, {})
    table, _ = compare_runs(runs, levels, resamples=300, confidence=0.8)
    assert len(table) == times
    return table


@pytest.mark.parametrize("seeds", [3, 5])
def test_intervals_cover_what_other_seeds_of_the_baseline_would_give(tmp_path, seeds):
    """The C of each seed has a normal deviation from the truth, the mean over all seeds."""
    deviation = 0.1

    def losses(margins, random):
        # an image's difficulty is the same for all seeds
        same = COARSE.losses_nats(margins, random)
        return [shift + same for shift in random.normal(0, deviation, seeds)]

    table = table_of_tasks(tmp_path, 200, losses)
    truth = FINE.label_distortion_nats - COARSE.label_distortion_nats
    outside = (table["difference_low_nats"] > truth) | (table["difference_high_nats"] < truth)
    assert_share_at_most(outside.to_numpy(), 0.2)
    # not too wide either, although three seeds estimate the deviation poorly
    assert outside.mean() > 0.02
    spread = table["difference_nats"].std()
    assert np.sqrt((table["difference_nats_se"] ** 2).mean()) == pytest.approx(spread, rel=0.15)
