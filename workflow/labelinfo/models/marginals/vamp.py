"""The VampPrior."""

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, MixtureSameFamily


class VampMarginal(nn.Module):
    """m(z) = 1/K Σ_k N(z; μ(u_k), diag σ²(u_k)), the encoder's Gaussians at K pseudo-inputs u.

    The pseudo-inputs are learned images with pixels σ(ω) in (0, 1). They start at training images
    (an option of the authors); from noise, the components would need many epochs to separate. With
    a flow encoder, the components are its Gaussians before the flow (our choice). m(z) is still
    normalised, so the rate remains an upper bound on I(X; Z). If an encoder has no method
    ``gaussian``, its whole posteriors are the components.

    Parameters
    ----------
    components
        Number K of pseudo-inputs.

    References
    ----------
    Tomczak & Welling (2018), *VAE with a VampPrior*, https://arxiv.org/abs/1705.07120
    """

    def __init__(self, latent_dim: int, width: float, *, components: int) -> None:
        super().__init__()
        self.pixel_logits = nn.Parameter(torch.randn(components, 1, 28, 28))

    @torch.no_grad()
    def initialise(self, images: Tensor) -> None:
        """Start at random training images (N, 1, 28, 28), plus noise so that repeats differ."""
        order = torch.randperm(len(images))
        rows = order[torch.arange(len(self.pixel_logits)) % len(images)]
        chosen = images[rows].to(self.pixel_logits.dtype)
        self.pixel_logits.copy_(4 * chosen - 2 + 0.5 * torch.randn_like(chosen))

    def forward(self, encoder: nn.Module) -> Distribution:
        """Return m(z), a distribution over (L,), for the encoder's current parameters."""
        features = encoder.features(torch.sigmoid(self.pixel_logits))
        components = getattr(encoder, "gaussian", encoder.posterior)(features)
        weights = Categorical(logits=features.new_zeros(len(features)))
        return MixtureSameFamily(weights, components)
