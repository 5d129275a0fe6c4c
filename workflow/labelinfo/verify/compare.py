"""Compare a published row with the same row made anew."""

import math
from dataclasses import dataclass

import pandas as pd

# Another machine rounds otherwise, and a training grows small differences until it is like one of
# another seed. So much may a number differ there, beside this many of its standard errors. What is
# minimised, D + βR, is well determined; how an autoregressive decoder splits it is not, as it can
# do without the code for long (docs/faults.md has what was measured).
STANDARD_ERRORS = 4.0
TOLERANCES = {
    "objective_nats": 0.05,
    "rate_nats": 0.05,
    "distortion_nats": 0.05,
    "label_distortion_nats": 0.10,
}
TOLERANCES_AUTOREGRESSIVE = TOLERANCES | {"rate_nats": 1.0, "label_distortion_nats": 1.0}
_AUTOREGRESSIVE = {"pixelcnn"}


@dataclass(frozen=True)
class Comparison:
    """One quantity, in nats.

    Attributes
    ----------
    quantity
        Its column.
    published, made_again
        Its two values.
    allowed
        How far they may be apart; 0 where the same bits are due.
    """

    quantity: str
    published: float
    made_again: float
    allowed: float

    @property
    def agrees(self) -> bool:
        """Whether the values are no further apart than allowed."""
        return abs(self.published - self.made_again) <= self.allowed


def compare_rows(published: pd.Series, made_again: pd.Series, *, exactly: bool) -> list[Comparison]:
    """Compare a row with itself made anew: all of its numbers in nats where the same bits are due.

    Elsewhere the objective D + βR, R, D and C: |a − b| ≤ tolerance · |a| + 4 √(se_a² + se_b²), with
    :data:`TOLERANCES`, or :data:`TOLERANCES_AUTOREGRESSIVE` for such a decoder.
    """
    if exactly:
        names = [
            name
            for name in published.index
            if "_nats" in name and name in made_again and pd.notna(published[name])
        ]
        return [
            Comparison(name, float(published[name]), float(made_again[name]), 0.0) for name in names
        ]
    beta = float(published["beta"])
    rows = [_with_objective(row, beta) for row in (published, made_again)]
    autoregressive = published["decoder"] in _AUTOREGRESSIVE
    tolerances = TOLERANCES_AUTOREGRESSIVE if autoregressive else TOLERANCES
    return [
        Comparison(
            name,
            *(float(row[name]) for row in rows),
            tolerance * abs(rows[0][name])
            + STANDARD_ERRORS * math.hypot(*(row[f"{name}_se"] for row in rows)),
        )
        for name, tolerance in tolerances.items()
    ]


def _with_objective(row: pd.Series, beta: float) -> dict[str, float]:
    # errors of the same images: their sum bounds that of the sum
    terms = {
        f"objective_nats{end}": row[f"distortion_nats{end}"] + beta * row[f"rate_nats{end}"]
        for end in ("", "_se")
    }
    return {**row, **terms}
