"""How much codes prefer the label: the area between the random-discard line and their hull."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Preference:
    """The preference score and what its standard error is at most."""

    score: float
    standard_error: float


def preference(
    rates: np.ndarray,
    losses: np.ndarray,
    *,
    rate_errors: np.ndarray,
    label_entropy: float,
    data_entropy: float,
) -> Preference:
    """Return the area between the random-discard line and the runs' hull, as a share of all.

    S = 1 − A / (½ H(X) H(Y)), where A is the area under the straight lines that join (0, H(Y)), the
    runs in order of rate, and (H(X), 0). S = 0 where codes keep the label no better than chance, 1
    where all of the label comes with the first bits. Values outside [0, 1] are cut.

    A is linear in the C of the runs, so it is a mean over images, whose standard error comes from
    the images' own contributions. To it is added what the standard errors of the rates make. All of
    them are of the same images, so they may err in the same direction, each with the others and
    with C: the **sum** bounds the standard error whatever their correlations, where a root of the
    sum of squares would be too small. H(X) and H(Y) are taken as known exactly. S grows with H(X),
    so with an upper bound in place of H(X) it is an **upper** bound on the score.

    Parameters
    ----------
    rates, rate_errors
        R of the runs on the hull and its standard error, (M,), in nats. **Which** runs these are
        has to come from other images than ``losses``: see
        :func:`labelinfo.curves.lower_hull`.
    losses
        (M, N), their losses on N test images, in nats.
    label_entropy, data_entropy
        H(Y) and H(X) in nats.
    """
    order = np.argsort(rates, kind="stable")
    x = np.concatenate([[0.0], rates[order], [data_entropy]])
    means = losses.mean(axis=1) if len(losses) else np.empty(0)
    y = np.concatenate([[label_entropy], means[order], [0.0]])
    triangle = 0.5 * data_entropy * label_entropy
    # of each point between the ends: dA/dC is half the way from its left neighbour to its right one
    weights = 0.5 * (x[2:] - x[:-2])
    slopes = 0.5 * (y[:-2] - y[2:])
    error = float(np.abs(slopes) @ rate_errors[order])
    if len(losses):
        contributions = weights @ losses[order]
        error += float(contributions.std(ddof=1) / np.sqrt(losses.shape[1]))
    score = 1 - float(np.trapezoid(y, x)) / triangle
    return Preference(min(1.0, max(0.0, score)), error / triangle)
