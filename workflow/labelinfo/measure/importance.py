"""The negative log-likelihood of a frozen VAE by importance weighting."""

import torch
from torch import Tensor
from torch.distributions import Distribution

from labelinfo.bounds import importance_nll_nats, rate_monte_carlo_nats, standard_error
from labelinfo.data.dataset import Split, draw_binary
from labelinfo.measure.rate_distortion import decoded_distortion_nats
from labelinfo.models.vae import VAE, rsample_and_log_prob

# Maximum number of codes (draws of z × images) in memory at once.
_CODES = 20_000


@torch.no_grad()
def measure_importance_nll(
    model: VAE, split: Split, *, draws: int, batch_size: int, seed: int
) -> dict[str, float]:
    """Return ``nll_iwae_nats``, an upper bound on E −log p(x), and its standard error over images.

    ``draws`` is K of :func:`~labelinfo.bounds.importance_nll_nats`; densities are in float32.
    """
    model.eval()
    device = next(model.parameters()).device
    torch.manual_seed(seed)
    with torch.autocast(device.type, enabled=False):
        marginal = model.marginal(model.encoder)
        values = torch.cat(
            [
                _of_images(model, marginal, draw_binary(images), draws)
                for images in split.images.to(device).split(batch_size)
            ]
        )
    error = float(standard_error(values))
    return {"nll_iwae_nats": float(values.mean()), "nll_iwae_nats_se": error}


def _of_images(model: VAE, marginal: Distribution, x: Tensor, draws: int) -> Tensor:
    features = model.encoder.features(x)
    at_once = max(1, _CODES // len(x))
    log_weights = []
    for first in range(0, draws, at_once):
        count = min(at_once, draws - first)
        repeated = features.repeat(count, *[1] * (features.ndim - 1))
        z, log_posterior = rsample_and_log_prob(model.encoder.posterior(repeated))
        rate = rate_monte_carlo_nats(log_posterior, marginal.log_prob(z))
        distortion = decoded_distortion_nats(model, z, x.repeat(count, 1, 1, 1))
        log_weights.append(-(rate + distortion).double().view(count, len(x)))
    return importance_nll_nats(torch.cat(log_weights)).cpu()
