"""The entropy of labels, for known answers."""

import math

import numpy as np
import pandas as pd
import pytest

from labelinfo.information import label_entropy_bias_nats, label_entropy_nats
from labelinfo.tables.label_columns import label_entropy_biases


@pytest.mark.parametrize(
    ("labels", "nats"),
    [
        (np.repeat(np.arange(10), 7), math.log(10)),
        ([0, 1623], math.log(2)),
        ([0, 0, 0, 1], math.log(4) - 0.75 * math.log(3)),
        ([5, 2, 5, 5, 9, 2, 5, 5], 0.625 * math.log(1.6) + 0.25 * math.log(4) + math.log(8) / 8),
        ([4, 4, 4], 0),
        # −1 is a missing label
        ([0, -1, 1, -1, -1], math.log(2)),
    ],
)
def test_known_entropies(labels, nats):
    assert label_entropy_nats(np.array(labels)) == pytest.approx(nats, abs=1e-12)


def test_no_labels_have_no_entropy():
    with pytest.raises(ValueError, match="no labels"):
        label_entropy_nats(np.array([], dtype=np.int64))


@pytest.mark.parametrize("shares", [[0.7, 0.2, 0.1], np.full(40, 1 / 40)])
def test_entropies_of_few_labels_are_too_small_by_their_bias(shares):
    random = np.random.default_rng(0)
    known = -float(np.sum(shares * np.log(shares)))
    found = [label_entropy_nats(random.choice(len(shares), 200, p=shares)) for _ in range(2000)]
    error = np.std(found) / math.sqrt(2000)
    bias = label_entropy_bias_nats(200, len(shares))
    # the next term is of the order of the bias squared
    assert known - np.mean(found) == pytest.approx(bias, abs=4 * error + bias**2)
    assert bias > 4 * error + bias**2


def test_the_bias_of_an_entropy_is_that_of_its_labels():
    row = {"dataset": "d", "split": "test", "classes": 5, "images": 100}
    table = pd.DataFrame(
        [row | {"task": "a", "labelled_images": 20}, row | {"task": "b", "labelled_images": None}]
    )
    assert label_entropy_biases(table) == {("d", "a"): 4 / 40, ("d", "b"): 4 / 200}
    assert label_entropy_biases(table.drop(columns="labelled_images"))["d", "a"] == 4 / 200
