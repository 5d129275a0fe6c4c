"""The standard error of the retained share, and its omission of the error of H(Y)."""

import math

import numpy as np
import pandas as pd
import pytest
from coverage_shares import SIGMAS

from labelinfo.information import label_entropy_nats
from labelinfo.tables.label_columns import with_label_columns

SHARES = np.array([0.7, 0.2, 0.1])
IMAGES = 200


def test_what_a_split_says_of_its_label_entropy_is_not_in_the_error_of_the_share():
    # a loss that is independent of the label, so that nothing cancels
    random = np.random.default_rng(0)
    times = 3000
    losses = 0.4 * random.exponential(size=(times, IMAGES))
    counts = random.multinomial(IMAGES, SHARES, size=times)
    entropies = [label_entropy_nats(np.repeat(np.arange(3), row)) for row in counts]
    table = with_label_columns(
        pd.DataFrame(
            {
                "label_distortion_nats": losses.mean(axis=1),
                "label_distortion_nats_se": losses.std(axis=1, ddof=1) / math.sqrt(IMAGES),
                "label_entropy_nats": entropies,
            }
        )
    )
    surprisals = -np.log(SHARES)
    entropy = SHARES @ surprisals
    deviation = math.sqrt(SHARES @ surprisals**2 - entropy**2)
    missing = 0.4 / entropy**2 * deviation / math.sqrt(IMAGES)
    stated = math.sqrt((table["label_retained_share_se"] ** 2).mean())
    spread = table["label_retained_share"].std()
    assert spread > 1.05 * stated
    assert spread == pytest.approx(math.hypot(stated, missing), rel=SIGMAS / math.sqrt(2 * times))


def test_of_a_probe_that_knows_the_label_frequencies_alone_the_error_of_the_share_is_too_large():
    random = np.random.default_rng(0)
    rows = []
    for _ in range(500):
        labels = random.choice(3, size=IMAGES, p=SHARES)
        losses = -np.log(SHARES[labels])
        rows.append(
            {
                "label_distortion_nats": losses.mean(),
                "label_distortion_nats_se": losses.std(ddof=1) / math.sqrt(IMAGES),
                "label_entropy_nats": label_entropy_nats(labels),
            }
        )
    table = with_label_columns(pd.DataFrame(rows))
    # it retains nothing, whatever the split: C and H(Y) rise and fall together
    assert table["label_retained_share"].std() < 0.2 * table["label_retained_share_se"].mean()
