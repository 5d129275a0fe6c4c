"""The paper's bag of balls: the chance of keeping content by luck."""

from math import comb


def chance_of_all_red(drawn: int, *, balls: int = 100, red: int = 3) -> float:
    """Return the chance that ``drawn`` balls, taken at random, include all ``red`` ones.

    Hypergeometric: C(balls − red, drawn − red) / C(balls, drawn).

    Raises
    ------
    ValueError
        If there are not that many balls.
    """
    if not 0 <= red <= balls or not 0 <= drawn <= balls:
        raise ValueError(f"cannot draw {drawn} of {balls} balls, {red} of them red")
    return comb(balls - red, drawn - red) / comb(balls, drawn) if drawn >= red else 0.0
