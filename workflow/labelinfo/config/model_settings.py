"""The VAE, its components and their options."""

from typing import Annotated

from pydantic import Field

from labelinfo.config.field_types import (
    INTEGER,
    NUMBER,
    Name,
    Option,
    Settings,
    ShareBelowOne,
    Units,
)

Depth = Annotated[int, Field(ge=1, le=100), INTEGER]


class IafSettings(Settings):
    """Options of the encoder `iaf`."""

    steps: Depth = 4
    """Number of inverse-autoregressive affine steps."""
    hidden_units: Units = 640
    """Units in each of the two hidden layers of a step's masked network, at width 1 (ours); never
    fewer than `model.latent_dim`."""
    context_units: Units = 64
    """Length of the image's context vector, an input of the steps, at width 1 (ours)."""


class PixelCnnSettings(Settings):
    """Options of the decoder `pixelcnn`."""

    channels: Units = 32
    """Channels of each of the two streams, at width 1 (ours)."""
    dilations: Annotated[list[Depth], Field(min_length=1, max_length=100)] = [1, 2, 4]
    """Dilation d of each gated residual layer in the first half of a stream; the second half
    mirrors it (ours). A pixel sees 4 Σ d + 2 rows and columns back, without gaps if each
    d ≤ 4 Σ (earlier d) + 2. Images of 28 × 28 pixels need Σ d ≥ 7."""
    dropout: ShareBelowOne = 0.0
    """Share of the units of each residual layer that are set to zero in training (ours)."""


class MlpSettings(Settings):
    """Options of the encoder `mlp` and of the decoder `mlp` (Tomczak & Welling 2018)."""

    hidden_units: Units = 300
    """Units in each of the two gated layers, at width 1."""


class MafSettings(Settings):
    """Options of the marginal `maf`."""

    blocks: Depth = 5
    """Number of MADE blocks."""
    hidden_units: Units = 640
    """Units in each of the two hidden layers of a block, at width 1 (ours); never fewer than
    `model.latent_dim`."""


class VampSettings(Settings):
    """Options of the marginal `vamp`."""

    components: Annotated[int, Field(ge=1, le=100_000), INTEGER] = 500
    """Number of learned pseudo-inputs, one per component of the mixture."""


class ModelSettings(Settings):
    """The VAE."""

    latent_dim: Annotated[int, Field(ge=1, le=4096), INTEGER] = 64
    """Dimension of z."""
    width: Annotated[float, Field(gt=0, le=16), NUMBER] = 1.0
    """Multiplier of every channel count."""
    iaf: IafSettings = IafSettings()
    pixelcnn: PixelCnnSettings = PixelCnnSettings()
    mlp: MlpSettings = MlpSettings()
    pixelcnn_short: PixelCnnSettings = PixelCnnSettings(dilations=[1, 1, 1])
    """Options of the decoder `pixelcnn_short`, the network of `pixelcnn` without dilation. It sees
    14 rows and columns back, half an image; only z informs it about pixels further away."""
    maf: MafSettings = MafSettings()
    vamp: VampSettings = VampSettings()


class OwnComponent(Settings):
    """A class of the user's own."""

    class_: str = Field(
        alias="class",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*$",
        max_length=200,
    )
    """`module:Class`, in a Python file next to the Snakefile, or in a package of such files."""
    options: dict[str, Option] = {}
    """Further keyword arguments of the class: numbers, text, truth values or null. Text that spells
    a number is read as a number."""


class ComponentsSettings(Settings):
    """Your own encoders, decoders and marginals, for use in `sweep`.

    See docs/extending.md.
    """

    encoders: dict[Name, OwnComponent] = {}
    """Classes by the name that `sweep` calls them."""
    decoders: dict[Name, OwnComponent] = {}
    """Classes by the name that `sweep` calls them."""
    marginals: dict[Name, OwnComponent] = {}
    """Classes by the name that `sweep` calls them."""
