"""Entropies of empirical distributions, in nats and bits."""

import math

import numpy as np

# upper bounds on H(X): a number from the literature, and a sweep's best R + D
PUBLISHED, BEST_OF_SWEEP = "published", "best_of_sweep"


def label_entropy_nats(labels: np.ndarray) -> float:
    """Return H(Y) = −Σ_y f(y) ln f(y) of the label frequencies f of a split, in nats.

    It is the label distortion of the best classifier that knows only these frequencies. ``labels``
    are class numbers (N,); negative numbers are missing labels, which do not count. Raises
    ValueError if there is no label.

    Four equally frequent classes have two bits; the missing label does not count:

    >>> round(label_entropy_nats(np.array([0, 1, 2, 3, -1])), 4)  # 2 ln 2
    1.3863
    """
    labels = np.asarray(labels)
    labels = labels[labels >= 0]
    if labels.size == 0:
        raise ValueError("no labels, no entropy")
    _, counts = np.unique(labels, return_counts=True)
    frequencies = counts / counts.sum()
    return float(-(frequencies * np.log(frequencies)).sum())


def label_entropy_bias_nats(labels: int, classes: int) -> float:
    """Return (K − 1) / (2N), the mean underestimation of H(Y) by the frequencies of N labels.

    It is the leading term for N labels drawn from K classes: the frequencies fit the labels that
    they are counted from better than the true probabilities do.

    Miller (1955), Note on the bias of information estimates.

    >>> label_entropy_bias_nats(labels=1000, classes=11)
    0.005
    """
    return (classes - 1) / (2 * labels)


def nats_to_bits(nats: float) -> float:
    """Convert an information quantity: bits = nats / ln 2.

    >>> nats_to_bits(math.log(8))
    3.0
    """
    return nats / math.log(2.0)


def bits_to_nats(bits: float) -> float:
    """Convert an information quantity: nats = bits · ln 2.

    >>> round(bits_to_nats(1), 4)
    0.6931
    """
    return bits * math.log(2.0)
