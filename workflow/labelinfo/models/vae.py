"""The one VAE, and how it is built from component names."""

import importlib
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from torch import Tensor, nn

from labelinfo.bounds import distortion_nats, rate_closed_form_nats, rate_monte_carlo_nats
from labelinfo.errors import ConfigError


class Terms(NamedTuple):
    """Per-image terms of the objective, in nats, each of shape (B,)."""

    rate_nats: Tensor
    distortion_nats: Tensor


class VAE(nn.Module):
    """Encoder p(z|x), decoder d(x|z) and marginal m(z); β belongs to the objective, not here.

    Parameters
    ----------
    encoder
        Module with ``features(x)`` → Tensor and ``posterior(features)`` → distribution over z;
        called on images (B, 1, 28, 28) it does both.
    decoder
        Module that maps z (B, L) to a distribution over images (B, 1, 28, 28).
    marginal
        Module that maps the encoder to a distribution over z, shape (L,).
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, marginal: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.marginal = marginal

    def forward(self, x: Tensor) -> Terms:
        """Return rate and distortion of binary images x from one draw of z each.

        The rate is the closed form where it exists, which has the smaller variance, and the
        Monte Carlo estimate otherwise.
        """
        posterior = self.encoder(x)
        z = posterior.rsample()
        marginal = self.marginal(self.encoder)
        rate = rate_closed_form_nats(posterior, marginal)
        if rate is None:
            rate = rate_monte_carlo_nats(posterior, marginal, z)
        return Terms(rate, distortion_nats(self.decoder(z), x))


@dataclass(frozen=True)
class VaeSpec:
    """What a VAE is made of: import paths ``module:Class`` and sizes."""

    encoder: str
    decoder: str
    marginal: str
    latent_dim: int = 64
    width: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return asdict(self)

    def build(self) -> VAE:
        """Make the VAE with fresh parameters from torch's global random state.

        Raises
        ------
        ConfigError
            If an import path leads nowhere.
        """
        return VAE(
            load_component(self.encoder)(latent_dim=self.latent_dim, width=self.width),
            load_component(self.decoder)(latent_dim=self.latent_dim, width=self.width),
            load_component(self.marginal)(latent_dim=self.latent_dim),
        )


def load_component(path: str) -> type[nn.Module]:
    """Import the class that ``module:Class`` names.

    Raises
    ------
    ConfigError
        If the module or the class does not exist.
    """
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"The component {path!r} cannot be imported: {error}.") from error
