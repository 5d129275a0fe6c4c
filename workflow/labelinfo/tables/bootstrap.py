"""How sure a difference between two label distortions is, given that both saw the same images."""

from dataclasses import dataclass

import numpy as np

# Resamples whose counts are held at a time.
_BLOCK = 100


@dataclass(frozen=True)
class Interval:
    """Means of M differences with their standard errors and intervals, (M,) each, in nats."""

    mean: np.ndarray
    standard_error: np.ndarray
    low: np.ndarray
    high: np.ndarray


def paired_bootstrap(
    differences: np.ndarray, *, resamples: int, confidence: float, seed: int
) -> Interval:
    """Return the mean of each row of per-image differences, its standard error and interval.

    N images are drawn from the N with replacement, again and again; both losses of a drawn image
    come along, so what is hard about an image for either cancels. The interval goes from the
    (1 − confidence)/2 quantile of the resampled means to the (1 + confidence)/2 quantile. All rows
    share the draws. It says how far the difference may lie from the one on all images of that kind,
    for **these** trained models: that another training would have come out otherwise is not in it.
    Of few images with a long tail of losses the interval holds the true difference less often than
    ``confidence`` says: of 50, about nine times in ten for 0.95; of 400 or more, as often.

    Parameters
    ----------
    differences
        (M, N): loss of one less loss of the other, on the same image, in nats.
    resamples
        How many draws.
    confidence
        Between 0 and 1.
    seed
        Of the draws.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13 (percentile interval).
    """
    resampled = resampled_means(differences, resamples=resamples, seed=seed)
    return interval(differences.mean(axis=1), resampled, confidence=confidence)


def resampled_means(values: np.ndarray, *, resamples: int, seed: int) -> np.ndarray:
    """Return the means (resamples, M) of each of M rows over images drawn with replacement.

    The draws depend on the seed and the number of images alone, so that differences between rows
    of two calls are paired too.
    """
    count, images = values.shape
    random = np.random.default_rng(seed)
    means = np.empty((resamples, count))
    for first in range(0, resamples, _BLOCK):
        block = min(_BLOCK, resamples - first)
        drawn = random.integers(images, size=(block, images))
        drawn += images * np.arange(block)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=block * images).reshape(block, images)
        means[first : first + block] = counts.astype(float) @ values.T / images
    return means


def interval(means: np.ndarray, resampled: np.ndarray, *, confidence: float) -> Interval:
    """Return standard errors and intervals of M means from their resampled values."""
    edges = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(resampled, edges, axis=0)
    return Interval(means, resampled.std(axis=0, ddof=1), low, high)
