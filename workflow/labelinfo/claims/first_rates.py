"""From which rate on a sweep along β retains the label, as well as its rates can tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

# one sweep along β: an architecture and a seed
_SWEEP = ["encoder", "decoder", "marginal", "seed"]


@dataclass(frozen=True)
class RateBracket:
    """Bounds in nats on the first rate that retains the label: above ``low``, ``high`` or below.

    ``high`` is the R of a run that retains it, infinite without one; ``low`` is the largest R below
    of a run that does not. ``trainings`` counts the sweeps behind them.
    """

    low: float
    high: float
    trainings: int = 1

    def __str__(self) -> str:
        """Say where the first rate lies."""
        if not self.trainings:
            return "unknown, as no run has such rates"
        above = f"above {self.low:.1f} nats" if self.low > 0 else ""
        if self.high == float("inf"):
            return above or "unknown"
        return f"{self.high:.1f} nats or less" + (f", {above}" if above else "")


def first_rates(runs: pd.DataFrame, share: float, limit_nats: float) -> list[RateBracket]:
    """Return, for each architecture and seed, bounds on the first rate with 1 − C/H(Y) ≥ share.

    Which runs retain the label, and their order, is known from validation; R is of test. A sweep
    that retains the label nowhere and has no rate as large as ``limit_nats`` says nothing about
    whether it would below the limit, and is left out.
    """
    found = []
    for _, sweep in runs.groupby(_SWEEP):
        ordered = sweep.sort_values("rate_valid_nats")
        c, entropy = ordered["label_distortion_valid_nats"], ordered["label_entropy_nats"]
        retains = (1 - c / entropy >= share).to_numpy(dtype=bool)
        rates = ordered["rate_nats"].to_numpy(dtype=float)
        first = int(retains.argmax()) if retains.any() else len(rates)
        if retains.any() or rates.max() >= limit_nats:
            high = rates[first] if retains.any() else float("inf")
            found.append(RateBracket(max(rates[:first], default=0.0), high))
    return found


def median_rate(brackets: Sequence[RateBracket]) -> RateBracket:
    """Return bounds on the median first rate: the medians of the bounds."""
    if not brackets:
        return RateBracket(0.0, float("inf"), 0)
    lows, highs = ([each.low for each in brackets], [each.high for each in brackets])
    return RateBracket(median(lows), median(highs), len(brackets))


def smallest_rate(brackets: Sequence[RateBracket]) -> RateBracket:
    """Return bounds on the smallest first rate: the smallest bounds."""
    if not brackets:
        return RateBracket(0.0, float("inf"), 0)
    lows, highs = ([each.low for each in brackets], [each.high for each in brackets])
    return RateBracket(min(lows), min(highs), len(brackets))
