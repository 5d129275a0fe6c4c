"""Layers and helpers shared by components: convolutions, gates, scaled sizes, precision."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def scaled(size: int, width: float) -> int:
    """Return a number of channels or units times the width multiplier, rounded, at least 1."""
    return max(1, round(size * width))


def at_least_float32(values: Tensor) -> Tensor:
    """Return half-precision values in float32, and other values unchanged.

    Densities are sums over many terms, so they are never computed in autocast's bfloat16.
    """
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values


# Largest number of input channels × kernel area for which a GPU computes a convolution as one
# matrix product: cuDNN has no good kernel for so few channels.
_FEW_INPUTS = 32


class Conv2d(nn.Conv2d):
    """``torch.nn.Conv2d`` without groups, computed in the fastest way for its shape."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, c, H', W')."""
        if self.padding == (0, 0) and self.kernel_size == x.shape[-2:]:
            # one output pixel: a linear map of all inputs
            return functional.linear(x.flatten(1), self.weight.flatten(1), self.bias)[
                ..., None, None
            ]
        if x.is_cuda and self.stride == self.dilation == (1, 1):
            if self.kernel_size == (1, 1):
                return _over_channels(x, self.weight.flatten(1), self.bias)
            if self.weight[0].numel() <= _FEW_INPUTS:
                columns = neighbourhoods(x, self.kernel_size, self.padding)
                # rows of zeros, because fast products need sizes in multiples of 8
                rest = -columns.shape[1] % 8
                columns = functional.pad(columns, (0, 0, 0, 0, 0, rest))
                weight = functional.pad(self.weight.flatten(1), (0, rest))
                return _over_channels(columns, weight, self.bias)
        return super().forward(x)


def neighbourhoods(x: Tensor, kernel_size: tuple[int, ...], padding: tuple[int, ...]) -> Tensor:
    """Return the inputs that a kernel of stride 1 covers at each pixel, (B, C · kh · kw, H', W').

    The result is ``torch.nn.functional.unfold`` in the shape of an image. It consists of shifted
    copies, so that its gradient is a sum in a fixed order.
    """
    (kernel_h, kernel_w), (padding_h, padding_w) = kernel_size, padding
    x = functional.pad(x, (padding_w, padding_w, padding_h, padding_h))
    height, width = x.shape[2] - kernel_h + 1, x.shape[3] - kernel_w + 1
    shifted = [
        x[:, :, i : i + height, j : j + width] for i in range(kernel_h) for j in range(kernel_w)
    ]
    return torch.stack(shifted, dim=2).flatten(1, 2)


def _over_channels(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return functional.linear(x.movedim(1, -1), weight, bias).movedim(-1, 1)


class GatedConv2d(Conv2d):
    """Gated convolution a · σ(b), with [a, b] the halves of one convolution to 2c channels.

    References
    ----------
    van den Oord et al. (2016), *Conditional image generation with PixelCNN decoders*,
    https://arxiv.org/abs/1606.05328
    """

    def __init__(
        self, in_channels: int, out_channels: int, *kernel_and_stride: int, padding: int = 0
    ) -> None:
        super().__init__(in_channels, 2 * out_channels, *kernel_and_stride, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, c, H', W')."""
        return functional.glu(super().forward(x), dim=1)


class GatedLinear(nn.Linear):
    """Gated fully connected layer a · σ(b), with [a, b] the halves of one layer of 2c units.

    References
    ----------
    Tomczak & Welling (2018), *VAE with a VampPrior*, https://arxiv.org/abs/1705.07120
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, 2 * out_features)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., F) to (..., c)."""
        return functional.glu(super().forward(x), dim=-1)


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
        # several output sizes belong to one input size; choose the multiple of the stride
        sizes = (kernel_size, stride, padding, stride - 1)
        super().__init__(in_channels, 2 * out_channels, *sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to (B, c, H', W')."""
        return functional.glu(self._convolve(x), dim=1)

    def _convolve(self, x: Tensor) -> Tensor:
        if x.shape[-2:] == (1, 1) and self.padding == (0, 0) and self.stride == (1, 1):
            # one input pixel: a linear map to all outputs
            y = (x.flatten(1) @ self.weight.flatten(1)).unflatten(1, self.weight.shape[1:])
            return y + self.bias[:, None, None]
        return super().forward(x)
