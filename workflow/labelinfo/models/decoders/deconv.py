"""The factorised decoder."""

from torch import Tensor, nn
from torch.distributions import Bernoulli, Distribution, Independent

from labelinfo.models.layers import GatedConvTranspose2d, scaled


class DeconvDecoder(nn.Module):
    """d(x|z) = Π_i Bernoulli(x_i; σ(ℓ_i(z))), 784 logits ℓ from transposed gated convolutions.

    Transposed gated 7/64/valid, 5/64/1, 5/64/2, 5/32/1, 5/32/2, 5/32/1, then 1×1.

    Parameters
    ----------
    latent_dim
        Dimension L of z.
    width
        Multiplier of every channel count.

    References
    ----------
    Alemi et al. (2018), *Fixing a broken ELBO*, https://arxiv.org/abs/1711.00464, appendix.
    """

    def __init__(self, latent_dim: int = 64, width: float = 1.0) -> None:
        super().__init__()
        c64, c32 = scaled(64, width), scaled(32, width)
        self.layers = nn.Sequential(
            nn.Unflatten(-1, (latent_dim, 1, 1)),
            GatedConvTranspose2d(latent_dim, c64, 7),
            GatedConvTranspose2d(c64, c64, 5, 1, padding=2),
            GatedConvTranspose2d(c64, c64, 5, 2, padding=2),
            GatedConvTranspose2d(c64, c32, 5, 1, padding=2),
            GatedConvTranspose2d(c32, c32, 5, 2, padding=2),
            GatedConvTranspose2d(c32, c32, 5, 1, padding=2),
            nn.Conv2d(c32, 1, 1),
        )

    def forward(self, z: Tensor) -> Distribution:
        """Return d(x|z), a distribution over images (B, 1, 28, 28), for z (B, L)."""
        logits = self.layers(z).float()
        return Independent(Bernoulli(logits=logits, validate_args=False), 3, validate_args=False)
