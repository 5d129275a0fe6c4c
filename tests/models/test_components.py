"""The contract of every encoder, decoder and marginal, and of the resulting VAEs."""

import copy
import itertools
from pathlib import Path

import pytest
import torch
from torch.distributions import Independent, Normal

from components import EVERY, make, make_spec, make_vae
from components import random_images as images
from labelinfo.data.dataset import Split
from labelinfo.errors import ConfigError
from labelinfo.models.contract import check_contract
from labelinfo.models.registry import DECODERS, ENCODERS, MARGINALS
from labelinfo.models.vae import VAE, VaeSpec
from labelinfo.training.objective import VaeObjective
from processes import python

LATENT = 3
WIDTH = 0.125


@pytest.mark.parametrize("name", ENCODERS)
def test_features_of_an_image_are_those_of_the_image_alone(name):
    encoder, x = make("encoder", name, latent_dim=LATENT, width=WIDTH), images(5)
    alone = torch.cat([encoder.features(image[None]) for image in x])
    torch.testing.assert_close(encoder.features(x), alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ENCODERS)
def test_encoders_posterior_integrates_to_one_in_two_dimensions(name, float64):
    encoder = make("encoder", name, latent_dim=2, width=WIDTH).double()
    with torch.no_grad():
        # away from the near-identity of fresh parameters
        for parameter in getattr(encoder, "head", encoder).parameters():
            parameter.mul_(3)
        posterior = encoder(images(1))
        grid = torch.linspace(-12, 12, 241)
        points = torch.cartesian_prod(grid, grid).view(-1, 1, 2)
        density = posterior.log_prob(points).exp().view(241, 241)
    mass = torch.trapezoid(torch.trapezoid(density, grid), grid)
    assert mass.item() == pytest.approx(1, abs=1e-4)  # flows have kinks


@pytest.mark.parametrize("name", MARGINALS)
@pytest.mark.parametrize("over", ENCODERS)
def test_marginal_integrates_to_one_in_two_dimensions(name, over, float64):
    marginal = make("marginal", name, latent_dim=2, width=WIDTH).double()
    encoder = make("encoder", over, latent_dim=2, width=WIDTH).double()
    grid = torch.linspace(-12, 12, 241)
    points = torch.cartesian_prod(grid, grid)
    with torch.no_grad():
        density = torch.cat(
            [marginal(encoder).log_prob(part) for part in points.split(20_000)]
        ).exp()
    mass = torch.trapezoid(torch.trapezoid(density.view(241, 241), grid), grid)
    assert mass.item() == pytest.approx(1, abs=1e-4)  # flows have kinks


@pytest.mark.parametrize("name", MARGINALS)
def test_marginal_draws_what_its_density_says(name, float64):
    # E over draws of q/m is 1 for any normalised q inside the support of m
    marginal = make("marginal", name, latent_dim=2, width=WIDTH).double()
    encoder = make("encoder", "gaussian", latent_dim=2, width=WIDTH).double()
    with torch.no_grad():
        m = marginal(encoder)
        draws = m.sample((20_000,))
        q = Independent(Normal(draws.mean(0), 0.5 * draws.std(0)), 1)
        ratios = (q.log_prob(draws) - m.log_prob(draws)).exp()
    error = ratios.std() / len(ratios) ** 0.5
    assert abs(ratios.mean() - 1) < 4 * error < 0.2


@pytest.mark.parametrize(("encoder", "decoder", "marginal"), EVERY)
def test_gradients_reach_every_parameter(encoder, decoder, marginal):
    vae = make_vae(encoder, decoder, marginal, latent_dim=LATENT, width=WIDTH, seed=1)
    terms = vae(images(6))
    (terms.rate_nats + terms.distortion_nats).mean().backward()
    for name, parameter in vae.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(("encoder", "decoder", "marginal"), EVERY)
