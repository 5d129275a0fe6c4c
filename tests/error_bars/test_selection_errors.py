"""The error of a k's excess has its coverage, and claim 11 rarely fails by chance."""

import numpy as np
import pandas as pd
import pytest
from channel import Channel, draw_margins
from coverage_shares import NORMAL, assert_errors_cover, assert_share_at_most

from labelinfo.baselines.pca_selection import area_under_curve_nats2, select_dimension
from labelinfo.claims.baselines import best_dimensions
from labelinfo.claims.decision import FAILS
from labelinfo.claims.evidence import Evidence, Settings
from labelinfo.config.completion import complete
from labelinfo.paper import BEST_PCA_DIMENSION

ENTROPY, RATE_MAX = np.log(2), 3.0
RATES = [0.5, 1.5, 3.5]
PAPERS = BEST_PCA_DIMENSION["digit"]


def area(channels):
    c = np.array([channel.label_distortion_nats for channel in channels])
    return area_under_curve_nats2(np.array(RATES), c, ENTROPY, RATE_MAX)


def selected(by_dimension, margins, random):
    """Select among the curves of several k on the same images."""
    losses = np.concatenate(
        [
            [channel.losses_nats(margins, random) for channel in channels]
            for channels in by_dimension.values()
        ]
    )
    table = pd.DataFrame(
        {
            "k": np.repeat(list(by_dimension), len(RATES)),
            "rate_nats": RATES * len(by_dimension),
            "label_distortion_valid_nats": losses.mean(axis=1),
        }
    )
    return select_dimension(
        table,
        losses,
        ENTROPY,
        rate_max_nats=RATE_MAX,
        data_entropy_nats=RATE_MAX,
        flat_share=0.01,
    )


def of_first_points(table, k):
    row = table[table["k"] == k].iloc[0]
    return row["selection_excess_nats2"], row["selection_excess_nats2_se"]


def test_the_error_of_the_excess_covers_the_difference_of_true_areas():
    best = [Channel(2.0, 0.4), Channel(1.0, 1.0), Channel(0.3, 1.8)]
    worse = [Channel(4.0, 0.3), Channel(2.5, 0.3), Channel(1.5, 0.6)]
    random = np.random.default_rng(0)
    found = []
    for _ in range(600):
        table = selected({5: worse, 9: best}, draw_margins(300, random), random)
        assert table["selected"].tolist() == [False] * 3 + [True] * 3
        found.append(of_first_points(table, 5))
    excess, errors = np.array(found).T
    assert_errors_cover(excess, errors, area(worse) - area(best))


@pytest.mark.parametrize(("others", "times"), [(1, 200), (3, 100)])
def test_a_dimension_as_good_as_the_others_fails_no_more_often_than_chance(others, times):
    channels = [Channel(2.0, 0.4), Channel(1.0, 1.0), Channel(0.3, 1.8)]
    dimensions = dict.fromkeys([PAPERS, *range(PAPERS + 1, PAPERS + 1 + others)], channels)
    random = np.random.default_rng(0)
    tables = [selected(dimensions, draw_margins(150, random), random) for _ in range(times)]
    for standard_errors in (1.0, 2.0):
        fails = [verdict_of(table, standard_errors) == FAILS for table in tables]
        # one side alone counts: nothing is behind where it is best itself. The best of several is
        # chosen by the same images, and a failure needs all axes
        assert_share_at_most(fails, others * NORMAL.cdf(-standard_errors))
        assert standard_errors == 2.0 or np.mean(fails) > 0.02


def verdict_of(table, standard_errors):
    """Decide claim 11 by the digit only."""
    rows = table.assign(
        # as far as the rates of this grid reach, there is nothing beyond
        selection_flat=1.0,
        dataset="mnist_static",
        task="digit",
        baseline="pca",
    )
    defaults = complete({})["claims"]
    settings = Settings(**(defaults | {"standard_errors": standard_errors}))
    line = rows.iloc[:1].assign(baseline="random_discard", data_entropy_nats=RATE_MAX)
    empty = pd.DataFrame()
    tables = pd.concat([rows, line])
    return best_dimensions(Evidence(empty, tables, empty, empty, settings))[0]
