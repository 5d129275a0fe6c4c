"""The autoregressive decoder."""

from collections.abc import Iterable, Sequence

import torch
from torch import Size, Tensor, nn
from torch.distributions import Distribution, constraints
from torch.nn import functional

from labelinfo.models.decoders.raster import (
    DownConv2d,
    DownRightConv2d,
    GatedResidual,
    RasterMemory,
)
from labelinfo.models.decoders.trunk import DeconvTrunk
from labelinfo.models.layers import Conv2d, at_least_float32, scaled


class PixelCnnDecoder(nn.Module):
    """d(x|z) = Π_i Bernoulli(x_i; σ(ℓ_i(x_<i, z))), pixels in raster order.

    The deconvolutional trunk maps z to a feature map, an input of every layer of a
    :class:`PixelNetwork`.

    Parameters
    ----------
    channels
        Channels of the two streams at width 1.
    dilations, dropout
        See :class:`PixelNetwork`. (1, 2, 4) reaches every earlier pixel of a 28×28 image.

    References
    ----------
    Salimans et al. (2017), *PixelCNN++*, https://arxiv.org/abs/1701.05517, without weight
    normalisation, and with dilated convolutions in place of lower resolutions (ours).
    """

    def __init__(
        self,
        latent_dim: int,
        width: float,
        *,
        channels: int,
        dilations: Sequence[int],
        dropout: float,
    ) -> None:
        super().__init__()
        self.trunk = DeconvTrunk(latent_dim, width)
        self.network = PixelNetwork(
            scaled(channels, width), dilations, self.trunk.out_channels, dropout
        )

    def forward(self, z: Tensor) -> Distribution:
        """Return d(x|z), a distribution over images (B, 1, 28, 28), for z (B, L)."""
        return AutoregressiveBernoulli(self.network, self.trunk(z))


