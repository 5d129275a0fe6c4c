"""The contract of every encoder, decoder and marginal."""

import itertools

import pytest
import torch
from torch.distributions import Independent, Normal

from labelinfo.models.registry import DECODERS, ENCODERS, MARGINALS
from labelinfo.models.vae import VAE, VaeSpec, load_component

LATENT = 3
WIDTH = 0.125


def make(path, **sizes):
    torch.manual_seed(0)
    return load_component(path)(**sizes).eval()


def images(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(count, 1, 28, 28, generator=generator) < 0.2).to(torch.get_default_dtype())


@pytest.fixture(params=ENCODERS)
def encoder(request):
    return make(ENCODERS[request.param], latent_dim=LATENT, width=WIDTH)


@pytest.fixture(params=DECODERS)
def decoder(request):
    return make(DECODERS[request.param], latent_dim=LATENT, width=WIDTH)


@pytest.fixture(params=MARGINALS)
def marginal(request):
    return make(MARGINALS[request.param], latent_dim=LATENT)


def test_encoder_gives_one_distribution_over_z_per_image(encoder):
    posterior = encoder(images(5))
    assert posterior.batch_shape == (5,)
    assert posterior.event_shape == (LATENT,)
    z = posterior.rsample((2,))
    assert z.shape == (2, 5, LATENT)
    assert posterior.log_prob(z).shape == (2, 5)
    assert posterior.log_prob(z).dtype == torch.float32


def test_encoder_is_its_features_and_its_posterior(encoder):
    x = images(4)
    z = torch.randn(4, LATENT)
    whole = encoder(x).log_prob(z)
    in_parts = encoder.posterior(encoder.features(x)).log_prob(z)
    torch.testing.assert_close(whole, in_parts, rtol=0, atol=0)


def test_encoder_treats_images_one_by_one(encoder):
    x = images(4)
    together = encoder.features(x)
    alone = torch.cat([encoder.features(image[None]) for image in x])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_decoder_gives_one_distribution_over_images_per_z(decoder):
    z = torch.randn(4, LATENT)
    likelihood = decoder(z)
    assert likelihood.batch_shape == (4,)
    assert likelihood.event_shape == (1, 28, 28)
    sample = likelihood.sample()
    assert sample.shape == (4, 1, 28, 28)
    assert set(sample.unique().tolist()) <= {0.0, 1.0}
    log_prob = likelihood.log_prob(images(4))
    assert log_prob.shape == (4,)
    assert log_prob.dtype == torch.float32
    assert (log_prob < 0).all()


def test_marginal_gives_a_distribution_over_z(marginal, encoder):
    distribution = marginal(encoder)
    assert distribution.event_shape == (LATENT,)
    z = distribution.sample((7,))
    assert z.shape == (7, LATENT)
    assert distribution.log_prob(z).shape == (7,)


