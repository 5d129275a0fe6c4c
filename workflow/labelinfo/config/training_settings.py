"""Settings of the training and measurement of VAEs."""

from typing import Annotated, Literal

from pydantic import Field

from labelinfo.config.field_types import (
    INTEGER,
    NUMBER,
    Beta,
    Count,
    NonNegative,
    OrNull,
    Positive,
    Precision,
    Settings,
    ShareBelowOne,
)

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
