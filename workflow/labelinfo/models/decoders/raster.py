"""Convolutions that see only what comes earlier in raster order, whole or step by step."""

from torch import Tensor, cat, nn
from torch.nn import functional

from labelinfo.models.layers import Conv2d


class RasterMemory:
    """What each convolution of a network has been fed, as far as later pixels look back on it.

    It lets the same network run in raster order, a row or a pixel at a time, with nothing
    evaluated twice: a kernel of height 2 needs its present row and the one before, so two rows per
    convolution are kept.

    Parameters
    ----------
    width
        Width W of the image.

    Attributes
    ----------
    column
        Where the pixel that is fed stands in its row; None while whole rows are fed.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.column: int | None = None
        self._rows: dict[nn.Module, Tensor] = {}

    def window(self, convolution: "ShiftedConv2d", x: Tensor) -> Tensor:
        """Take in a row (B, C, 1, W) or a pixel (B, C, 1, 1); return what the kernel covers."""
        left, right = convolution.left, convolution.right
        rows = self._rows.get(convolution)
        if rows is None:
            rows = x.new_zeros(*x.shape[:2], 2, left + self.width + right)
        if self.column is None:
            rows = cat([rows[:, :, 1:], functional.pad(x, (left, right))], dim=2)
            self._rows[convolution] = rows
            return rows
        if self.column == 0:
            rows = cat([rows[:, :, 1:], rows.new_zeros(rows[:, :, 1:].shape)], dim=2)
            self._rows[convolution] = rows
        rows[:, :, 1, left + self.column] = x[:, :, 0, 0]
        return rows[:, :, :, self.column : self.column + convolution.kernel_size[1]]


class ShiftedConv2d(Conv2d):
    """Convolution whose kernel lies on the pixel's own row and the one above.

    Its output at (i, j) depends on rows i − 1 and i, columns j − ``left`` to j + ``right``.

    Parameters
    ----------
    in_channels, out_channels
        Numbers of channels.
    left, right
        How far the kernel reaches to either side.
    """

    def __init__(self, in_channels: int, out_channels: int, left: int, right: int) -> None:
        super().__init__(in_channels, out_channels, (2, left + 1 + right))
        self.left = left
        self.right = right

    def forward(self, x: Tensor, memory: RasterMemory | None = None) -> Tensor:
        """Map (B, C, H, W) to (B, c, H, W); with a memory, the next row or pixel only."""
        if memory is None:
            return super().forward(functional.pad(x, (self.left, self.right, 1, 0)))
        return super().forward(memory.window(self, x))


class DownConv2d(ShiftedConv2d):
    """2×3: the pixel's own row and the one above, to both sides."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, left=1, right=1)


class DownRightConv2d(ShiftedConv2d):
    """2×2: nothing to the right of the pixel."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, left=1, right=0)


def concat_elu(x: Tensor) -> Tensor:
    """Return elu(x) and elu(−x), stacked along the channels."""
    return functional.elu(cat([x, -x], dim=1))


class GatedResidual(nn.Module):
    """x + a · σ(b), [a, b] = conv(elu±(conv(elu± x) + 1×1(elu± aside))) + 1×1(features).

    elu± stacks elu(x) and elu(−x).

    Parameters
    ----------
    convolution
        :class:`DownConv2d` or :class:`DownRightConv2d`.
    channels
        Channels of the stream.
    feature_channels
        Channels of the map that z became.
    aside_channels
        Channels taken in from elsewhere in the network, 0 for none.

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
    ) -> None:
        super().__init__()
        self.first = convolution(2 * channels, channels)
        self.second = convolution(2 * channels, 2 * channels)
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
        y = self.second(concat_elu(y), memory) + self.features(features)
        return x + functional.glu(y, dim=1)
