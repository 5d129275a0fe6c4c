"""Reconstructions and samples of a frozen VAE, as images."""

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Distribution, Independent

from labelinfo.data.dataset import draw_binary
from labelinfo.io.pictures import Pictures
from labelinfo.models.vae import VAE


def choose_over_classes(labels: Tensor, count: int, seed: int) -> Tensor:
    """Choose rows at random so that every class has one, in the order of the classes.

    With fewer rows than classes, the chosen classes are evenly spaced.
    """
    labels, random = labels.cpu().numpy(), np.random.default_rng(seed)
    classes = np.unique(labels)
    count = min(count, len(labels))
    wanted = classes[np.linspace(0, len(classes) - 1, count).round().astype(int)]
    rows = []
    for label, of_class in zip(*np.unique(wanted, return_counts=True), strict=True):
        available = np.flatnonzero(labels == label)
        rows.append(random.choice(available, of_class, replace=of_class > len(available)))
    return torch.from_numpy(np.concatenate(rows))


@torch.no_grad()
def make_pictures(model: VAE, images: Tensor, *, reconstructions: int, seed: int) -> Pictures:
    """Reconstruct ``images`` (N, 784), and sample N images from the marginal."""
    model.eval()
    device = next(model.parameters()).device
    torch.manual_seed(seed)
    count = len(images)
    x = draw_binary(images.to(device))
    posterior = model.encoder(x)
    rebuilt = [render(model.decoder(posterior.sample())) for _ in range(reconstructions)]
    z = model.marginal(model.encoder).sample((count,))
    return Pictures(
        _grey(x), np.stack([_grey(image) for image in rebuilt]), _grey(render(model.decoder(z)))
    )


def render(likelihood: Distribution) -> Tensor:
    """Return the picture of a decoder's output: pixel probabilities if factorised, else a sample.

    A sample of an autoregressive decoder is coherent. A sample of a factorised decoder only adds
    pixel noise to the probabilities.
    """
    if isinstance(likelihood, Independent) and isinstance(likelihood.base_dist, Bernoulli):
        return likelihood.base_dist.probs
    return likelihood.sample()


def _grey(images: Tensor) -> np.ndarray:
    return images.reshape(-1, 28, 28).float().cpu().numpy()
