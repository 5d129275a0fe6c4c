"""Convolutions over earlier pixels in raster order, for whole images or step by step."""

from torch import Tensor, cat, nn
from torch.nn import functional

from labelinfo.models.layers import Conv2d


class RasterMemory:
    """Cache of the convolutions' inputs that later pixels depend on, for images of width W.

    With it, the same network runs in raster order, a row or a pixel at a time, and evaluates
    nothing twice. A kernel of height 2 and dilation d needs the current row and the row d above
    it, so the cache keeps d + 1 rows per convolution. ``column`` is the column of the next pixel;
    None processes whole rows.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.column: int | None = None
        self._rows: dict[nn.Module, Tensor] = {}

    def window(self, convolution: "ShiftedConv2d", x: Tensor) -> Tensor:
        """Store a row (B, C, 1, W) or a pixel (B, C, 1, 1); return the kernel's inputs.

        For a row these are all rows that the kernel spans, for a pixel only the kernel's pixels.
        """
        left, right, above, _ = convolution.margins
        rows = self._rows.get(convolution)
        if rows is None:
            rows = x.new_zeros(*x.shape[:2], above + 1, left + self.width + right)
        if self.column is None:
            rows = cat([rows[:, :, 1:], functional.pad(x, (left, right))], dim=2)
            self._rows[convolution] = rows
            return rows
        if self.column == 0:
            rows = cat([rows[:, :, 1:], rows.new_zeros(rows[:, :, :1].shape)], dim=2)
            self._rows[convolution] = rows
        rows[:, :, above, left + self.column] = x[:, :, 0, 0]
        columns = slice(self.column, self.column + left + 1 + right, convolution.dilation[1])
        return rows[:, :, ::above, columns]


class ShiftedConv2d(Conv2d):
    """Convolution whose kernel covers the pixel's row and the row d above, with d the dilation.

    Its output at (i, j) depends on rows i − d and i, columns j − d · ``left`` to j + d · ``right``
    in steps of d. ``margins`` are the pixels that the kernel covers to the left, to the right,
    above and below.
    """

    def __init__(
        self, in_channels: int, out_channels: int, left: int, right: int, dilation: int
    ) -> None:
        super().__init__(in_channels, out_channels, (2, left + 1 + right), dilation=dilation)
        self.margins = (left * dilation, right * dilation, dilation, 0)

    def forward(self, x: Tensor, memory: RasterMemory | None = None) -> Tensor:
        """Map (B, C, H, W) to (B, c, H, W); with a memory, the next row or pixel only."""
        window = functional.pad(x, self.margins) if memory is None else memory.window(self, x)
        return super().forward(window)


class DownConv2d(ShiftedConv2d):
    """2×3: the pixel's row and the row above, to both sides."""

    def __init__(self, in_channels: int, out_channels: int, dilation: int = 1) -> None:
        super().__init__(in_channels, out_channels, left=1, right=1, dilation=dilation)


class DownRightConv2d(ShiftedConv2d):
    """2×2: nothing to the right of the pixel."""

    def __init__(self, in_channels: int, out_channels: int, dilation: int = 1) -> None:
        super().__init__(in_channels, out_channels, left=1, right=0, dilation=dilation)


def concat_elu(x: Tensor) -> Tensor:
    """Return elu(x) and elu(−x), stacked along the channels."""
    return functional.elu(cat([x, -x], dim=1))


class GatedResidual(nn.Module):
    """x + a · σ(b), [a, b] = conv(drop(elu±(conv(elu± x) + 1×1(elu± aside)))) + 1×1(features).

    elu± stacks elu(x) and elu(−x); drop sets a share of the units to zero in training.

    ``convolution`` is :class:`DownConv2d` or :class:`DownRightConv2d`. ``aside`` is an input from
    another part of the network; there is none if ``aside_channels`` is 0.

    References
    ----------
    Salimans et al. (2017), *PixelCNN++*, https://arxiv.org/abs/1701.05517
    """

    def __init__(
        self,
        convolution: type[ShiftedConv2d],
        channels: int,
        feature_channels: int,
        aside_channels: int = 0,
        *,
        dilation: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.first = convolution(2 * channels, channels, dilation)
        self.second = convolution(2 * channels, 2 * channels, dilation)
        self.dropout = nn.Dropout(dropout)
        self.features = Conv2d(feature_channels, 2 * channels, 1, bias=False)
        self.aside = Conv2d(2 * aside_channels, channels, 1) if aside_channels else None

    def forward(
        self,
        x: Tensor,
        features: Tensor,
        aside: Tensor | None = None,
        memory: RasterMemory | None = None,
    ) -> Tensor:
        """Map (B, C, H, W) to the same shape; ``features`` and ``aside`` cover the same pixels."""
        y = self.first(concat_elu(x), memory)
        if self.aside is not None:
            y = y + self.aside(concat_elu(aside))
        y = self.second(self.dropout(concat_elu(y)), memory) + self.features(features)
        return x + functional.glu(y, dim=1)
