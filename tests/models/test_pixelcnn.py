"""The autoregressive decoder: receptive fields, normalisation, and sampling."""

import itertools

import pytest
import torch
from torch.autograd.functional import jacobian

from components import make
from labelinfo.models.decoders.pixelcnn import AutoregressiveBernoulli, PixelNetwork
from labelinfo.models.decoders.raster import (
    DownConv2d,
    DownRightConv2d,
    GatedResidual,
)

FEATURES = 3


def network(channels=4, dilations=(1, 1, 1)):
    torch.manual_seed(0)
    net = PixelNetwork(channels, dilations, FEATURES).to(torch.get_default_dtype())
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1.5)
    return net


def binary(*shape):
    return (torch.rand(shape) < 0.5).to(torch.get_default_dtype())


def sees(net, size):
    """Return whether logit i depends on pixel j, (H·W, H·W), in raster order."""
    features = torch.randn(1, FEATURES, size, size)
    # several images, because a unit may have no gradient at one
    derivative = sum(
        jacobian(lambda x: net(x, features).flatten(), binary(1, 1, size, size)).abs()
        for _ in range(2)
    )
    return derivative.view(size * size, size * size) != 0


@pytest.mark.parametrize("dilations", [[1], [1, 2, 4], [1, 6]])
def test_no_logit_sees_its_own_pixel_or_a_later_one(dilations, float64):
    assert not sees(network(dilations=dilations), 7).triu().any()


def test_every_logit_sees_all_earlier_pixels_without_a_blind_spot(float64):
    # 7×7 lies within the reach of 13 convolutions in each stream
    size = 7
    seen = sees(network(), size)
    earlier = torch.ones(size * size, size * size, dtype=torch.bool).tril(-1)
    missing = [(divmod(i, size), divmod(j, size)) for i, j in (earlier & ~seen).nonzero().tolist()]
    assert missing == []


def seen_by_last_pixel(net):
    """Return the share of the earlier pixels of a 28×28 image that the last logit depends on."""
    size, channels = 28, net.down_before[0].features.in_channels
    x = binary(1, 1, size, size).requires_grad_()
    logits = net(x, torch.randn(1, channels, size, size))
    (gradient,) = torch.autograd.grad(logits[0, 0, -1, -1], x)
    seen = gradient.flatten() != 0
    assert not seen[-1]
    return seen[:-1].double().mean().item()


@pytest.mark.parametrize(
    ("name", "least", "most"), [("pixelcnn", 1, 1), ("pixelcnn_short", 0.25, 1 / 3)]
)
def test_the_last_pixel_of_an_image_sees_all_others_or_less_than_a_third(
    name, least, most, float64
):
    decoder = make("decoder", name, latent_dim=2, width=0.125).double()
    assert least <= seen_by_last_pixel(decoder.network) <= most


@pytest.mark.parametrize(("dilations", "gaps"), [((1, 6), False), ((1, 7), True)])
def test_the_stated_limit_of_a_dilation_is_sharp(dilations, gaps, float64):
    assert (seen_by_last_pixel(network(dilations=dilations)) < 1) == gaps


def test_dropout_acts_in_training_alone(float64):
    torch.manual_seed(0)
    net = PixelNetwork(4, [1, 2], FEATURES, dropout=0.5).double()
    x, features = binary(1, 1, 6, 6), torch.randn(1, FEATURES, 6, 6)
    assert not torch.equal(net(x, features), net(x, features))
    net.eval()
    assert torch.equal(net(x, features), net(x, features))


@pytest.mark.parametrize("convolution", [DownConv2d, DownRightConv2d])
def test_every_layer_is_told_of_z_and_keeps_its_place(convolution, float64):
    layer = GatedResidual(convolution, 4, FEATURES, 2)
    x, aside = torch.randn(1, 4, 5, 5), torch.randn(1, 2, 5, 5)

    def at_centre(features):
        return layer(x, features, aside)[0, :, 2, 2].sum()

    reaching = jacobian(at_centre, torch.randn(1, FEATURES, 5, 5))[0].abs().sum(0) != 0
    assert reaching.nonzero().tolist() == [[2, 2]]


def test_it_normalises_over_all_images_of_a_tiny_size(float64):
    net = network(channels=3, dilations=[1])
    features = torch.randn(1, FEATURES, 3, 4)
    every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=12))).view(-1, 1, 1, 3, 4)
    log_probs = AutoregressiveBernoulli(net, features).log_prob(every)
    assert log_probs.shape == (4096, 1)
    assert torch.logsumexp(log_probs, 0).item() == pytest.approx(0, abs=1e-12)
    # and the distribution does not factorise over pixels
    assert log_probs.std() > 0.1


def test_log_prob_is_the_chain_rule_over_pixels(float64):
    net = network()
    features, x = torch.randn(2, FEATURES, 4, 5), binary(2, 1, 4, 5)
    expected = torch.zeros(2)
    for row, column in itertools.product(range(4), range(5)):
        so_far = x.clone()
        so_far[:, :, row, column:] = 0
        so_far[:, :, row + 1 :] = 0
        on = net(so_far, features)[:, 0, row, column].sigmoid()
        expected += torch.where(x[:, 0, row, column] == 1, on, 1 - on).log()
    torch.testing.assert_close(AutoregressiveBernoulli(net, features).log_prob(x), expected)


@pytest.mark.parametrize("dilations", [[1, 1, 1], [1, 2, 4]])
def test_drawing_step_by_step_equals_the_naive_loop(dilations, float64):
    net = network(dilations=dilations)
    features, uniforms = torch.randn(5, FEATURES, 6, 7), torch.rand(5, 1, 6, 7)
    x = torch.zeros(5, 1, 6, 7)
    for row, column in itertools.product(range(6), range(7)):
        on = net(x, features)[:, 0, row, column].sigmoid()  # the whole network for each pixel
        x[:, 0, row, column] = (uniforms[:, 0, row, column] < on).double()
    with torch.no_grad():
        drawn = net.draw(features, uniforms)
    assert torch.equal(drawn, x)
    assert 0 < x.mean() < 1
    # a pixel is on exactly if its uniform number is below its probability
    assert torch.equal(drawn, (uniforms < net(drawn, features).sigmoid()).double())


def test_samples_and_densities_take_leading_shapes(float64):
    distribution = AutoregressiveBernoulli(network(2, [1]), torch.randn(3, FEATURES, 4, 4))
    x = distribution.sample((2,))
    assert x.shape == (2, 3, 1, 4, 4)
    log_prob = distribution.log_prob(x)
    assert log_prob.shape == (2, 3)
    torch.testing.assert_close(log_prob[1], distribution.log_prob(x[1]))
