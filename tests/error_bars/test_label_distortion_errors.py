"""The standard errors of C, accuracy and the retained share, and what the last leaves out."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from coverage_shares import SIGMAS, assert_errors_cover
from label_classes import NoisyCodes, draw_labels, fixed_probes, truth_of
from repetitions import repeat

from labelinfo.information import label_entropy_nats
from labelinfo.probes.measure import measure_probes
from labelinfo.tables.label_columns import with_label_columns
from labelinfo.units import nats_to_bits

SKEWED, EVEN = torch.tensor([0.7, 0.2, 0.1]), torch.full((3,), 1 / 3)
IMAGES = 200
PROBES = [0, 1]


def entropy_nats(shares):
    return -float((shares * shares.log()).sum())


def measure_many(shares, *, samples, times):
    """Measure both probes on that many splits; return the rows of each and H(Y) of the splits."""
    probes = fixed_probes()

    def measure(seed):
        labels, x = draw_labels(IMAGES, shares)
        codes = NoisyCodes(x, len(PROBES))
        found = measure_probes(probes, codes, "test", labels, samples=samples, seed=times + seed)
        rows = {probe: found.row(probe) for probe in PROBES}
        return rows | {"label_entropy_nats": label_entropy_nats(labels.numpy())}

    table = repeat(measure, times)
    return [pd.DataFrame(table[probe].tolist()) for probe in PROBES], table["label_entropy_nats"]


@pytest.fixture(scope="module")
def measured():
    torch.set_num_threads(1)
    return {
        "skewed": measure_many(SKEWED, samples=3, times=1200),
        "even": measure_many(EVEN, samples=1, times=1200),
    }


@pytest.fixture(scope="module")
def truths():
    probes = fixed_probes()
    return {"skewed": truth_of(probes, SKEWED), "even": truth_of(probes, EVEN)}


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("labels", ["skewed", "even"])
def test_errors_of_label_distortion_and_accuracy_cover(measured, truths, labels, probe):
    rows, truth = measured[labels][0][probe], truths[labels]
    for name, known in (
        ("label_distortion_nats", truth.label_distortion_nats[probe]),
        ("label_accuracy", truth.accuracy[probe]),
    ):
        assert_errors_cover(rows[name], rows[f"{name}_se"], known)


def test_draws_of_z_average_out_within_an_image():
    torch.manual_seed(0)
    same, labels = torch.full((4000,), 0.5), torch.full((4000,), 2)
    codes = NoisyCodes(same, len(PROBES))
    one, four = (
        measure_probes(fixed_probes(), codes, "test", labels, samples=samples, seed=samples)
        for samples in (1, 4)
    )
    for name in ("per_image_nats", "per_image_accuracy"):
        ratios = getattr(four, name).var(axis=1) / getattr(one, name).var(axis=1)
        assert ratios == pytest.approx([0.25] * len(PROBES), rel=0.15)


@pytest.mark.parametrize("labels", ["skewed", "even"])
def test_errors_of_bits_and_retained_share_cover_where_the_label_entropy_is_known(
    measured, truths, labels
):
    entropy = entropy_nats({"skewed": SKEWED, "even": EVEN}[labels])
    for probe in PROBES:
        c = truths[labels].label_distortion_nats[probe]
        table = with_label_columns(measured[labels][0][probe].assign(label_entropy_nats=entropy))
        for name, known in (
            ("label_distortion_bits", nats_to_bits(c)),
            ("label_retained_share", 1 - c / entropy),
        ):
            assert_errors_cover(table[name], table[f"{name}_se"], known)


def test_of_even_labels_the_split_knows_the_entropy_well_enough(measured, truths):
    rows, entropies = measured["even"]
    for probe in PROBES:
        table = with_label_columns(rows[probe].assign(label_entropy_nats=entropies))
        # the entropy of a split is too small by 1 / IMAGES on average, for three labels
        known = 1 - truths["even"].label_distortion_nats[probe] / (math.log(3) - 1 / IMAGES)
        assert_errors_cover(table["label_retained_share"], table["label_retained_share_se"], known)


def test_what_a_split_says_of_its_label_entropy_is_not_in_the_error_of_the_share():
    # a loss that has nothing to do with the label, so that nothing cancels
    random = np.random.default_rng(0)
    shares, times = SKEWED.numpy(), 3000
    losses = 0.4 * random.exponential(size=(times, IMAGES))
    counts = random.multinomial(IMAGES, shares / shares.sum(), size=times)
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
    entropy = entropy_nats(SKEWED)
    surprisals = -np.log(shares)
    deviation = math.sqrt(shares @ surprisals**2 - entropy**2)
    missing = 0.4 / entropy**2 * deviation / math.sqrt(IMAGES)
    stated = math.sqrt((table["label_retained_share_se"] ** 2).mean())
    spread = table["label_retained_share"].std()
    assert spread > 1.05 * stated
    assert spread == pytest.approx(math.hypot(stated, missing), rel=SIGMAS / math.sqrt(2 * times))


def test_of_a_probe_that_knows_the_label_frequencies_alone_the_error_of_the_share_is_too_large():
    random = np.random.default_rng(0)
    shares = SKEWED.double().numpy()
    rows = []
    for _ in range(500):
        labels = random.choice(3, size=IMAGES, p=shares / shares.sum())
        losses = -np.log(shares[labels])
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
