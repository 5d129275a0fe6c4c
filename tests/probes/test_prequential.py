"""The prequential code length for known answers, and its terms."""

import math
from dataclasses import replace

import pytest
import torch

from labelinfo.probes import prequential
from labelinfo.probes.codes import PartOfCodes, TaskLabels
from labelinfo.probes.prequential import prequential_label_nats
from labelinfo.probes.recipe import StrongRecipe
from noisy_codes import NoisyCodes

RECIPE = StrongRecipe(
    hidden_units=16, epochs=8, batch_size=50, learning_rate=1e-2, precision="float32"
)


def channel(shares, informative, count=2000):
    """Return codes of 6 bits; the first bits are the label, or no bit depends on it."""
    generator = torch.Generator().manual_seed(0)
    labels, clean = {}, {}
    for split, images in (("train", count), ("valid", 500)):
        chances = torch.tensor(shares)
        labels[split] = torch.multinomial(chances, images, replacement=True, generator=generator)
        bits = torch.randint(2, (images, 6), generator=generator)
        if informative:
            bits[:, 0] = labels[split]
        clean[split] = 2.0 * bits - 1
    return TaskLabels(labels, len(shares)), NoisyCodes(clean)


def entropy(shares):
    return -sum(share * math.log(share) for share in shares)


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.9, 0.1]])
def test_labels_that_the_code_knows_nothing_of_cost_their_entropy_and_no_less(shares):
    labels, codes = channel(shares, informative=False)
    nats = prequential_label_nats(codes, labels, RECIPE, ("toy", 0))
    # the possible gain from the sample's own frequencies and chance agreements
    assert entropy(shares) - 0.03 < nats < entropy(shares) + 0.06


def test_a_label_that_is_a_bit_of_the_code_costs_only_what_it_takes_to_learn_it():
    labels, codes = channel([0.5, 0.5], informative=True)
    nats = prequential_label_nats(codes, labels, RECIPE, ("toy", 0))
    first = math.log(2) * 2 / 2000
    assert first < nats < 0.1


def test_what_needs_more_examples_costs_more():
    labels, codes = channel([0.5, 0.5], informative=True)
    clean = codes.clean
    # the parity of four bits, which the code determines as well
    parity = {split: (z[:, 1:5].prod(dim=1) > 0).long() for split, z in clean.items()}
    easy, hard = (
        prequential_label_nats(codes, replace(labels, splits=own), RECIPE, ("toy", 0))
        for own in (labels.splits, parity)
    )
    assert easy + 0.05 < hard < math.log(2)


def test_the_first_block_is_uniform_and_the_last_is_not_learned_from(monkeypatch):
    labels, codes = channel([0.5, 0.5], informative=True, count=1000)
    trained = []

    def noted(part, own, *args, **options):
        trained.append(len(own.splits["train"]))
        return original(part, own, *args, **options)

    original = prequential.fit_probes
    monkeypatch.setattr(prequential, "fit_probes", noted)
    prequential_label_nats(codes, labels, replace(RECIPE, epochs=1), ("toy", 0))
    assert trained == [1, 2, 4, 8, 16, 32, 62, 125, 250, 500]
    monkeypatch.setattr(prequential, "SHARES", (1.0,))
    assert prequential_label_nats(codes, labels, RECIPE, ("toy", 0)) == pytest.approx(math.log(2))


def test_a_part_of_train_is_found_in_each_binarisation_and_other_splits_are_whole():
    clean = {"train": torch.arange(30.0).unsqueeze(1), "valid": torch.arange(5.0).unsqueeze(1)}
    part = PartOfCodes(
        NoisyCodes(clean, binarizations=3), {"train": torch.tensor([7, 2])}, images=10
    )
    index = torch.tensor([0, 1, 2, 3, 4, 5])
    assert part.draw("train", index).flatten().tolist() == [7, 2, 17, 12, 27, 22]
    assert part.draw("valid", torch.tensor([3, 0])).flatten().tolist() == [3, 0]
    assert part.binarizations == 3
