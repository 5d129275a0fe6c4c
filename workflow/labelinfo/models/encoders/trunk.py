"""The convolutional trunk that every encoder of the paper shares."""

from torch import Tensor, nn

from labelinfo.models.layers import GatedConv2d, scaled


class ConvTrunk(nn.Sequential):
    """Gated 5/32/1, 5/32/2, 5/64/1, 5/64/2, 7/256/valid: 28×28 images to one vector.

    References
    ----------
    Alemi et al. (2018), *Fixing a broken ELBO*, https://arxiv.org/abs/1711.00464, appendix.
    """

    def __init__(self, width: float) -> None:
        c32, c64, c256 = scaled(32, width), scaled(64, width), scaled(256, width)
        super().__init__(
            GatedConv2d(1, c32, 5, 1, padding=2),
            GatedConv2d(c32, c32, 5, 2, padding=2),
            GatedConv2d(c32, c64, 5, 1, padding=2),
            GatedConv2d(c64, c64, 5, 2, padding=2),
            GatedConv2d(c64, c256, 7),
            nn.Flatten(),
        )
        self.out_features = c256

    def forward(self, x: Tensor) -> Tensor:
        """Map images (B, 1, 28, 28) with pixels in [0, 1] to features (B, out_features)."""
        # centred inputs: mostly black images would otherwise give mostly zero features
        return super().forward(2 * x - 1)
