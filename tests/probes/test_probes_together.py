"""Probes of several runs at once: each is, to the bit, the one that it is alone."""

import logging
from functools import partial

import pytest
import torch

from labelinfo.probes import together
from labelinfo.probes.fit import epoch_batches, fit_probes
from labelinfo.probes.together import CodesTogether, fit_each, pays_together

CPU = torch.device("cpu")
IMAGES, FEATURES, CLASSES = 90, 6, 3
SETTINGS = {
    "hidden_units": 16,
    "epochs": 3,
    "batch_size": 16,
    "learning_rate": 1e-3,
    "decay_factor": 0.1,
    "decay_epochs": 2,
    "precision": "bfloat16",
}
IDENTITIES = [("toy", beta, 0, "probe") for beta in (1, 2, 4)]
LABELS = torch.arange(IMAGES) % CLASSES


class Codes:
    """Codes of one run: features of its own, as many binarisations as asked for, and noise."""

    probes, in_features, device = 1, FEATURES, CPU

    def __init__(self, number, binarizations=2):
        generator = torch.Generator().manual_seed(number)
        self.binarizations = binarizations
        count = IMAGES * binarizations
        self.clean = number + torch.randn(count, FEATURES, generator=generator)

    def draw(self, split, index):
        clean = self.clean[index]
        return (clean + torch.randn_like(clean)).unsqueeze(0)


@pytest.fixture
def runs():
    return [Codes(number) for number in range(3)]


def fit_all(runs, **settings):
    settings = SETTINGS | settings
    return fit_each(runs, LABELS, CLASSES, settings, IDENTITIES, "vae")


def fit_alone(runs, **settings):
    settings = SETTINGS | settings
    return [
        fit_probes(codes, LABELS, CLASSES, settings, identity, ["vae"])
        for codes, identity in zip(runs, IDENTITIES, strict=True)
    ]


def equal(ones, others):
    assert len(ones) == len(others) == 3
    return all(map(together._same, ones, others))


def test_every_run_draws_what_it_draws_alone_in_its_own_order(runs):
    batches = CodesTogether(runs)
    orders = [
        partial(epoch_batches, identity, batches, IMAGES, SETTINGS, 1) for identity in IDENTITIES
    ]
    index = torch.stack(batches.in_turn(orders), dim=1)
    drawn = [batches.draw("train", step) for step in index]
    for number, (codes, identity) in enumerate(zip(runs, IDENTITIES, strict=True)):
        own = epoch_batches(identity, codes, IMAGES, SETTINGS, 1)
        assert torch.equal(index[:, number], own)
        # the second epoch has the second binarisation
        assert own.min() >= IMAGES
        for step, batch in zip(drawn, own, strict=True):
            assert torch.equal(step[number], codes.draw("train", batch)[0])
    assert not torch.equal(index[:, 0], index[:, 1])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_each_gets_the_bits_that_it_has_alone(runs, precision):
    trained = fit_all(runs, precision=precision)
    assert equal(trained, fit_alone(runs, precision=precision))
    assert not together._same(trained[0], trained[1])


def test_a_batch_is_the_same_but_for_rounding_on_any_processor(runs, monkeypatch):
    monkeypatch.setattr(together, "_same", lambda one, other: True)
    for batched, alone in zip(fit_all(runs), fit_alone(runs), strict=True):
        for one, other in zip(batched.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-2, atol=1e-3)


def test_a_batch_with_other_bits_is_not_used(runs, monkeypatch, caplog):
    expected = fit_alone(runs)
    original = CodesTogether.draw
    # bfloat16 has 8 bits
    monkeypatch.setattr(CodesTogether, "draw", lambda *args: original(*args) * (1 + 2**-7))
    caplog.set_level(logging.WARNING)
    assert equal(fit_all(runs), expected)
    assert "trained one by one" in caplog.text


def test_it_stops_after_an_epoch_only_to_compare(runs, monkeypatch):
    taken = []

    def counted(*args, epochs, **options):
        taken.append((args[0].probes, epochs))
        return original(*args, epochs=epochs, **options)

    original = together.fit_batches
    monkeypatch.setattr(together, "fit_batches", counted)
    fit_all(runs)
    # three alone and the batch; then the batch, or on a processor of other bits each alone
    assert taken[:4] == [(1, 1)] * 3 + [(3, 1)]
    assert taken[4:] in ([(3, None)], [(1, None)] * 3)


@pytest.mark.parametrize(
    ("change", "threads", "compilable", "expected"),
    [
        ({}, 1, True, 2),
        ({"epochs": 10}, 1, True, 11),
        ({"precision": "float32"}, 1, True, None),
        ({}, 2, True, None),
        ({}, 1, False, None),
    ],
)
def test_a_batch_pays_where_steps_are_compiled(monkeypatch, change, threads, compilable, expected):
    monkeypatch.setattr(together, "compiles", lambda *_: compilable)
    torch.set_num_threads(threads)
    settings = SETTINGS | {"epochs": 100, "batch_size": 128} | change
    assert pays_together(50_000, settings, CPU, None) == expected
    assert pays_together(50_000, settings, torch.device("cuda"), None) is None
