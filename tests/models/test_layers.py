"""Every implementation of a convolution, chosen by its shape, equals the convolution."""

import pytest
import torch
from torch import nn

from labelinfo.models.layers import Conv2d, GatedConvTranspose2d, neighbourhoods


def assert_same_map(ours, theirs, x):
    """Compare values and gradients of two modules of the same parameters."""
    theirs.load_state_dict(ours.state_dict())
    outputs = [layer(x) for layer in (ours, theirs)]
    torch.testing.assert_close(*outputs)
    weight = torch.randn_like(outputs[0])
    gradients = [
        torch.autograd.grad((output * weight).sum(), [x, *layer.parameters()])
        for output, layer in zip(outputs, (ours, theirs), strict=True)
    ]
    for first, second in zip(*gradients, strict=True):
        torch.testing.assert_close(first, second)


def inputs(*shape):
    torch.manual_seed(0)
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("size", [7, 9])
def test_a_kernel_that_covers_the_image_is_a_linear_map(size):
    x = inputs(3, 4, size, size)
    assert_same_map(Conv2d(4, 6, 7).double(), nn.Conv2d(4, 6, 7).double(), x)


class PlainTranspose(nn.ConvTranspose2d):
    def forward(self, x):
        return nn.functional.glu(super().forward(x), dim=1)


@pytest.mark.parametrize("size", [1, 2])
def test_a_transposed_convolution_of_one_pixel_is_a_linear_map(size):
    x = inputs(3, 8, size, size)
    assert_same_map(GatedConvTranspose2d(8, 4, 7).double(), PlainTranspose(8, 8, 7).double(), x)


@pytest.mark.parametrize(
    ("kernel_size", "padding"), [((3, 3), (1, 1)), ((2, 5), (0, 2)), ((1, 1), (0, 0))]
)
def test_neighbourhoods_are_what_torch_unfolds(kernel_size, padding):
    x = inputs(2, 3, 9, 7)
    ours = neighbourhoods(x, kernel_size, padding)
    theirs = nn.functional.unfold(x, kernel_size, padding=padding)
    torch.testing.assert_close(ours.flatten(2), theirs, rtol=0, atol=0)
