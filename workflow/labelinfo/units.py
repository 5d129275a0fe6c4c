"""Nats and bits."""

import math

NATS_PER_BIT = math.log(2.0)


def nats_to_bits(nats: float) -> float:
    """Convert an information quantity: bits = nats / ln 2.

    Examples
    --------
    >>> nats_to_bits(math.log(8))
    3.0
    """
    return nats / NATS_PER_BIT


def bits_to_nats(bits: float) -> float:
    """Convert an information quantity: nats = bits · ln 2.

    Examples
    --------
    >>> round(bits_to_nats(1), 4)
    0.6931
    """
    return bits * NATS_PER_BIT
