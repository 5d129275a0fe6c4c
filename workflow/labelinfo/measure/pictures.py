"""Reconstructions and samples of a frozen VAE, as images."""

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Distribution, Independent

from labelinfo.data.dataset import Split, draw_binary
from labelinfo.io.pictures import Pictures
from labelinfo.models.vae import VAE


@torch.no_grad()
def make_pictures(
    model: VAE, split: Split, *, images: int, reconstructions: int, seed: int
) -> Pictures:
    """Reconstruct images spread over a split, and sample as many from the marginal."""
    model.eval()
    device = next(model.parameters()).device
    torch.manual_seed(seed)
    count = min(images, len(split))
    rows = torch.linspace(0, len(split) - 1, count).long()
    x = draw_binary(split.images[rows].to(device))
    posterior = model.encoder(x)
    rebuilt = [render(model.decoder(posterior.sample())) for _ in range(reconstructions)]
    z = model.marginal(model.encoder).sample((count,))
    return Pictures(
        _grey(x), np.stack([_grey(image) for image in rebuilt]), _grey(render(model.decoder(z)))
    )


def render(likelihood: Distribution) -> Tensor:
    """Return what a decoder sees at z: pixel probabilities if it is factorised, else a sample.

    A sample of an autoregressive decoder is coherent; one of a factorised decoder is the same
    probabilities with pixel noise on top.
    """
    if isinstance(likelihood, Independent) and isinstance(likelihood.base_dist, Bernoulli):
        return likelihood.base_dist.probs
    return likelihood.sample()


def _grey(images: Tensor) -> np.ndarray:
    return images.reshape(-1, 28, 28).float().cpu().numpy()
