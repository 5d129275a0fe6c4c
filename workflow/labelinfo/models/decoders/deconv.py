"""The factorised decoder."""

from torch import Tensor, nn
from torch.distributions import Bernoulli, Distribution, Independent

from labelinfo.models.decoders.trunk import DeconvTrunk
from labelinfo.models.layers import Conv2d, at_least_float32


class DeconvDecoder(nn.Module):
    """d(x|z) = Π_i Bernoulli(x_i; σ(ℓ_i(z))), 784 logits ℓ: the trunk, then a 1×1 convolution.

    References
    ----------
    Alemi et al. (2018), *Fixing a broken ELBO*, https://arxiv.org/abs/1711.00464, appendix.
    """

    def __init__(self, latent_dim: int, width: float) -> None:
        super().__init__()
        self.trunk = DeconvTrunk(latent_dim, width)
        self.logits = Conv2d(self.trunk.out_channels, 1, 1)

    def forward(self, z: Tensor) -> Distribution:
        """Return d(x|z), a distribution over images (B, 1, 28, 28), for z (B, L)."""
        logits = at_least_float32(self.logits(self.trunk(z)))
        return Independent(Bernoulli(logits=logits), 3)
