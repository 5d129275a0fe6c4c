"""The entropy of labels where it is known."""

import math

import numpy as np
import pytest

from labelinfo.information import label_entropy_nats


@pytest.mark.parametrize(
    ("labels", "nats"),
    [
        (np.repeat(np.arange(10), 7), math.log(10)),
        ([0, 1623], math.log(2)),
        ([0, 0, 0, 1], math.log(4) - 0.75 * math.log(3)),
        ([5, 2, 5, 5, 9, 2, 5, 5], 0.625 * math.log(1.6) + 0.25 * math.log(4) + math.log(8) / 8),
        ([4, 4, 4], 0),
    ],
)
def test_known_entropies(labels, nats):
    assert label_entropy_nats(np.array(labels)) == pytest.approx(nats, abs=1e-12)


def test_no_labels_have_no_entropy():
    with pytest.raises(ValueError, match="no labels"):
        label_entropy_nats(np.array([], dtype=np.int64))
