"""What the components share: gated convolutions, scaled sizes, precision."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def scaled(size: int, width: float) -> int:
    """Return a number of channels or units times the width multiplier, rounded, at least 1."""
    return max(1, round(size * width))


def at_least_float32(values: Tensor) -> Tensor:
    """Return values in float32 if they are in a half precision, and as they are otherwise.

    Densities are sums over many terms, so they are never taken in autocast's bfloat16.
    """
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values


class GatedConv2d(nn.Conv2d):
    """Gated convolution a · σ(b), with [a, b] the halves of one convolution to 2c channels.

    References
    ----------
    van den Oord et al. (2016), *Conditional image generation with PixelCNN decoders*,
    https://arxiv.org/abs/1606.05328
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        super().__init__(in_channels, 2 * out_channels, kernel_size, stride, padding)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, c, H', W')."""
        return functional.glu(super().forward(x), dim=1)


class GatedConvTranspose2d(nn.ConvTranspose2d):
    """Gated transposed convolution a · σ(b); stride s multiplies height and width by s."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        # of the sizes that a stride maps to the same input, take the one that is a multiple of it
        output_padding = stride - 1
        super().__init__(
            in_channels, 2 * out_channels, kernel_size, stride, padding, output_padding
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, c, H', W')."""
        return functional.glu(super().forward(x), dim=1)
