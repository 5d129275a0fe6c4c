"""The diagonal Gaussian encoder."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from labelinfo.models.encoders.trunk import ConvTrunk
from labelinfo.models.layers import at_least_float32


class GaussianHead(nn.Module):
    """p(z|x) = N(z; μ(x), diag σ²(x)), mean and log-variance linear in a trunk's features.

    ``trunk`` maps images (B, 1, 28, 28) to (B, F), F = ``features``.

    References
    ----------
    Kingma & Welling (2014), *Auto-encoding variational Bayes*, https://arxiv.org/abs/1312.6114
    """

    def __init__(self, latent_dim: int, trunk: nn.Module, features: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = nn.Linear(features, 2 * latent_dim)

    def features(self, x: Tensor) -> Tensor:
        """Map images (B, 1, 28, 28) to (B, 2L) numbers, the costly part of the posterior."""
        return at_least_float32(self.head(self.trunk(x)))

    def gaussian(self, features: Tensor) -> Distribution:
        """Return N(μ, diag σ²), the whole posterior."""
        return diagonal_gaussian(features)

    def posterior(self, features: Tensor) -> Distribution:
        """Return p(z|x), a distribution over (B, L), from :meth:`features`."""
        return self.gaussian(features)

    def forward(self, x: Tensor) -> Distribution:
        """Return p(z|x) for images x (B, 1, 28, 28)."""
        return self.posterior(self.features(x))


class GaussianEncoder(GaussianHead):
    """The paper's diagonal Gaussian encoder, with its convolutional trunk."""

    def __init__(self, latent_dim: int, width: float) -> None:
        trunk = ConvTrunk(width)
        super().__init__(latent_dim, trunk, trunk.out_features)


def diagonal_gaussian(heads: Tensor) -> Distribution:
    """Return N(μ, diag σ²) for heads (B, 2L) that hold means and log-variances."""
    mean, log_variance = heads.chunk(2, dim=-1)
    scale = torch.exp(0.5 * log_variance)
    return Independent(Normal(mean, scale), 1)
