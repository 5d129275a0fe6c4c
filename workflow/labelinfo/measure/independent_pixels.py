"""The distortion of a decoder that ignores its code: the entropy of independent pixels."""

import torch
from torch import Tensor


def independent_pixels_nats(train: Tensor, images: Tensor) -> float:
    """Return −1/N Σ_n Σ_i log Bernoulli(x_ni; p_i), p_i fitted on other images.

    p_i = (Σ_m t_mi + ½) / (M + 1) is the mean of pixel i in M training images, smoothed so that a
    pixel that is never white there has no infinite cost. It is an **upper** bound on the smallest D
    that a decoder reaches without its code. A decoder above it predicts no better than these means.

    Parameters
    ----------
    train
        Images to fit, bits or intensities in [0, 1], (M, P).
    images
        Binary images to evaluate, (N, P).

    Returns
    -------
    float
        Nats per image.

    Examples
    --------
    Three pixels that are white in half of the images cost ln 2 each:

    >>> from labelinfo.units import nats_to_bits
    >>> bits = torch.tensor([[0, 1, 0], [1, 0, 1]])
    >>> round(nats_to_bits(independent_pixels_nats(bits, bits)), 6)
    3.0
    """
    white = (_white(train) + 0.5) / (len(train) + 1)
    share = _white(images) / len(images)
    return float(-(share * white.log() + (1 - share) * (-white).log1p()).sum())


def _white(images: Tensor) -> Tensor:
    # in parts: all images in float64 at once take 300 MB
    return torch.stack([part.double().sum(0) for part in images.split(1000)]).sum(0)
