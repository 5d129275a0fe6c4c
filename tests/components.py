"""Components and VAEs for tests, with the configuration's default options."""

import itertools

import torch

from labelinfo.config.completion import complete
from labelinfo.config.components import known_components, vae_spec
from labelinfo.models.registry import DECODERS, ENCODERS, MARGINALS
from labelinfo.models.vae import VaeSpec, load_component

# the paper's twelve, and each further component once
EVERY = [
    *itertools.product(("gaussian", "iaf"), ("deconv", "pixelcnn"), MARGINALS),
    ("gaussian", "pixelcnn_short", "gaussian"),
    ("mlp", "mlp", "vamp"),
]
# every component of the paper once
EACH_ONCE = [
    ("gaussian", "deconv", "gaussian"),
    ("gaussian", "pixelcnn", "vamp"),
    ("iaf", "deconv", "maf"),
]
assert {encoder for encoder, _, _ in EVERY} == set(ENCODERS)
assert {decoder for _, decoder, _ in EVERY} == set(DECODERS)


def make(kind, name, **sizes):
    """Make an ``encoder``, ``decoder`` or ``marginal``, ready for evaluation."""
    component = _known()[f"{kind}s"][name]
    torch.manual_seed(0)
    return load_component(component.path)(**sizes, **component.options).eval()


def make_spec(encoder="gaussian", decoder="deconv", marginal="gaussian", **model):
    """Return the specification of a VAE of these components; ``model`` overrides the defaults."""
    config = complete({"model": model})
    known = known_components(config, ())
    return VaeSpec(**vae_spec(config, known, encoder=encoder, decoder=decoder, marginal=marginal))


def make_vae(encoder, decoder, marginal, *, seed=0, **model):
    """Make a VAE with fresh parameters."""
    torch.manual_seed(seed)
    return make_spec(encoder, decoder, marginal, **model).build()


def _known():
    return known_components(complete({}), ())


def random_images(count, seed=0):
    """Return images (N, 1, 28, 28) of which a fifth of the pixels are on."""
    generator = torch.Generator().manual_seed(seed)
    bits = torch.rand(count, 1, 28, 28, generator=generator) < 0.2
    return bits.to(torch.get_default_dtype())
