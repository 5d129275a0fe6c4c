"""Check on two images that three components form a VAE."""

import torch
from torch import Tensor
from torch.distributions import Distribution

from labelinfo.errors import ConfigError
from labelinfo.models.vae import VAE, VaeSpec

_REMEDY = "see docs/extending.md for what each component returns"


@torch.no_grad()
def check_contract(model: VAE, spec: VaeSpec, images: Tensor) -> None:
    """Refuse components that do not fit together, judging by their outputs for ``images``.

    Random state, parameters and buffers do not change. ``model`` is built from ``spec``;
    ``images`` are at least two, bits (B, 1, 28, 28).

    Raises
    ------
    ConfigError
        If a component raises, or returns a value of the wrong kind or shape.
    """
    training = model.training
    model.eval()
    try:
        with torch.random.fork_rng(devices=[]):
            _check(model, spec, images)
    finally:
        model.train(training)


def _check(model: VAE, spec: VaeSpec, images: Tensor) -> None:
    count, latent_dim = len(images), spec.latent_dim
    encoder = f"encoder {spec.encoder!r}"
    features = _returned(f"{encoder}, given images, in `features`,", model.encoder.features, images)
    if not isinstance(features, Tensor) or features.ndim != 2 or len(features) != count:
        shape = tuple(getattr(features, "shape", ())) or type(features).__name__
        raise ConfigError(
            f"The {encoder} gives features of shape {shape} for {count} images: give one row of "
            f"numbers an image; {_REMEDY}."
        )
    posterior = _returned(f"{encoder}, in `posterior`,", model.encoder.posterior, features)
    _require(f"The {encoder}", posterior, (count,), (latent_dim,))
    if not posterior.has_rsample:
        raise ConfigError(
            f"The {encoder} gives a distribution that no gradient goes through (it has no "
            f"`rsample`); {_REMEDY}."
        )
    whole = _returned(encoder, model.encoder, images)
    _require(f"The {encoder}, called on images,", whole, (count,), (latent_dim,))
    z = posterior.rsample()
    if z.shape != (count, latent_dim):
        raise ConfigError(
            f"The {encoder} draws codes of shape {tuple(z.shape)} for {count} images: draw "
            f"{(count, latent_dim)}; {_REMEDY}."
        )
    # R is measured on `whole`, probes are trained on `posterior`
    densities = [each.log_prob(z) for each in (posterior, whole)]
    if not torch.allclose(*densities, rtol=1e-3, atol=1e-3, equal_nan=True):
        raise ConfigError(
            f"The {encoder} gives another distribution when it is called on images than its "
            "`posterior` gives for its `features`: they have to be the same; " + _REMEDY + "."
        )
    name = f"marginal {spec.marginal!r}"
    marginal = _returned(name, model.marginal, model.encoder)
    _require(f"The {name}", marginal, (), (latent_dim,))
    _returned(f"{name}, in `sample`,", marginal.sample)
    decoder = f"decoder {spec.decoder!r}"
    _require(f"The {decoder}", _returned(decoder, model.decoder, z), (count,), images.shape[1:])


def _returned(name: str, function: object, *arguments: object) -> object:
    try:
        return function(*arguments)
    except ConfigError:
        raise
    except Exception as error:  # a user's class may do anything
        raise ConfigError(
            f"The {name} raises {type(error).__name__}: {' '.join(str(error).split())[:300]}; "
            f"{_REMEDY}."
        ) from error


def _require(
    name: str, found: object, batch_shape: tuple[int, ...], event_shape: tuple[int, ...]
) -> None:
    if not isinstance(found, Distribution):
        raise ConfigError(
            f"{name} gives a {type(found).__name__} and no torch.distributions.Distribution; "
            f"{_REMEDY}."
        )
    shapes = tuple(found.batch_shape), tuple(found.event_shape)
    wanted = tuple(batch_shape), tuple(event_shape)
    if shapes != wanted:
        raise ConfigError(
            f"{name} gives a distribution of batch shape {shapes[0]} and event shape {shapes[1]}: "
            f"it has to be {wanted[0]} and {wanted[1]}; {_REMEDY}."
        )
