"""How a claim is decided, and on what grounds."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

HOLDS, FAILS, UNDECIDED = "holds", "fails", "not enough data"

Decision = tuple[str, str]  # verdict, evidence


@dataclass(frozen=True)
class Count:
    """Of how many runs something is significantly so, significantly not so, and undecided."""

    so: int
    not_so: int
    undecided: int

    @property
    def total(self) -> int:
        """The number of all."""
        return self.so + self.not_so + self.undecided

    def at_least(self, share: float) -> str:
        """Return the verdict on "at least this share of them is so".

        It holds if those that are so suffice, and fails if they and all undecided ones do not.
        """
        needed = share * self.total
        return three_way(self.so >= needed, self.so + self.undecided < needed)

    def more_than(self, share: float) -> str:
        """Return the verdict on "more than this share of them is so"."""
        limit = share * self.total
        return three_way(self.so > limit, self.so + self.undecided <= limit)


def count(so: np.ndarray, not_so: np.ndarray) -> Count:
    """Count where something is significantly so and where it is significantly not so."""
    return Count(int(so.sum()), int(not_so.sum()), int((~so & ~not_so).sum()))


def three_way(held: bool, failed: bool) -> str:
    """Return ``holds``, ``fails``, or ``not enough data`` where neither is shown."""
    return HOLDS if held else FAILS if failed else UNDECIDED


def verdict(held: bool) -> str:
    """Return ``holds`` or ``fails``."""
    return HOLDS if held else FAILS


def all_of(verdicts: Iterable[str]) -> str:
    """Return the verdict on "each of these holds": one failure suffices to refute it."""
    found = list(verdicts)
    return three_way(all(each == HOLDS for each in found), FAILS in found)


def lacking(**counts: int) -> Decision:
    """Return that there is too little of something; keys are words with underscores."""
    parts = [f"{number} {name.replace('_', ' ')}" for name, number in counts.items()]
    return UNDECIDED, f"This experiment has {', '.join(parts)}: too few to say."
