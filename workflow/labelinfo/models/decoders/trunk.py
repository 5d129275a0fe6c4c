"""The deconvolutional trunk that every decoder of the paper shares."""

from torch import Tensor, nn

from labelinfo.models.layers import GatedConvTranspose2d, scaled


class DeconvTrunk(nn.Sequential):
    """Transposed gated 7/64/valid, 5/64/1, 5/64/2, 5/32/1, 5/32/2, 5/32/1: z to a 28×28 map.

    References
    ----------
    Alemi et al. (2018), *Fixing a broken ELBO*, https://arxiv.org/abs/1711.00464, appendix.
    """

    def __init__(self, latent_dim: int, width: float) -> None:
        c64, c32 = scaled(64, width), scaled(32, width)
        super().__init__(
            nn.Unflatten(-1, (latent_dim, 1, 1)),
            GatedConvTranspose2d(latent_dim, c64, 7),
            GatedConvTranspose2d(c64, c64, 5, 1, padding=2),
            GatedConvTranspose2d(c64, c64, 5, 2, padding=2),
            GatedConvTranspose2d(c64, c32, 5, 1, padding=2),
            GatedConvTranspose2d(c32, c32, 5, 2, padding=2),
            GatedConvTranspose2d(c32, c32, 5, 1, padding=2),
        )
        self.out_channels = c32

    def forward(self, z: Tensor) -> Tensor:
        """Map z (B, L) to features (B, out_channels, 28, 28)."""
        return super().forward(z)
