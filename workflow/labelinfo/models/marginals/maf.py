"""The masked-autoregressive-flow marginal."""

from torch import nn
from torch.distributions import Distribution
from zuko.flows import MAF

from labelinfo.models.layers import scaled


class MafMarginal(nn.Module):
    """m(z) = N(u; 0, I) |det ∂u/∂z|, u = (f_K ∘ … ∘ f_1)(z), f_k autoregressive and affine.

    f_k(z)_i = s_i z_i + m_i, where s > 0 and m are functions of z_<i given by a masked network
    (MADE); the order of the dimensions is reversed from block to block. A density takes one pass, a
    sample L passes per block.

    Parameters
    ----------
    blocks
        Number K of MADE blocks.
    hidden_units
        Units in each of a block's two hidden layers at width 1, never less than L.

    References
    ----------
    Papamakarios et al. (2017), *Masked autoregressive flow for density estimation*,
    https://arxiv.org/abs/1705.07057
    """

    def __init__(self, latent_dim: int, width: float, *, blocks: int, hidden_units: int) -> None:
        super().__init__()
        units = max(latent_dim, scaled(hidden_units, width))
        self.flow = MAF(latent_dim, transforms=blocks, hidden_features=(units, units))

    def forward(self, encoder: nn.Module) -> Distribution:
        """Return m(z), a distribution over (L,); ``encoder`` is not used."""
        return self.flow()
