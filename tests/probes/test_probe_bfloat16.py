"""Steps with products in bfloat16 equal Adam's up to rounding, which hardly changes C."""

import pytest
import torch

from labelinfo.probes import bfloat16, recipe
from labelinfo.probes.bfloat16 import Bfloat16Steps
from labelinfo.probes.codes import TaskLabels
from labelinfo.probes.fit import fit_probes
from labelinfo.probes.label_distortion import label_distortion_nats
from labelinfo.probes.measure import measure_probes
from labelinfo.probes.mlp import BatchedMLP
from noisy_codes import NoisyCodes
from recipes import paper_recipe

CPU = torch.device("cpu")
HIDDEN, CLASSES, BATCH = 9, 4, 11
RATES = [0.01, 0.02, 0.005, 0.01]


LABELS = torch.arange(600) % CLASSES


def four_centres(sigmas, features=6):
    """Return codes of one label among four, one probe for each σ."""
    generator = torch.Generator().manual_seed(1)
    clean = torch.randn(CLASSES, features, generator=generator)[LABELS]
    return NoisyCodes({"train": clean, "test": clean}, sigmas)


def steps_of(codes, probes, *, compiled=False, dropout=False):
    def draw(index):
        z = codes.draw("train", index)
        masks = [torch.rand(*z.shape[:2], HIDDEN) < 0.7 for _ in range(2 * dropout)]
        return z, masks

    scale = 1.25 if dropout else 1.0
    return Bfloat16Steps(probes, draw, LABELS, compiled=compiled, mask_scale=scale)


def batches(*probes):
    generator = torch.Generator().manual_seed(2)
    return torch.randint(600, (len(RATES), *probes, BATCH), generator=generator)


def parameters(probes):
    return torch.cat([parameter.detach().flatten(1) for parameter in probes.parameters()], dim=1)


@pytest.mark.parametrize(
    ("count", "own_batches", "dropout"), [(1, False, False), (3, False, True), (3, True, True)]
)
def test_without_rounding_its_steps_are_adams(count, own_batches, dropout, float64, monkeypatch):
    order = batches(count) if own_batches else batches()
    monkeypatch.setattr(bfloat16, "_LOW", torch.float64)
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    codes = four_centres([0.3 * number + 0.2 for number in range(count)])
    codes.clean["train"] = codes.clean["train"].double()
    ours, plain = (BatchedMLP(list(range(count)), 6, HIDDEN, CLASSES) for _ in range(2))
    torch.manual_seed(3)
    steps = steps_of(codes, ours, dropout=dropout)
    losses = steps.run(order, RATES)

    optimizer = torch.optim.Adam(plain.parameters(), foreach=False, fused=False)
    torch.manual_seed(3)
    expected = []
    for index, rate in zip(order, RATES, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        z, masks = steps._draw(index)
        logits = plain(z, masks, steps._mask_scale)
        nats = label_distortion_nats(logits, LABELS[index])
        optimizer.zero_grad()
        nats.mean(dim=1).sum().backward()
        optimizer.step()
        expected.append(nats.mean(dim=1).detach())
    # the step size is a float32 number
    torch.testing.assert_close(losses, torch.stack(expected), rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(parameters(ours), parameters(plain), rtol=1e-6, atol=1e-7)


def test_compiled_steps_are_the_plain_ones_for_any_number_of_features(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    for features, dropout in ((6, False), (5, False), (5, True)):
        codes = four_centres([0.3, 1.0], features)
        results = []
        for compiled in (False, True, True):
            probes = BatchedMLP([0, 1], features, HIDDEN, CLASSES)
            initial = parameters(probes)
            steps = steps_of(codes, probes, compiled=compiled, dropout=dropout)
            steps.prepare(batches())
            assert torch.equal(parameters(probes), initial)
            torch.manual_seed(3)
            results.append((steps.run(batches(), RATES), parameters(probes)))
        plain, once, again = results
        # rounding in the other direction changes a code or weight by 1/256 of its value
        torch.testing.assert_close(once[0], plain[0], rtol=1e-2, atol=1e-3)
        assert (once[1] - plain[1]).abs().mean() < 1e-3 * (plain[1] - initial).abs().mean() + 1e-4
        assert all(torch.equal(*pair) for pair in zip(once, again, strict=True))


SETTINGS = {"hidden_units": 64, "batch_size": 100, "learning_rate": 3e-3, "decay_epochs": 6}


def fit(codes, wanted):
    recipe = paper_recipe(**SETTINGS, precision=wanted)
    labels = TaskLabels({"train": LABELS, "valid": LABELS}, CLASSES)
    names = [str(number) for number in range(codes.probes)]
    return fit_probes(codes, labels, recipe, [("toy", 0)], names).probes


def test_the_rounding_costs_less_than_what_is_seen():
    codes = four_centres([0.3, 0.6, 1.0, 1.5])
    measured = []
    for wanted in ("float32", "bfloat16"):
        probes = fit(codes, wanted)
        assert all(parameter.dtype == torch.float32 for parameter in probes.parameters())
        options = {"samples": 50, "seed": 1}
        measured.append(measure_probes(probes, codes, "test", LABELS, **options))
    for number in range(codes.probes):
        exact, rounded = (each.row(number)["label_distortion_nats"] for each in measured)
        assert exact < 1.0
        # the same noise in both, so that only the probes differ
        assert rounded == pytest.approx(exact, abs=0.004)
        assert rounded != exact


@pytest.mark.parametrize(
    ("wanted", "device", "images", "expected"),
    [
        ("auto", "cpu", 50_000, "bfloat16"),
        ("auto", "cpu", 1_000, "float32"),
        ("auto", "cuda", 50_000, "float32"),
        ("bfloat16", "cpu", 1_000, "bfloat16"),
        ("float32", "cpu", 50_000, "float32"),
    ],
)
def test_auto_depends_on_the_processor_and_the_length(
    monkeypatch, wanted, device, images, expected
):
    configured = paper_recipe(**SETTINGS, precision=wanted)

    def resolve(faster, compilable):
        monkeypatch.setattr(
            recipe, "resolve_precision", lambda *_: "bfloat16" if faster else "float32"
        )
        monkeypatch.setattr(
            recipe, "resolve_compile", lambda _, __, steps: compilable and steps >= 1500
        )
        return configured.resolved(images, torch.device(device)).precision

    assert resolve(faster=True, compilable=True) == expected
    for faster, compilable in ((False, True), (True, False)):
        kept = wanted if wanted != "auto" else "float32"
        assert resolve(faster=faster, compilable=compilable) == kept
