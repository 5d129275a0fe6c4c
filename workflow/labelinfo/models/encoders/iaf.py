"""The inverse-autoregressive-flow encoder."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from zuko.distributions import NormalizingFlow
from zuko.flows import MaskedAutoregressiveTransform
from zuko.transforms import ComposedTransform

from labelinfo.models.encoders.gaussian import diagonal_gaussian
from labelinfo.models.encoders.trunk import ConvTrunk
from labelinfo.models.layers import at_least_float32, scaled


class IafEncoder(nn.Module):
    """z = (f_T ∘ … ∘ f_1)(z₀), z₀ ~ N(μ(x), diag σ²(x)), f_t inverse-autoregressive and affine.

    f_t(z)_i = s_i z_i + m_i, where s > 0 and m are functions of z_<i and of a context vector c(x),
    given by a masked network; the order of the dimensions is reversed from step to step. So
    log p(z|x) = log N(z₀; μ, diag σ²) − Σ_t Σ_i log s_ti. A drawn z takes one pass; any other z
    takes L sequential solves per step.

    Parameters
    ----------
    steps
        Number T of steps.
    hidden_units
        Units in each of a masked network's two hidden layers at width 1, never less than L.
    context_units
        Length of c(x) at width 1.

    References
    ----------
    Kingma et al. (2016), *Improved variational inference with inverse autoregressive flow*,
    https://arxiv.org/abs/1606.04934
    """

    def __init__(
        self,
        latent_dim: int,
        width: float,
        *,
        steps: int,
        hidden_units: int,
        context_units: int,
    ) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        context = scaled(context_units, width)
        units = max(latent_dim, scaled(hidden_units, width))
        self.trunk = ConvTrunk(width)
        self.head = nn.Linear(self.trunk.out_features, 2 * latent_dim + context)
        order = torch.arange(latent_dim)
        self.steps = nn.ModuleList(
            MaskedAutoregressiveTransform(
                latent_dim,
                context,
                order=order if step % 2 == 0 else order.flip(0),
                hidden_features=(units, units),
            )
            for step in range(steps)
        )

    def features(self, x: Tensor) -> Tensor:
        """Return μ, log σ² and c of images x (B, 1, 28, 28), as (B, 2L + C) numbers."""
        return at_least_float32(self.head(self.trunk(x)))

    def gaussian(self, features: Tensor) -> Distribution:
        """Return N(μ, diag σ²), the distribution of z₀ before the flow."""
        return diagonal_gaussian(features[..., : 2 * self.latent_dim])

    def posterior(self, features: Tensor) -> Distribution:
        """Return p(z|x), a distribution over (B, L), from :meth:`features`."""
        context = features[..., 2 * self.latent_dim :]
        flow = ComposedTransform(*(step(context) for step in self.steps))
        # NormalizingFlow expects the map from z to its base; here the fast direction is its inverse
        return NormalizingFlow(flow.inv, self.gaussian(features))

    def forward(self, x: Tensor) -> Distribution:
        """Return p(z|x) for images x (B, 1, 28, 28)."""
        return self.posterior(self.features(x))
