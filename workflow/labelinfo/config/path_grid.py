"""The β at which a path keeps snapshots."""

import math

# names of files have 12 digits of β
_DIGITS = 12
_TOLERANCE = 1e-9


def snapshot_betas(lowest: float, highest: float, per_decade: int) -> list[float]:
    """Return the β 10^(k/n), with integer k and n = ``per_decade``, that enclose both ends.

    The grid depends only on the ends and n, so a sweep's β do not change it.

    >>> snapshot_betas(0.1, 1, 2)
    [0.1, 0.316227766017, 1.0]
    >>> snapshot_betas(0.2, 0.9, 1)
    [0.1, 1.0]
    """
    first = math.floor(per_decade * math.log10(lowest) + _TOLERANCE)
    last = math.ceil(per_decade * math.log10(highest) - _TOLERANCE)
    return [float(f"{10 ** (k / per_decade):.{_DIGITS}g}") for k in range(first, last + 1)]


def nearest_below(betas: list[float], beta: float) -> float:
    """Return the largest β of an ascending list that is at most ``beta``.

    Raises ValueError if all are larger.
    """
    below = [each for each in betas if each <= beta * (1 + _TOLERANCE)]
    if not below:
        raise ValueError(f"all snapshots lie above β = {beta:g}")
    return below[-1]


def log_linear(start: float, end: float, steps: int) -> list[float]:
    """Return ``steps`` values that rise log-linearly from ``start``, excluded, to ``end``.

    >>> [round(value, 6) for value in log_linear(1, 100, 2)]
    [10.0, 100.0]
    """
    ratio = end / start
    return [start * ratio ** (step / steps) for step in range(1, steps)] + [end]
