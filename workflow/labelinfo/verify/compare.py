"""Compare a published row with the same row made anew."""

import math
from dataclasses import dataclass

import pandas as pd

# Another machine rounds otherwise, and a training grows small differences until it is like one of
# another seed. So much may a number differ there, beside this many of its standard errors.
STANDARD_ERRORS = 4.0
TOLERANCES = {
    "rate_nats": 0.05,
    "distortion_nats": 0.05,
    "label_distortion_nats": 0.10,
}


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
    """Compare R, D and C of a row, and where the same bits are due all of its numbers in nats.

    Elsewhere, |a − b| ≤ tolerance · |a| + 4 √(se_a² + se_b²) with :data:`TOLERANCES`.
    """
    names = list(TOLERANCES)
    if exactly:
        names = [
            name
            for name in published.index
            if "_nats" in name and name in made_again and pd.notna(published[name])
        ]
    return [
        Comparison(
            name,
            float(published[name]),
            float(made_again[name]),
            0.0 if exactly else _allowed(name, published, made_again),
        )
        for name in names
    ]


def _allowed(name: str, published: pd.Series, made_again: pd.Series) -> float:
    errors = math.hypot(published[f"{name}_se"], made_again[f"{name}_se"])
    return TOLERANCES[name] * abs(published[name]) + STANDARD_ERRORS * errors
