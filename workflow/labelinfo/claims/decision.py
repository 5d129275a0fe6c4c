"""How a claim comes out, and on what grounds."""

HOLDS, FAILS, UNDECIDED = "holds", "fails", "not enough data"

Decision = tuple[str, str]  # verdict, evidence


def verdict(held: bool) -> str:
    """Return ``holds`` or ``fails``."""
    return HOLDS if held else FAILS


def lacking(**counts: int) -> Decision:
    """Return that there is too little of something; keys are words with underscores."""
    parts = [f"{number} {name.replace('_', ' ')}" for name, number in counts.items()]
    return UNDECIDED, f"This experiment has {', '.join(parts)}: too few to say."
