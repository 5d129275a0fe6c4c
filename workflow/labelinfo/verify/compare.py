"""Compare a published row with the same row recomputed."""

import math
from dataclasses import dataclass

import pandas as pd

from labelinfo.tables.label_columns import LABEL_COLUMNS, with_label_columns

# Rounding differs between CPUs, and training amplifies it to the spread between seeds. We allow
# these relative tolerances in addition to STANDARD_ERRORS. D + βR is well determined. Its split by
# an autoregressive decoder is not, as that can do without the code for long (docs/faults.md).
STANDARD_ERRORS = 4.0
TOLERANCES = {
    "objective_nats": 0.05,
    "rate_nats": 0.05,
    "distortion_nats": 0.05,
    "label_distortion_nats": 0.10,
}
TOLERANCES_AUTOREGRESSIVE = TOLERANCES | {"rate_nats": 1.5, "label_distortion_nats": 1.0}
_AUTOREGRESSIVE = {"pixelcnn"}
# columns of measured numbers, by what their names have in them
_UNITS = ("_nats", "_bits", "_share", "accuracy")
# of numbers that are computed alike everywhere
_ROUNDING = 1e-9


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
        Largest difference allowed; 0 where bits have to agree.
    """

    quantity: str
    published: float
    made_again: float
    allowed: float

    @property
    def agrees(self) -> bool:
        """Whether the values differ by no more than allowed."""
        return abs(self.published - self.made_again) <= self.allowed


def compare_rows(published: pd.Series, made_again: pd.Series, *, exactly: bool) -> list[Comparison]:
    """Compare a row with its recomputation: all that was measured, where bits have to agree.

    Elsewhere the objective D + βR, R, D and C, a published with b recomputed: |a − b| ≤
    tolerance · min(|a|, |b|) + 4 √2 se_b, with :data:`TOLERANCES`, or
    :data:`TOLERANCES_AUTOREGRESSIVE` for such a decoder. What the published row says of its errors
    does not count. H(Y) has to be the same up to rounding, and what a table says in bits and shares
    has to follow from its nats.

    Parameters
    ----------
    published
        A row of the table of runs.
    made_again
        The same columns, of the recomputed run; times and what the audit says may be missing.
    exactly
        Whether the same bits are due.
    """
    if exactly:
        names = [
            name
            for name in published.index
            if any(unit in name for unit in _UNITS) and name in made_again
        ]
        return [
            Comparison(name, float(published[name]), float(made_again[name]), 0.0)
            for name in names
            if pd.notna(published[name]) or pd.notna(made_again[name])
        ]
    beta = float(published["beta"])
    rows = [_with_objective(row, beta) for row in (published, made_again)]
    autoregressive = published["decoder"] in _AUTOREGRESSIVE
    tolerances = TOLERANCES_AUTOREGRESSIVE if autoregressive else TOLERANCES
    compared = [
        Comparison(
            name,
            *(float(row[name]) for row in rows),
            tolerance * min(abs(row[name]) for row in rows)
            + STANDARD_ERRORS * math.sqrt(2) * rows[1][f"{name}_se"],
        )
        for name, tolerance in tolerances.items()
    ]
    follows = with_label_columns(published.to_frame().T).iloc[0]
    same = [("label_entropy_nats", made_again)] + [(name, follows) for name in LABEL_COLUMNS]
    return compared + [
        Comparison(
            name, float(published[name]), float(row[name]), _ROUNDING * abs(float(row[name]))
        )
        for name, row in same
        if name in published
    ]


def _with_objective(row: pd.Series, beta: float) -> dict[str, float]:
    # errors of the same images: their sum bounds that of the sum
    terms = {
        f"objective_nats{end}": row[f"distortion_nats{end}"] + beta * row[f"rate_nats{end}"]
        for end in ("", "_se")
    }
    return {**row, **terms}
