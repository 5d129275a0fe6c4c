"""Rows in which nothing is wrong are flagged no more often than so many standard errors allow.

Each inequality is audited where it is an equality in truth, which is where chance breaks it most.
"""

import math

import numpy as np
import pandas as pd
import pytest
from coverage_shares import NORMAL, assert_share_at_most

from labelinfo.information import label_entropy_nats
from labelinfo.tables.audit import audit_row
from labelinfo.tables.label_columns import label_entropy_biases

STANDARD_ERRORS = [1.0, 2.0]


def alarms(table, name, standard_errors, **allowed):
    """Return whether each row is flagged for the inequality ``name``."""
    settings = {"probe_tolerance_nats": 0.0, "best_known_nats": None} | allowed
    found = [
        audit_row(row, standard_errors=standard_errors, **settings)
        for row in table.to_dict("records")
    ]
    return np.array([name in text.split("; ") for text in found])


@pytest.mark.parametrize("standard_errors", STANDARD_ERRORS)
def test_a_code_of_the_label_alone_is_no_more_often_above_its_rate_than_chance(standard_errors):
    """Let x = ±1 be the label and z = x + η: with exact marginal and probe, R = H(Y) − C."""
    random = np.random.default_rng(0)
    images, times = 200, 2000
    rows = []
    for _ in range(times):
        # R and C use separate draws
        rates, losses = (
            np.logaddexp(0, -2 * (1 + random.standard_normal(images))) for _ in range(2)
        )
        rates = math.log(2) - rates
        labels = random.integers(2, size=images)
        rows.append(
            {
                "rate_nats": rates.mean(),
                "rate_nats_se": rates.std(ddof=1) / math.sqrt(images),
                "label_distortion_nats": losses.mean(),
                "label_distortion_nats_se": losses.std(ddof=1) / math.sqrt(images),
                "label_entropy_nats": label_entropy_nats(labels),
            }
        )
    found = alarms(pd.DataFrame(rows), "label_information_above_rate", standard_errors)
    assert_share_at_most(found, NORMAL.cdf(-standard_errors))
    # the sum of both errors is too large by √2 for independent ones of a size
    assert abs(found.mean() - NORMAL.cdf(-math.sqrt(2) * standard_errors)) < 0.03


def chance_level_rows(shares, images, times):
    """Return rows of a probe that only knows the true label frequencies, and their biases."""
    random = np.random.default_rng(0)
    rows, biases = [], []
    for _ in range(times):
        labels = random.choice(len(shares), size=images, p=shares)
        losses = -np.log(shares[labels])
        rows.append(
            {
                "label_distortion_nats": losses.mean(),
                "label_distortion_nats_se": losses.std(ddof=1) / math.sqrt(images),
                "label_entropy_nats": label_entropy_nats(labels),
            }
        )
        of = {"dataset": "many", "task": "character", "split": "test"}
        counts = {"images": images, "classes": len(set(labels))}
        biases.append(label_entropy_biases(pd.DataFrame([of | counts]))["many", "character"])
    return pd.DataFrame(rows), biases


def test_a_chance_level_probe_of_many_classes_is_not_flagged_for_an_entropy_that_is_too_small():
    """As for Omniglot's 1,623 characters, of each of which there are some five test images."""
    name = "label_distortion_above_label_entropy"
    table, biases = chance_level_rows(np.full(1623, 1 / 1623), images=8070, times=20)
    assert alarms(table, name, 4.0, probe_tolerance_nats=0.05).all()
    allowed = {"probe_tolerance_nats": 0.05, "label_entropy_bias_nats": min(biases)}
    assert not alarms(table, name, 4.0, **allowed).any()


@pytest.mark.parametrize("standard_errors", STANDARD_ERRORS)
def test_a_chance_level_probe_of_uneven_classes_is_not_flagged(standard_errors):
    name = "label_distortion_above_label_entropy"
    table, biases = chance_level_rows(np.array([0.7, 0.2, 0.1]), images=200, times=500)
    found = alarms(table, name, standard_errors, label_entropy_bias_nats=biases[0])
    assert_share_at_most(found, NORMAL.cdf(-standard_errors))
