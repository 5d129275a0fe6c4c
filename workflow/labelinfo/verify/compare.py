"""Compare a published row with the same row recomputed."""

import math
from dataclasses import dataclass

import pandas as pd

from labelinfo.tables.label_columns import LABEL_COLUMNS, with_label_columns

# Rounding differs between CPUs, and training amplifies it to the spread between seeds. We allow
# these relative tolerances in addition to STANDARD_ERRORS. D + βR is well determined. Its split is
# not for an autoregressive decoder, which can ignore the code for long (docs/faults.md).
STANDARD_ERRORS = 4.0
TOLERANCES = {
    "objective_nats": 0.05,
    "rate_nats": 0.05,
    "distortion_nats": 0.05,
    "label_distortion_nats": 0.10,
}
TOLERANCES_AUTOREGRESSIVE = TOLERANCES | {"rate_nats": 1.5, "label_distortion_nats": 1.0}
_AUTOREGRESSIVE = {"pixelcnn"}
# parts of the names of measured columns
_UNITS = ("_nats", "_bits", "_share", "accuracy")
# relative tolerance of numbers that follow from others
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Comparison:
    """The two values of one column, and the largest difference allowed; 0 if bits must agree."""

    quantity: str
    published: float
    recomputed: float
    allowed: float

    @property
    def agrees(self) -> bool:
        """Whether the values differ by no more than allowed."""
        return abs(self.published - self.recomputed) <= self.allowed


def compare_rows(published: pd.Series, recomputed: pd.Series, *, exactly: bool) -> list[Comparison]:
    """Compare a row of the table of runs with its recomputation.

    ``exactly`` compares every bit of every measured number. Otherwise the objective D + βR, R, D
    and C, a published and b recomputed, agree if |a − b| ≤ tolerance · min(|a|, |b|) + 4 √2 se_b,
    with :data:`TOLERANCES`, or :data:`TOLERANCES_AUTOREGRESSIVE` for such a decoder. H(Y) must be
    the same up to rounding, and bits and shares must follow from nats.
    """
    if exactly:
        return [
            Comparison(name, float(published[name]), float(recomputed[name]), 0.0)
            for name in published.index
            if any(unit in name for unit in _UNITS) and name in recomputed
            if pd.notna(published[name]) or pd.notna(recomputed[name])
        ]
    rows = [_with_objective(row, float(published["beta"])) for row in (published, recomputed)]
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
    same = [("label_entropy_nats", recomputed)] + [(name, follows) for name in LABEL_COLUMNS]
    return compared + [
        Comparison(name, float(published[name]), value, _ROUNDING * abs(value))
        for name, value in ((name, float(row[name])) for name, row in same if name in published)
    ]


def _with_objective(row: pd.Series, beta: float) -> dict[str, float]:
    # errors of the same images: their sum bounds that of the sum
    terms = {
        f"objective_nats{end}": row[f"distortion_nats{end}"] + beta * row[f"rate_nats{end}"]
        for end in ("", "_se")
    }
    return {**row, **terms}
