"""The fixed marginal."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal


class GaussianMarginal(nn.Module):
    """m(z) = N(z; 0, I), without parameters."""

    mean: Tensor
    scale: Tensor

    def __init__(self, latent_dim: int, width: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(latent_dim))
        self.register_buffer("scale", torch.ones(latent_dim))

    def forward(self, encoder: nn.Module) -> Distribution:
        """Return m(z), a distribution over (L,); ``encoder`` is not used."""
        return Independent(Normal(self.mean, self.scale), 1)
