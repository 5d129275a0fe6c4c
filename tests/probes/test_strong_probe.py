"""The strong probe, and both probes: known answers, the best epoch, seeds, convergence."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from labelinfo.probes.both import ProbeRecipes, both_columns, probe_both
from labelinfo.probes.codes import TaskLabels
from labelinfo.probes.fit import Streams, fit_probes
from labelinfo.probes.measure import measure_probes
from labelinfo.probes.recipe import StrongRecipe
from noisy_codes import NoisyCodes
from recipes import paper_recipe, probes

COUNTS = {"train": 1200, "valid": 400, "test": 600}
RECIPE = StrongRecipe(
    hidden_units=32, epochs=12, batch_size=50, learning_rate=1e-2, precision="float32", dropout=0.1
)


def labelled(make, classes, seed=0, sigma=0.0):
    """Return labels, and codes that ``make`` gives for the labels of a split."""
    generator = torch.Generator().manual_seed(seed)
    labels = {
        name: torch.randint(classes, (count,), generator=generator)
        for name, count in COUNTS.items()
    }
    clean = {name: make(own, generator) for name, own in labels.items()}
    return TaskLabels(labels, classes), NoisyCodes(clean, [sigma])


def strong(codes, labels, recipe=RECIPE, names=("a",), identities=(("toy", 0),)):
    return fit_probes(codes, labels, recipe, list(identities), list(names))


def nats_of(fitted, codes, labels, split="test", samples=16):
    options = {"samples": samples, "seed": 1}
    return measure_probes(fitted.probes, codes, split, labels.splits[split], **options).nats


# Known answers


@pytest.mark.parametrize("sigma", [0.7, 1.5])
def test_gaussian_classes_reach_but_never_beat_the_posterior_of_bayes(sigma):
    means = torch.tensor([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.5]])
    labels, codes = labelled(lambda y, _: means[y], 3, sigma=sigma)
    found = nats_of(strong(codes, labels), codes, labels, samples=64)[0]
    torch.manual_seed(0)
    y = torch.arange(3).repeat(100_000)
    z = means[y] + sigma * torch.randn(len(y), 2)
    scores = -((z[:, None] - means) ** 2).sum(dim=2) / (2 * sigma**2)
    losses = -torch.log_softmax(scores.double(), dim=1).gather(1, y[:, None])
    best = float(losses.mean())
    assert best - 0.03 < found < best + 0.03


def test_a_code_that_is_the_label_leaves_nothing():
    labels, codes = labelled(lambda y, _: torch.nn.functional.one_hot(y, 4).float(), 4)
    assert 0 <= nats_of(strong(codes, labels), codes, labels)[0] < 0.01


def test_a_label_independent_of_the_code_costs_its_entropy():
    labels, codes = labelled(lambda y, g: torch.randn(len(y), 5, generator=g), 3)
    found = nats_of(strong(codes, labels), codes, labels)[0]
    assert math.log(3) - 0.02 < found < math.log(3) + 0.05


# The epoch that is kept


def overfitting():
    """Return random labels, which can only be memorised on the training images."""
    labels, codes = labelled(lambda y, g: torch.randn(len(y), 20, generator=g), 2)
    return labels, codes, replace(RECIPE, epochs=40, dropout=0.0)


def test_the_kept_epoch_is_the_best_on_validation():
    labels, codes, recipe = overfitting()
    kept = strong(codes, labels, recipe)
    last = fit_probes(codes, labels, _Last(**vars(recipe)), [("toy", 0)], ["a"])
    assert nats_of(last, codes, labels, "valid")[0] > 1.2 * math.log(2)
    assert nats_of(kept, codes, labels, "valid")[0] < 1.1 * math.log(2)
    # codes without noise: any draw is the same
    np.testing.assert_allclose(kept.best_valid_nats, nats_of(kept, codes, labels, "valid"))


class _Last(StrongRecipe):
    """The strong recipe, except that it keeps the last epoch."""

    keeps_best = False


def test_probes_of_one_batch_keep_their_own_epochs():
    labels, codes, recipe = overfitting()
    seeds = [("toy", 0), ("toy", 1), ("toy", 2)]
    together = strong(codes, labels, recipe, "aaa", seeds).best_valid_nats
    alone = [strong(codes, labels, recipe, "a", [seed]).best_valid_nats[0] for seed in seeds]
    np.testing.assert_allclose(together, alone, atol=2e-3)
    assert len(set(together)) == 3


def test_test_labels_change_nothing_but_the_numbers_of_test():
    labels, codes, _ = overfitting()
    permuted = labels.splits | {"test": 1 - labels.splits["test"]}
    settings = ProbeRecipes.of(probes(epochs=4, strong={"epochs": 4}))
    rows = [
        both_columns(probe_both(codes, own, settings, [("toy", 0)], ["a"]))
        for own in (labels, replace(labels, splits=permuted))
    ]
    of_test = {name for name in rows[0] if rows[0][name] != rows[1][name]}
    columns = ("label_distortion_nats", "label_accuracy")
    assert of_test >= {f"{kind}{name}" for kind in ("", "strong_") for name in columns}
    assert not any("valid" in name or "train" in name for name in of_test)
    assert not any("converged" in name for name in of_test)


# Dropout


def test_dropout_is_of_the_share_asked_for_and_off_where_nothing_is_learned():
    labels, codes = labelled(lambda y, g: torch.randn(len(y), 5, generator=g), 2)
    streams = Streams(codes, [("toy", 0)], 1200, replace(RECIPE, dropout=0.25))
    index = streams.epoch(0)
    masks = torch.stack([mask for step in index for mask in streams.draw(step)[1]]).float()
    error = math.sqrt(0.75 * 0.25 / masks.numel())
    assert abs(masks.mean() - 0.75) < 5 * error
    assert streams.mask_scale == pytest.approx(1 / 0.75)
    # no unit and no image is left out more often than others
    assert (masks.mean(dim=(0, 1, 2)) - 0.75).abs().max() < 5 * error * math.sqrt(32)
    assert not torch.equal(masks[0], masks[1])
    without = Streams(codes, [("toy", 0)], 1200, replace(RECIPE, dropout=0.0))
    assert without.draw(index[0])[1] == []
    fitted = strong(codes, labels, replace(RECIPE, dropout=0.9, epochs=2))
    once, again = (nats_of(fitted, codes, labels, samples=1) for _ in range(2))
    assert once == again


# Probe seeds


@pytest.mark.parametrize("kind", ["paper", "strong"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_each_of_several_seeds_is_the_probe_that_trains_alone(kind, precision):
    labels, codes = labelled(
        lambda y, g: torch.randn(len(y), 5, generator=g) + y[:, None], 2, sigma=0.5
    )
    recipes = {
        "paper": paper_recipe(epochs=2, precision=precision),
        "strong": replace(RECIPE, epochs=2, precision=precision),
    }
    seeds = [("toy", 0), ("toy", 0, "seed", 1), ("toy", 0, "seed", 2)]
    several, *alone = (
        fit_probes(codes, labels, recipes[kind], own, ["vae"] * len(own)).probes
        for own in (seeds, *([seed] for seed in seeds))
    )
    tolerance = {"float32": 1e-4, "bfloat16": 2e-2}[precision]
    for number, one in enumerate(alone):
        for many, single in zip(several.parameters(), one.parameters(), strict=True):
            kept = {"rtol": tolerance, "atol": tolerance / 10}
            torch.testing.assert_close(many[number], single[0], **kept)
            assert not torch.equal(many[number], many[number - 1])


def test_the_mean_over_seeds_is_of_losses_and_its_spread_that_of_c():
    labels, codes = labelled(lambda y, g: torch.randn(len(y), 5, generator=g) + y[:, None], 2)
    settings = ProbeRecipes.of(probes(epochs=2, strong={"epochs": 2}))
    seeds = [("toy", 0), ("toy", 1), ("toy", 2)]
    probed = probe_both(codes, labels, settings, seeds, ["vae"] * 3)["paper"]
    nats = [probed.columns(seed)["label_distortion_nats"] for seed in range(3)]
    one = probed.over_seeds()
    assert one.columns(0)["label_distortion_nats"] == pytest.approx(np.mean(nats))
    np.testing.assert_allclose(one.losses[0], probed.losses.mean(axis=0))
    assert probed.seed_sd_nats == pytest.approx(np.std(nats, ddof=1))
    assert math.isnan(one.seed_sd_nats)


# Convergence


def test_a_learning_rate_that_decays_early_does_not_pass_for_convergence():
    labels, codes = labelled(lambda y, g: torch.randn(len(y), 5, generator=g) + 2 * y[:, None], 2)

    def row(strong=None, **paper):
        settings = ProbeRecipes.of(probes(strong=strong, **paper))
        return both_columns(probe_both(codes, labels, settings, [("toy", 0)], ["a"]))

    # its C no longer changes, because its steps are tiny
    stalled = row(learning_rate=1e-3, decay_epochs=1, epochs=8, decay_factor=0.1)
    assert stalled["strong_label_distortion_valid_nats"] < stalled["label_distortion_valid_nats"]
    assert stalled["strong_label_distortion_nats"] < stalled["label_distortion_nats"] - 0.1
    assert not stalled["probe_converged"]
    assert stalled["strong_probe_converged"]
    trained = row(learning_rate=1e-2, epochs=12, decay_epochs=8)
    assert trained["probe_converged"]
    # twice the epochs make this strong probe better
    assert not row(strong={"epochs": 4, "learning_rate": 3e-4})["strong_probe_converged"]


def test_c_on_train_is_of_a_seeded_subset_of_what_was_trained_on(monkeypatch):
    monkeypatch.setattr("labelinfo.probes.both.TRAIN_IMAGES_MAX", 300)
    labels, codes, _ = overfitting()
    settings = ProbeRecipes.of(probes(epochs=60, decay_epochs=60))
    probed = probe_both(codes, labels, settings, [("toy", 0)], ["a"])["paper"]
    assert probed.splits["train"].per_image_nats.shape == (1, 300)
    assert probed.columns(0)["label_distortion_train_nats"] < 0.5
    assert probed.columns(0)["label_distortion_valid_nats"] > 0.9


def test_a_diverged_probe_keeps_what_it_began_with():
    labels, codes = labelled(lambda y, g: torch.full((len(y), 2), math.nan), 2)
    fitted = strong(codes, labels, replace(RECIPE, epochs=1))
    assert fitted.best_valid_nats.tolist() == [math.inf]
    assert all(torch.isfinite(parameter).all() for parameter in fitted.probes.parameters())
