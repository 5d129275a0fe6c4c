"""Settings of VAEs: components and their options, training, measurement."""

from typing import Annotated, Literal

from pydantic import Field

from labelinfo.config.field_types import (
    INTEGER,
    NUMBER,
    Beta,
    Count,
    Name,
    NonNegative,
    Option,
    OrNull,
    Positive,
    Precision,
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


Epochs = Annotated[int, Field(ge=1, le=100_000), INTEGER]
Passes = Annotated[float, Field(gt=0, le=100_000), NUMBER]


class TrainingSettings(Settings):
    """Training of a VAE (ours; the paper gives only the objective)."""

    mode: Literal["separate", "path"] = "separate"
    """`separate` trains each run from random weights. `path` trains one path through all β for each
    data set, architecture and seed, and each run cools down a copy of it at its β (see section
    `path`). A path does not use `epochs`, `beta_warmup` and `beta_start`."""
    epochs: Epochs = 100
    """Passes over the training images. Only whole batches are used; the images left out differ from
    pass to pass."""
    batch_size: Count = 128
    """Images per step."""
    learning_rate: Positive = 0.001
    """Adam's peak learning rate."""
    warmup_epochs: NonNegative = 1.0
    """Epochs of linear warm-up, which may be a fraction; cosine decay to 0 follows."""
    beta_warmup: ShareBelowOne = 0.3
    """Share of the epochs in which β rises log-linearly from `beta_start` to its value (ours); 0
    trains with a constant β. Only epochs after the rise can be the best. With a large β from the
    first step, dimensions of z switch off and return late or never."""
    beta_start: Positive = 0.03
    """β of the first step (ours); runs with a β of at most this value have a constant β."""
    gradient_norm_max: Positive = 100.0
    """Gradients of a larger Euclidean norm are scaled down to it."""
    precision: Precision = "auto"
    """`bfloat16` trains under autocast, `float32` does not, `auto` uses bfloat16 if the processor
    or GPU multiplies it faster. Measurements are always in float32."""
    compile: Literal["auto", "always", "never"] = "auto"
    """`always` compiles the networks (on a CPU this needs a C++ compiler), `never` does not, `auto`
    does if the training is long enough to repay the compilation."""
    activations_mb: OrNull[Positive] = 140
    """Maximum megabytes of a decoder's activations on a CPU. A batch that needs more is processed
    in parts; the gradient is the same. null sets no limit."""


class PathSettings(Settings):
    """Whole curves (ours), with `training.mode: path`.

    β stays at its lowest value at first and then rises log-linearly to the highest. Snapshots are
    kept on a fixed grid, which does not depend on the sweep's β.
    """

    ends: dict[str, Annotated[list[Beta], Field(min_length=2, max_length=2)]] = {
        "deconv": [0.05, 25],
        "mlp": [0.05, 25],
        "pixelcnn": [0.02, 1.25],
        "pixelcnn_short": [0.02, 1.25],
    }
    """Lowest and highest β of a path by decoder, widened to the grid of snapshots. All β of the
    sweep must be between them."""
    first_epochs: Passes = 10
    """Passes over the training images at the lowest β."""
    epochs_per_decade: Passes = 20
    """Passes over the training images while β rises tenfold."""
    snapshots_per_decade: Annotated[int, Field(ge=1, le=100), INTEGER] = 10
    """Number n of snapshots while β rises tenfold, at 10^(k / n) for integers k."""
    cooling_epochs: Epochs = 5
    """Passes of a run at its β, while the learning rate decays to 0."""


class PathPlan(Settings):
    """A path and its runs; ``betas`` are the β of the snapshots, ascending."""

    training: TrainingSettings
    path: PathSettings
    betas: list[float]


class MeasureSettings(Settings):
    """Measurement of rate and distortion on the test split."""

    samples: Count = 16
    """Monte Carlo samples of z per test image."""
    iwae_draws: OrNull[Count] = None
    """Draws of z per test image for `nll_iwae_nats`, an upper bound on −log p(x) that is tighter
    than R + D; null omits it."""
    batch_size: Count = 250
    """Images per evaluation step. Another size gives other draws of z, so results change within
    their standard errors. A decoder on a CPU processes fifty images at a time."""
