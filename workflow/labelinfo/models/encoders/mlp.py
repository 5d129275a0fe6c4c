"""The fully connected Gaussian encoder."""

from torch import nn

from labelinfo.models.encoders.gaussian import GaussianHead
from labelinfo.models.layers import GatedLinear, scaled


class MlpEncoder(GaussianHead):
    """p(z|x) = N(z; μ(x), diag σ²(x)) from two gated layers on the pixels.

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
        layers = nn.Flatten(), GatedLinear(784, units), GatedLinear(units, units)
        super().__init__(latent_dim, nn.Sequential(*layers), units)