class PixelNetwork(nn.Module):
    """Logits ℓ_i(x_<i, features) from two streams of shifted gated residual convolutions.

    The down stream sees the rows above a pixel. The down-right stream sees the pixels to the left
    in the same row, and reads the down stream at each layer. Together they reach 4 Σ d + 2 rows and
    columns back, with d the dilations. This region has no blind spot if each
    d ≤ 4 Σ (earlier d) + 2. Each layer of the second half also reads the mirrored layer of the
    first half (skip connections).

    ``dilations`` are those of a stream's residual layers in the first half; the second half mirrors
    them. ``dropout`` is the share of units that a residual layer sets to zero in training.
    """

    def __init__(
        self,
        channels: int,
        dilations: Sequence[int],
        feature_channels: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()

        def residual(
            convolution: type, aside_channels: int, dilations: Iterable[int]
        ) -> nn.ModuleList:
            return nn.ModuleList(
                GatedResidual(
                    convolution,
                    channels,
                    feature_channels,
                    aside_channels,
                    dilation=dilation,
                    dropout=dropout,
                )
                for dilation in dilations
            )

        # two channels: the pixel, and a constant 1 that distinguishes it from the zero padding
        self.down_first = DownConv2d(2, channels)
        self.down_before = residual(DownConv2d, 0, dilations)
        self.down_after = residual(DownConv2d, channels, dilations[::-1])
        self.right_first = DownRightConv2d(2, channels)
        self.right_above = Conv2d(channels, channels, 1)
        self.right_before = residual(DownRightConv2d, channels, dilations)
        self.right_after = residual(DownRightConv2d, 2 * channels, dilations[::-1])
        self.logits = Conv2d(channels, 1, 1)

    def forward(self, x: Tensor, features: Tensor) -> Tensor:
        """Return logits (B, 1, H, W) of binary images x (B, 1, H, W)."""
        pixels = self._pixels(x)
        above = functional.pad(pixels, (0, 0, 1, 0))[:, :, :-1]
        left = functional.pad(pixels, (1, 0))[:, :, :, :-1]
        return self._right(left, self._down(above, features), features)

    def draw(self, features: Tensor, uniforms: Tensor) -> Tensor:
        """Return images x_i = [u_i < σ(ℓ_i(x_<i))] (B, 1, H, W) for uniforms u of that shape.

        The down stream runs once per row. The down-right stream runs once per pixel, at that pixel
        only.
        """
        height, width = uniforms.shape[-2:]
        x = torch.zeros_like(uniforms)
        down_memory, right_memory = RasterMemory(width), RasterMemory(width)
        above = features.new_zeros(len(features), 2, 1, width)
        for row in range(height):
            here = features[:, :, row : row + 1]
            downs = self._down(above, here, down_memory)
            left = features.new_zeros(len(features), 2, 1, 1)
            for column in range(width):
                right_memory.column = column
                at = slice(column, column + 1)
                logit = self._right(
                    left, [down[..., at] for down in downs], here[..., at], right_memory
                )
                probability = at_least_float32(logit).sigmoid()
                x[:, :, row, at] = (uniforms[:, :, row, at] < probability[:, :, 0]).to(x.dtype)
                left = self._pixels(x[:, :, row : row + 1, at])
            above = self._pixels(x[:, :, row : row + 1])
        return x

    @staticmethod
    def _pixels(x: Tensor) -> Tensor:
        return torch.cat([2 * x - 1, torch.ones_like(x)], dim=1)

    def _down(
        self, above: Tensor, features: Tensor, memory: RasterMemory | None = None
    ) -> list[Tensor]:
        """Return the stream's state after each layer, first to last."""
        states = [self.down_first(above, memory)]
        for layer in self.down_before:
            states.append(layer(states[-1], features, memory=memory))
        skips = states[:-1]
        for layer in self.down_after:
            states.append(layer(states[-1], features, skips.pop(), memory))
        return states

    def _right(
        self,
        left: Tensor,
        downs: list[Tensor],
        features: Tensor,
        memory: RasterMemory | None = None,
    ) -> Tensor:
        down = iter(downs)
        states = [self.right_first(left, memory) + self.right_above(next(down))]
        for layer in self.right_before:
            states.append(layer(states[-1], features, next(down), memory))
        state = states.pop()
        for layer in self.right_after:
            aside = torch.cat([next(down), states.pop()], dim=1)
            state = layer(state, features, aside, memory)
        return self.logits(functional.elu(state))


class AutoregressiveBernoulli(Distribution):
    """p(x) = Π_i Bernoulli(x_i; σ(ℓ_i(x_<i, features))), one distribution per row of features.

    ``network`` gives the logits from features (B, C, H, W).
    """

    arg_constraints: dict[str, constraints.Constraint] = {}  # noqa: RUF012 (torch's own interface)
    support = constraints.independent(constraints.boolean, 3)

    def __init__(self, network: PixelNetwork, features: Tensor) -> None:
        self.network = network
        self.features = features
        event_shape = Size((1, *features.shape[-2:]))
        super().__init__(features.shape[:1], event_shape)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x) in nats, (..., B), of binary images x (..., B, 1, H, W)."""
        x = x.expand(torch.broadcast_shapes(x.shape, self.batch_shape + self.event_shape))
        lead = x.shape[:-3]
        logits = self.network(x.flatten(end_dim=-4), self._repeated(lead))
        losses = functional.binary_cross_entropy_with_logits(
            at_least_float32(logits), x.flatten(end_dim=-4), reduction="none"
        )
        return -losses.sum((1, 2, 3)).view(lead)

    @torch.no_grad()
    def sample(self, sample_shape: Size | tuple[int, ...] = ()) -> Tensor:
        """Draw images (..., B, 1, H, W), pixel by pixel."""
        lead = Size(sample_shape) + self.batch_shape
        features = self._repeated(lead)
        shape = (len(features), *self.event_shape)
        uniforms = torch.rand(shape, dtype=at_least_float32(features).dtype, device=features.device)
        return self.network.draw(features, uniforms).view(*lead, *self.event_shape)

    def _repeated(self, lead: Size) -> Tensor:
        return self.features.expand(*lead, *self.features.shape[-3:]).flatten(end_dim=-4)
