"""Entropies of empirical distributions."""

import numpy as np


def label_entropy_nats(labels: np.ndarray) -> float:
    """Return H(Y) = −Σ_y f(y) ln f(y) of the label frequencies f of a split, in nats.

    It is the label distortion of the best classifier that knows only these frequencies, so the
    starting point of every C.

    Parameters
    ----------
    labels
        Class numbers (N,), N ≥ 1.

    Raises
    ------
    ValueError
        If there is no label.
    """
    labels = np.asarray(labels)
    if labels.size == 0:
        raise ValueError("no labels, no entropy")
    _, counts = np.unique(labels, return_counts=True)
    frequencies = counts / counts.sum()
    return float(-(frequencies * np.log(frequencies)).sum())
