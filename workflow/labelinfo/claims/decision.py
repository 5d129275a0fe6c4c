"""Verdicts, and the counts and words that they are made of."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

HOLDS, FAILS, UNDECIDED = "holds", "fails", "not enough data"


class Decision(NamedTuple):
    """A verdict, its evidence, one number that sums it up, and its runs' explorer address."""

    verdict: str
    evidence: str
    number: str = ""
    runs: str = ""


class Count(NamedTuple):
    """Numbers of runs that significantly have a property, significantly lack it, or neither."""

    so: int
    not_so: int
    undecided: int

    @property
    def total(self) -> int:
        """The number of all runs."""
        return sum(self)

    def at_least(self, share: float) -> str:
        """Return the verdict on "at least this share of the runs has the property".

        It holds if the runs that have it suffice, and fails if they and all undecided ones do not.
        """
        needed = share * self.total
        return three_way(self.so >= needed, self.so + self.undecided < needed)

    def more_than(self, share: float) -> str:
        """Return the verdict on "more than this share of the runs has the property"."""
        limit = share * self.total
        return three_way(self.so > limit, self.so + self.undecided <= limit)


def count(so: np.ndarray, not_so: np.ndarray) -> Count:
    """Count the runs that have a property, lack it, or are undecided."""
    return Count(int(so.sum()), int(not_so.sum()), int((~so & ~not_so).sum()))


def three_way(held: bool, failed: bool) -> str:
    """Return ``holds``, ``fails``, or ``not enough data`` where neither is shown."""
    return HOLDS if held else FAILS if failed else UNDECIDED


def all_of(verdicts: Iterable[str]) -> str:
    """Return the verdict on "each of these holds": one failure suffices to refute it."""
    found = set(verdicts)
    return three_way(found == {HOLDS}, FAILS in found)


def lacking(**counts: int) -> Decision:
    """Return an undecided verdict for lack of runs; keys are words with underscores."""
    parts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
    return Decision(UNDECIDED, f"This experiment has {parts}: too few to say.", parts)


def above_or_below(nats: float) -> str:
    """Return a difference in words, such as ``0.060 nats below``."""
    return f"{abs(nats):.3f} nats {_side(nats)}"


def interval_in_words(low: float, high: float) -> str:
    """Return the interval of a difference, such as ``0.010 below to 0.020 above``."""
    if low * high > 0:
        near, far = sorted((low, high), key=abs)
        return f"{abs(near):.3f} to {abs(far):.3f} {_side(far)}"
    return f"{abs(low):.3f} {_side(low)} to {abs(high):.3f} {_side(high)}"


def _side(nats: float) -> str:
    return "above" if nats > 0 else "below"