@pytest.mark.parametrize("name", MARGINALS)
def test_marginal_integrates_to_one_in_two_dimensions(name, float64):
    marginal = make(MARGINALS[name], latent_dim=2).double()
    encoder = make(ENCODERS["gaussian"], latent_dim=2, width=WIDTH).double()
    grid = torch.linspace(-12, 12, 481)
    points = torch.cartesian_prod(grid, grid)
    density = marginal(encoder).log_prob(points).exp().view(481, 481)
    mass = torch.trapezoid(torch.trapezoid(density, grid), grid)
    assert mass.item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("encoder", "decoder", "marginal"), list(itertools.product(ENCODERS, DECODERS, MARGINALS))
)
def test_gradients_reach_every_parameter(encoder, decoder, marginal):
    torch.manual_seed(1)
    vae = VaeSpec(ENCODERS[encoder], DECODERS[decoder], MARGINALS[marginal], LATENT, WIDTH).build()
    terms = vae(images(6))
    (terms.rate_nats + terms.distortion_nats).mean().backward()
    for name, parameter in vae.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(
    ("encoder", "decoder", "marginal"), list(itertools.product(ENCODERS, DECODERS, MARGINALS))
)
def test_float64_and_float32_agree(encoder, decoder, marginal):
    vae = VaeSpec(ENCODERS[encoder], DECODERS[decoder], MARGINALS[marginal], LATENT, WIDTH).build()
    x = images(3)
    z = torch.randn(3, LATENT)

    def evaluate(model: VAE, dtype: torch.dtype):
        model = model.to(dtype)
        posterior = model.encoder(x.to(dtype))
        return torch.stack(
            [
                posterior.log_prob(z.to(dtype)).double(),
                model.marginal(model.encoder).log_prob(z.to(dtype)).double(),
                model.decoder(z.to(dtype)).log_prob(x.to(dtype)).double(),
            ]
        ).detach()

    single = evaluate(vae, torch.float32)
    double = evaluate(vae, torch.float64)
    torch.testing.assert_close(single, double, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("kind", [ENCODERS, DECODERS])
@pytest.mark.parametrize("width", [0.25, 0.5, 1.0])
def test_width_scales_channels(kind, width):
    for path in kind.values():
        wide = make(path, latent_dim=8, width=2 * width)
        narrow = make(path, latent_dim=8, width=width)
        channels = [p.shape[0] for n, p in wide.named_parameters() if n.endswith("0.bias")]
        halved = [p.shape[0] for n, p in narrow.named_parameters() if n.endswith("0.bias")]
        assert channels == [2 * count for count in halved]


def test_full_width_shapes_are_the_papers():
    encoder = make(ENCODERS["gaussian"], latent_dim=64)
    convolutions = [m for m in encoder.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [(c.kernel_size[0], c.out_channels // 2, c.stride[0]) for c in convolutions] == [
        (5, 32, 1),
        (5, 32, 2),
        (5, 64, 1),
        (5, 64, 2),
        (7, 256, 1),
    ]
    decoder = make(DECODERS["deconv"], latent_dim=64)
    transposed = [m for m in decoder.modules() if isinstance(m, torch.nn.ConvTranspose2d)]
    assert [(c.kernel_size[0], c.out_channels // 2, c.stride[0]) for c in transposed] == [
        (7, 64, 1),
        (5, 64, 1),
        (5, 64, 2),
        (5, 32, 1),
        (5, 32, 2),
        (5, 32, 1),
    ]


def test_a_component_that_does_not_exist_is_named():
    from labelinfo.errors import ConfigError

    with pytest.raises(ConfigError, match="nowhere:Nothing"):
        load_component("nowhere:Nothing")


def test_factorised_decoder_normalises_over_all_images_of_a_tiny_size(float64):
    decoder = make(DECODERS["deconv"], latent_dim=LATENT, width=WIDTH)
    decoder.layers = torch.nn.Sequential(
        torch.nn.Linear(LATENT, 12), torch.nn.Unflatten(-1, (1, 3, 4))
    )
    every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=12))).view(-1, 1, 3, 4)
    z = torch.randn(1, LATENT).expand(len(every), -1)
    total = torch.logsumexp(decoder(z).log_prob(every).double(), 0)
    assert total.item() == pytest.approx(0, abs=1e-5)


def test_factorised_decoder_sums_bernoullis_over_pixels():
    decoder = make(DECODERS["deconv"], latent_dim=LATENT, width=WIDTH)
    z, x = torch.randn(2, LATENT), images(2)
    logits = decoder.layers(z)
    by_hand = (x * logits.sigmoid().log() + (1 - x) * (-logits).sigmoid().log()).sum((1, 2, 3))
    torch.testing.assert_close(decoder(z).log_prob(x), by_hand, rtol=1e-5, atol=1e-3)


def test_gaussian_encoder_is_the_density_of_mean_and_log_variance():
    encoder = make(ENCODERS["gaussian"], latent_dim=LATENT, width=WIDTH)
    x, z = images(2), torch.randn(2, LATENT)
    mean, log_variance = encoder.features(x).chunk(2, dim=1)
    by_hand = Independent(Normal(mean, log_variance.exp().sqrt()), 1).log_prob(z)
    torch.testing.assert_close(encoder(x).log_prob(z), by_hand)
