"""Intervals of paired differences hold the true one as often as their confidence says."""

import numpy as np
import pytest
from channel import Channel, draw_margins
from coverage_shares import NORMAL, assert_errors_cover, assert_share

from labelinfo.io.losses import write_losses
from labelinfo.tables.bootstrap import paired_bootstrap
from labelinfo.tables.differences import compare_runs

CONFIDENCES = [0.5, 0.8, 0.95]
# A call of the bootstrap shares its draws among its rows, so that the rows are in several calls.
CALLS, ROWS = 10, 200

FINE, COARSE, SURE = Channel(0.4, 1.7), Channel(1.2, 0.8), Channel(0.4, 6.0)


def normal_differences(shape, random):
    return random.normal(0.25, 1.0, shape), 0.25


def cross_entropies_of_two_codes(shape, random):
    margins = draw_margins(shape[0] * shape[1], random).reshape(shape)
    losses = [channel.losses_nats(margins, random) for channel in (FINE, COARSE)]
    return losses[0] - losses[1], FINE.label_distortion_nats - COARSE.label_distortion_nats


def cross_entropies_of_a_probe_too_sure(shape, random):
    margins = draw_margins(shape[0] * shape[1], random).reshape(shape)
    losses = [channel.losses_nats(margins, random) for channel in (SURE, COARSE)]
    return losses[0] - losses[1], SURE.label_distortion_nats - COARSE.label_distortion_nats


def cross_entropies_less_the_mean_of_three_seeds(shape, random):
    margins = draw_margins(shape[0] * shape[1], random).reshape(shape)
    seeds = [Channel(0.4, slope) for slope in (1.0, 2.0, 3.0)]
    theirs = np.mean([seed.losses_nats(margins, random) for seed in seeds], axis=0)
    known = np.mean([seed.label_distortion_nats for seed in seeds])
    return COARSE.losses_nats(margins, random) - theirs, COARSE.label_distortion_nats - known


@pytest.mark.parametrize(
    "draw",
    [
        normal_differences,
        cross_entropies_of_two_codes,
        cross_entropies_of_a_probe_too_sure,
        cross_entropies_less_the_mean_of_three_seeds,
    ],
)
def test_intervals_and_errors_cover_the_true_difference(draw):
    random = np.random.default_rng(0)
    inside = {confidence: [] for confidence in CONFIDENCES}
    means, errors = [], []
    for seed in range(CALLS):
        differences, truth = draw((ROWS, 500), random)
        for confidence in CONFIDENCES:
            found = paired_bootstrap(differences, resamples=500, confidence=confidence, seed=seed)
            inside[confidence].extend((found.low <= truth) & (truth <= found.high))
        means.extend(found.mean)
        errors.extend(found.standard_error)
    for confidence in CONFIDENCES:
        assert_share(np.array(inside[confidence]), confidence)
    assert_errors_cover(means, errors, truth)


def test_of_few_images_and_skewed_losses_intervals_hold_less_than_they_say():
    random = np.random.default_rng(1)
    differences, truth = cross_entropies_of_a_probe_too_sure((2000, 50), random)
    found = paired_bootstrap(differences, resamples=500, confidence=0.95, seed=0)
    share = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.86 < share < 0.93


def test_the_table_of_differences_has_intervals_that_cover(tmp_path):
    """Each repetition is a task of its own, as tasks have draws of their own."""
    random = np.random.default_rng(2)
    ours, seeds = FINE, [COARSE, Channel(1.2, 3.0)]
    runs, levels, times = [], [], 150
    for task in range(times):
        margins = draw_margins(150, random)
        of = {"dataset": "channel", "task": str(task)}
        run = of | dict.fromkeys(["encoder", "decoder", "marginal"], "") | {"beta": 1.0, "seed": 0}
        runs.append(tmp_path / f"run{task}.parquet")
        write_losses(runs[-1], ours.losses_nats(margins, random)[None], run, {})
        for seed, channel in enumerate(seeds):
            levels.append(tmp_path / f"level{task}_{seed}.parquet")
            level = of | {"baseline": "complex_image", "seed": seed}
            write_losses(levels[-1], channel.losses_nats(margins, random)[None], level, {})
    table, _ = compare_runs(runs, levels, resamples=300, confidence=0.8)
    known = np.mean([channel.label_distortion_nats for channel in seeds])
    truth = ours.label_distortion_nats - known
    low, high = table["difference_low_nats"], table["difference_high_nats"]
    assert len(table) == times
    assert_share((low <= truth) & (truth <= high), 0.8)
    assert_errors_cover(table["difference_nats"], table["difference_nats_se"], truth)
    # as wide as an interval of that confidence is
    widths = (high - low) / (2 * NORMAL.inv_cdf(0.9) * table["difference_nats_se"])
    assert widths.mean() == pytest.approx(1, abs=0.05)
