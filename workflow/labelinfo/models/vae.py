"""The VAE, and its construction from component names."""

import importlib
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from labelinfo.bounds import distortion_nats, rate_closed_form_nats, rate_monte_carlo_nats
from labelinfo.errors import ConfigError

# torch's argument validation synchronises with the GPU, which breaks the recording of a step, and
# raises on NaN, which is reported as divergence.
Distribution.set_default_validate_args(False)


class Terms(NamedTuple):
    """Per-image terms of the objective, in nats, each of shape (B,)."""

    rate_nats: Tensor
    distortion_nats: Tensor


class VAE(nn.Module):
    """Encoder p(z|x), decoder d(x|z) and marginal m(z); β belongs to the objective.

    The encoder has ``features(x)`` → Tensor and ``posterior(features)`` → distribution over z;
    calling it on images (B, 1, 28, 28) applies both. The decoder maps z (B, L) to a distribution
    over images. The marginal maps the encoder to a distribution over z, shape (L,).
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, marginal: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder, self.marginal = encoder, decoder, marginal

    def initialise(self, images: Tensor) -> None:
        """Show training images (N, 1, 28, 28) to the components that have an ``initialise``."""
        for component in (self.encoder, self.decoder, self.marginal):
            if hasattr(component, "initialise"):
                component.initialise(images)

    def forward(self, x: Tensor, marginal: Distribution | None = None) -> Terms:
        """Return rate and distortion of binary images x from one draw of z each.

        The rate is the closed form if one exists, because of its smaller variance, and the Monte
        Carlo estimate otherwise. ``marginal`` is m(z), if it has already been built.

        Raises
        ------
        ConfigError
            If a component's distribution does not give one log-density per image.
        """
        z, rate = self.encode(x, marginal)
        return Terms(rate, self.distortion_nats(z, x))

    def encode(self, x: Tensor, marginal: Distribution | None = None) -> tuple[Tensor, Tensor]:
        """Return one draw z (B, L) of each image's posterior, and the rates (B,) in nats."""
        posterior = self.encoder(x)
        if marginal is None:
            marginal = self.marginal(self.encoder)
        # half precision is only for the networks' products: the terms of a density cancel
        with torch.autocast(x.device.type, enabled=False):
            z, log_posterior = rsample_and_log_prob(posterior)
            rate = rate_closed_form_nats(posterior, marginal)
            if rate is None:
                rate = rate_monte_carlo_nats(log_posterior, marginal.log_prob(z))
        # another shape would broadcast in the objective and give a wrong loss
        if rate.shape != (len(x),):
            raise ConfigError(
                f"The encoder or the marginal gives log-densities of shape {tuple(rate.shape)} for "
                f"{len(x)} images: give one number an image (event shape (L,))."
            )
        return z, rate

    def distortion_nats(self, z: Tensor, x: Tensor) -> Tensor:
        """Return −log d(x|z), (B,), in nats."""
        distortion = distortion_nats(self.decoder(z), x)
        if distortion.shape != (len(x),):
            raise ConfigError(
                f"The decoder gives log-densities of shape {tuple(distortion.shape)} for {len(x)} "
                "images: give one number an image (event shape (1, 28, 28))."
            )
        return distortion


def rsample_and_log_prob(distribution: Distribution) -> tuple[Tensor, Tensor]:
    """Draw one z per distribution, differentiably; return z and log p(z).

    A flow with a fast draw gives the density of that draw in the same pass. The density of any
    other z needs one sequential solve per dimension.
    """
    if hasattr(distribution, "rsample_and_log_prob"):
        return distribution.rsample_and_log_prob()
    z = distribution.rsample()
    return z, distribution.log_prob(z)


@dataclass(frozen=True)
class VaeSpec:
    """Specification of a VAE: import paths ``module:Class``, sizes, and the components' options.

    Attributes
    ----------
    encoder, decoder, marginal
        Import paths.
    width
        Multiplier of every number of channels or units.
    options
        Further keyword arguments of a component's class, by kind: ``encoder``, ``decoder``,
        ``marginal``.
    """

    encoder: str
    decoder: str
    marginal: str
    latent_dim: int
    width: float
    options: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return asdict(self)

    def build(self) -> VAE:
        """Build the VAE with new parameters from torch's global random state.

        Convolution weights are channels-last, for the fastest kernels.

        Raises
        ------
        ConfigError
            If an import path does not exist, or a class does not take its options or lacks a
            method that the VAE calls.
        """
        model = VAE(*(self._component(kind) for kind in ("encoder", "decoder", "marginal")))
        return model.to(memory_format=torch.channels_last)

    def _component(self, kind: str) -> nn.Module:
        path = getattr(self, kind)
        component = load_component(path)
        options = self.options.get(kind, {})
        missing = [name for name in _METHODS[kind] if not callable(getattr(component, name, None))]
        if missing:
            raise ConfigError(f"The {kind} {path!r} lacks the methods {missing}.")
        try:
            return component(latent_dim=self.latent_dim, width=self.width, **options)
        except Exception as error:
            raise ConfigError(
                f"The {kind} {path!r} cannot be made with latent_dim {self.latent_dim}, width "
                f"{self.width} and the options {options}: {type(error).__name__}, {error}."
            ) from error


# the methods that the VAE calls by name
_METHODS = {"encoder": ("features", "posterior"), "decoder": (), "marginal": ()}


def load_component(path: str) -> type[nn.Module]:
    """Import the class that ``module:Class`` names.

    This runs code of the user's choice, so ``path`` must come from the configuration, never from a
    weights file or a table.

    Raises
    ------
    ConfigError
        If the module or the class does not exist, or the class is not a ``torch.nn.Module``.
    """
    module, _, name = path.partition(":")
    try:
        component = getattr(importlib.import_module(module), name)
    except Exception as error:  # a user's module may do anything
        raise ConfigError(
            f"The component {path!r} cannot be imported: {type(error).__name__}, {error}."
        ) from error
    if not (isinstance(component, type) and issubclass(component, nn.Module)):
        raise ConfigError(f"The component {path!r} is not a subclass of torch.nn.Module.")
    return component