def test_float64_and_float32_agree(encoder, decoder, marginal):
    vae = make_vae(encoder, decoder, marginal, latent_dim=LATENT, width=WIDTH)
    x = images(3)
    z = torch.randn(3, LATENT)

    def evaluate(model: VAE, dtype: torch.dtype):
        model = model.to(dtype)
        posterior = model.encoder(x.to(dtype))
        densities = [
            posterior.log_prob(z.to(dtype)),
            model.marginal(model.encoder).log_prob(z.to(dtype)),
            model.decoder(z.to(dtype)).log_prob(x.to(dtype)),
        ]
        assert {density.dtype for density in densities} == {dtype}
        return torch.stack(densities).detach().double()

    single = evaluate(vae, torch.float32)
    double = evaluate(vae, torch.float64)
    torch.testing.assert_close(single, double, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("latent_dim", [1, LATENT])
@pytest.mark.parametrize("names", EVERY)
def test_every_architecture_has_one_rate_and_distortion_an_image(names, latent_dim):
    vae = make_vae(*names, latent_dim=latent_dim, width=WIDTH)
    x = images(5)
    with torch.no_grad():
        given = vae.marginal(vae.encoder)
        torch.manual_seed(3)
        terms = vae(x)
        torch.manual_seed(3)
        again = vae(x, given)
    for term, same in zip(terms, again, strict=True):
        assert term.shape == (5,)
        assert term.isfinite().all()
        torch.testing.assert_close(term, same)


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
@pytest.mark.parametrize("width", [0.25, 0.5, 1.0])
def test_width_scales_channels(kind, width):
    for name in {"encoder": ENCODERS, "decoder": DECODERS}[kind]:
        wide = make(kind, name, latent_dim=8, width=2 * width)
        narrow = make(kind, name, latent_dim=8, width=width)
        channels = [m.out_channels for m in wide.modules() if hasattr(m, "out_channels")]
        halved = [m.out_channels for m in narrow.modules() if hasattr(m, "out_channels")]
        logits = 1 if kind == "decoder" else 0  # one logit a pixel at any width
        assert len(channels) == len(halved)
        assert channels[: len(channels) - logits] == [
            2 * count for count in halved[: len(halved) - logits]
        ]


@pytest.mark.parametrize(
    ("kind", "name", "layer", "sizes"),
    [
        *(
            ("encoder", name, torch.nn.Conv2d,
             [(5, 32, 1), (5, 32, 2), (5, 64, 1), (5, 64, 2), (7, 256, 1)])
            for name in ("gaussian", "iaf")
        ),
        *(
            ("decoder", name, torch.nn.ConvTranspose2d,
             [(7, 64, 1), (5, 64, 1), (5, 64, 2), (5, 32, 1), (5, 32, 2), (5, 32, 1)])
            for name in ("deconv", "pixelcnn")
        ),
    ],
)  # fmt: skip
def test_full_width_trunks_are_the_papers(kind, name, layer, sizes):
    component = make(kind, name, latent_dim=64, width=1)
    found = [m for m in component.modules() if isinstance(m, layer)]
    assert [(c.kernel_size[0], c.out_channels // 2, c.stride[0]) for c in found] == sizes


def test_flows_and_mixtures_have_the_papers_sizes():
    assert len(make("encoder", "iaf", latent_dim=64, width=1).steps) == 4
    assert len(make("marginal", "maf", latent_dim=64, width=1).flow.transform.transforms) == 5
    assert len(make("marginal", "vamp", latent_dim=64, width=1).pixel_logits) == 500


class NotAModule:
    pass


class Fragile(torch.nn.Module):
    def __init__(self, latent_dim, width):
        super().__init__()
        raise ValueError("I need more dimensions")


class OneNumberARow(torch.nn.Module):
    """A decoder whose event shape lacks the channel."""

    def __init__(self, latent_dim, width):
        super().__init__()

    def forward(self, z):
        logits = z.new_zeros(len(z), 1, 28, 28)
        return Independent(torch.distributions.Bernoulli(logits=logits), 2)


def spec_with(kind, path):
    """Return the specification of the paper's simplest VAE with another component."""
    paths = {
        "encoder": ENCODERS["gaussian"],
        "decoder": DECODERS["deconv"],
        "marginal": MARGINALS["gaussian"],
    }
    return VaeSpec(**paths | {kind: path}, latent_dim=LATENT, width=WIDTH)


@pytest.mark.parametrize(
    ("kind", "path", "said"),
    [
        ("decoder", f"{__name__}:NotAModule", "is not a subclass of torch.nn.Module"),
        ("decoder", f"{__name__}:Fragile", "ValueError, I need more dimensions"),
        ("decoder", f"{__name__}:OneNumberARow", r"log-densities of shape \(4, 1\) for 4 images"),
        ("decoder", f"{__name__}:Missing", "cannot be imported: AttributeError"),
        ("decoder", "nowhere:Nothing", "nowhere:Nothing"),
        ("decoder", DECODERS["mlp"], "MlpDecoder.*missing .* argument: 'hidden_units'"),
        ("encoder", DECODERS["deconv"], r"lacks the methods \['features', 'posterior'\]"),
    ],
)
def test_a_faulty_component_is_told_in_a_sentence(kind, path, said):
    with pytest.raises(ConfigError, match=said):
        spec_with(kind, path).build()(images(4))


class Linear(torch.nn.Module):
    """p(z|x) = N(Wx + b, 1)."""

    def __init__(self, latent_dim, width):
        super().__init__()
        self.mean = torch.nn.Linear(784, latent_dim)

    def features(self, x):
        return self.mean(x.flatten(1))

    def posterior(self, features):
        return Independent(Normal(features, torch.ones_like(features)), 1)

    def forward(self, x):
        return self.posterior(self.features(x))


class Longer(Linear):
    def __init__(self, latent_dim, width):
        super().__init__(latent_dim + 1, width)


class Bare(Linear):
    def posterior(self, features):
        return features


class NotSummed(Linear):
    def posterior(self, features):
        return Normal(features, torch.ones_like(features))


class TwoMinds(Linear):
    def forward(self, x):
        return self.posterior(2 * self.features(x))


class Unfit(Linear):
    def features(self, x):
        return x @ self.mean.weight


class Seven(torch.nn.Module):
    """A marginal over codes of another length."""

    def __init__(self, latent_dim, width):
        super().__init__()

    def forward(self, encoder):
        return Independent(Normal(torch.zeros(7), torch.ones(7)), 1)


@pytest.mark.parametrize(
    ("kind", "component", "said"),
    [
        ("encoder", "Longer", r"event shape \(4,\): it has to be \(2,\) and \(3,\)"),
        ("encoder", "Bare", "gives a Tensor and no torch.distributions.Distribution"),
        ("encoder", "NotSummed", r"batch shape \(2, 3\) and event shape \(\)"),
        ("encoder", "TwoMinds", "another distribution when it is called on images"),
        ("encoder", "Unfit", "in `features`, raises RuntimeError"),
        ("decoder", "OneNumberARow", r"\(28, 28\): it has to be \(2,\) and \(1, 28, 28\)"),
        ("marginal", "Seven", r"event shape \(7,\): it has to be \(\) and \(3,\)"),
    ],
)
def test_what_a_component_returns_is_tried_before_it_is_trained(kind, component, said):
    spec = spec_with(kind, f"{__name__}:{component}")
    with pytest.raises(ConfigError, match=said) as caught:
        check_contract(spec.build(), spec, images(2))
    assert f"{kind} '{__name__}:{component}'" in str(caught.value)


@pytest.mark.parametrize(("encoder", "decoder", "marginal"), EVERY)
def test_the_trial_leaves_everything_as_it_was(encoder, decoder, marginal):
    spec = make_spec(encoder, decoder, marginal)
    model = spec.build()
    state, random = copy.deepcopy(model.state_dict()), torch.random.get_rng_state()
    check_contract(model, spec, images(2))
    assert torch.equal(random, torch.random.get_rng_state())
    assert model.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name])


class Normed(Linear):
    """An encoder with layers that keep running statistics of the training images."""

    def __init__(self, latent_dim, width):
        super().__init__(latent_dim, width)
        self.before, self.after = torch.nn.BatchNorm2d(1), torch.nn.BatchNorm1d(latent_dim)

    def features(self, x):
        return self.after(super().features(self.before(x)))


def test_counting_activations_changes_neither_statistics_nor_random_state():
    model = spec_with("encoder", f"{__name__}:Normed").build()
    split = Split(torch.bernoulli(torch.full((8, 784), 0.5)).byte(), {})
    options = {"beta": 1.0, "batch_size": 4, "precision": "float32", "activations_mb": 140}
    random = torch.random.get_rng_state()
    VaeObjective(model, split, split, **options)
    assert torch.equal(torch.random.get_rng_state(), random)
    assert model.encoder.before.num_batches_tracked == 0
    assert not model.encoder.before.running_mean.any()


@pytest.mark.parametrize("marginal", ["gaussian", "vamp"])
def test_a_step_of_plain_distributions_waits_for_nothing(marginal):
    done = python(Path(__file__).with_name("waits.py"), marginal)
    assert done.stdout.strip() == "[]", done.stderr


def test_factorised_decoder_normalises_over_all_images_of_a_tiny_size(float64):
    decoder = make("decoder", "deconv", latent_dim=LATENT, width=WIDTH)
    decoder.trunk = torch.nn.Sequential(
        torch.nn.Linear(LATENT, 12), torch.nn.Unflatten(-1, (1, 3, 4))
    )
    decoder.logits = torch.nn.Identity()
    every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=12))).view(-1, 1, 3, 4)
    z = torch.randn(1, LATENT).expand(len(every), -1)
    total = torch.logsumexp(decoder(z).log_prob(every), 0)
    assert total.item() == pytest.approx(0, abs=1e-12)


def test_gaussian_encoder_is_the_density_of_mean_and_log_variance():
    encoder = make("encoder", "gaussian", latent_dim=LATENT, width=WIDTH)
    x, z = images(2), torch.randn(2, LATENT)
    mean, log_variance = encoder.features(x).chunk(2, dim=1)
    by_hand = Independent(Normal(mean, log_variance.exp().sqrt()), 1).log_prob(z)
    torch.testing.assert_close(encoder(x).log_prob(z), by_hand)


def test_factorised_samples_have_their_probabilities():
    decoder = make("decoder", "deconv", latent_dim=LATENT, width=WIDTH)
    with torch.no_grad():
        decoder.trunk[1].weight.mul_(10)
        likelihood = decoder(torch.randn(1, LATENT))
        share = likelihood.sample((2000,)).mean(0)
    deviation = (share - likelihood.mean) / (likelihood.variance / 2000).sqrt()
    assert deviation.abs().max() < 5
