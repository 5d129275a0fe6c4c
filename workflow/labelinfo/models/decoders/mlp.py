"""The fully connected factorised decoder."""

from torch import Tensor, nn
from torch.distributions import Bernoulli, Distribution, Independent

from labelinfo.models.layers import GatedLinear, at_least_float32, scaled


class MlpDecoder(nn.Sequential):
    """d(x|z) = Π_i Bernoulli(x_i; σ(ℓ_i(z))), 784 logits ℓ from two gated layers.

    Parameters
    ----------
    hidden_units
        Units in each layer at width 1.

    References
    ----------
    Tomczak & Welling (2018), *VAE with a VampPrior*, https://arxiv.org/abs/1705.07120
    """

    def __init__(self, latent_dim: int, width: float, *, hidden_units: int) -> None:
        units = scaled(hidden_units, width)
        super().__init__(
            GatedLinear(latent_dim, units),
            GatedLinear(units, units),
            nn.Linear(units, 784),
            nn.Unflatten(-1, (1, 28, 28)),
        )

    def forward(self, z: Tensor) -> Distribution:
        """Return d(x|z), a distribution over images (B, 1, 28, 28), for z (B, L)."""
        return Independent(Bernoulli(logits=at_least_float32(super().forward(z))), 3)
