"""Every implementation of a convolution, chosen by its shape, equals the convolution."""

import pytest
import torch
from torch import nn

from labelinfo.models.layers import Conv2d, GatedConvTranspose2d, neighbourhoods
from recipes import DEVICES


class PlainTranspose(nn.ConvTranspose2d):
    def forward(self, x):
        return nn.functional.glu(super().forward(x), dim=1)


def inputs(shape, device="cpu"):
    torch.manual_seed(0)
    return torch.randn(shape, device=device, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    ("kinds", "sizes", "options", "shape"),
    [
        ((Conv2d, nn.Conv2d), (4, 6), {"kernel_size": 7}, (3, 4, 7, 7)),
        ((Conv2d, nn.Conv2d), (4, 6), {"kernel_size": 7}, (3, 4, 9, 9)),
        ((Conv2d, nn.Conv2d), (1, 6), {"kernel_size": 5, "padding": 2}, (3, 1, 28, 28)),
        ((Conv2d, nn.Conv2d), (2, 6), {"kernel_size": (2, 3)}, (3, 2, 9, 7)),
        ((Conv2d, nn.Conv2d), (16, 6), {"kernel_size": 1}, (3, 16, 9, 7)),
        ((GatedConvTranspose2d, PlainTranspose), (8, 4), {"kernel_size": 7}, (3, 8, 1, 1)),
        ((GatedConvTranspose2d, PlainTranspose), (8, 4), {"kernel_size": 7}, (3, 8, 2, 2)),
    ],
)
def test_every_route_has_the_values_and_gradients_of_torch(device, kinds, sizes, options, shape):
    before, after = sizes
    gates = 2 if kinds[1] is PlainTranspose else 1
    ours = kinds[0](before, after, **options).to(device, torch.float64)
    theirs = kinds[1](before, gates * after, **options).to(device, torch.float64)
    theirs.load_state_dict(ours.state_dict())
    x = inputs(shape, device)
    outputs = [layer(x) for layer in (ours, theirs)]
    torch.testing.assert_close(*outputs)
    weight = torch.randn_like(outputs[0])
    gradients = [
        torch.autograd.grad((output * weight).sum(), [x, *layer.parameters()])
        for output, layer in zip(outputs, (ours, theirs), strict=True)
    ]
    for first, second in zip(*gradients, strict=True):
        torch.testing.assert_close(first, second)


@pytest.mark.parametrize(
    ("kernel_size", "padding"), [((3, 3), (1, 1)), ((2, 5), (0, 2)), ((1, 1), (0, 0))]
)
def test_neighbourhoods_are_what_torch_unfolds(kernel_size, padding):
    x = inputs((2, 3, 9, 7))
    ours = neighbourhoods(x, kernel_size, padding)
    theirs = nn.functional.unfold(x, kernel_size, padding=padding)
    torch.testing.assert_close(ours.flatten(2), theirs, rtol=0, atol=0)
