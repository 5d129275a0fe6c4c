"""The shapes of the learning rate and of β."""

import pytest

from labelinfo.training.schedule import beta_at, learning_rate_at

SHAPE = {"peak": 2.0, "warmup_steps": 10, "total_steps": 110}


@pytest.mark.parametrize(
    ("step", "rate"),
    [(0, 0.2), (4, 1.0), (9, 2.0), (10, 2.0), (60, 1.0), (110, 0.0), (35, 1 + 2**0.5 / 2)],
)
def test_the_rate_at_known_points(step, rate):
    assert learning_rate_at(step, **SHAPE) == pytest.approx(rate, abs=1e-12)


@pytest.mark.parametrize("warmup", [0, 0.25, 10, 500])
def test_the_rate_rises_then_falls_and_stays_in_range(warmup):
    rates = [
        learning_rate_at(step, peak=1.0, warmup_steps=warmup, total_steps=20) for step in range(20)
    ]
    assert all(0 < rate <= 1 for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


@pytest.mark.parametrize(
    ("step", "target", "warmup", "beta"),
    [
        (0, 4.0, 10, 0.01),
        (5, 4.0, 10, 0.2),
        (10, 4.0, 10, 4.0),
        (99, 4.0, 10, 4.0),
        (0, 0.01, 10, 0.01),
        (3, 0.005, 10, 0.005),
        (0, 3.0, 0, 3.0),
    ],
)
def test_beta_is_log_linear_then_constant(step, target, warmup, beta):
    assert beta_at(step, start=0.01, target=target, warmup_steps=warmup) == pytest.approx(beta)
