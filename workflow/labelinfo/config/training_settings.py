"""How VAEs are trained and measured."""

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
    """Training of a VAE (ours; the paper gives no more than the objective)."""

    mode: Literal["separate", "path"] = "separate"
    """`separate` trains each run from random weights. `path` trains one path through all β for each
    data set, architecture and seed, and each run cools a copy of it down at its own β; section
    `path` says how. A path reads no `epochs`, `beta_warmup` and `beta_start`."""
    epochs: Epochs = 100
    """Passes over the training images; what is left of a pass after its whole batches is left out,
    another part each time."""
    batch_size: Count = 128
    """Images per step."""
    learning_rate: Positive = 0.001
    """Adam's peak learning rate."""
    warmup_epochs: NonNegative = 1.0
    """Epochs of linear warm-up, which may be a fraction; cosine decay to 0 follows."""
    beta_warmup: ShareBelowOne = 0.3
    """Share of the epochs in which β rises to its value (ours), log-linearly from `beta_start`; 0
    trains with a constant β. The best epoch is one after the rise. With a large β from the first
    step, dimensions of z switch off and come back late or never."""
    beta_start: Positive = 0.03
    """β of the first step (ours); runs with a β up to this one have a constant β."""
    gradient_norm_max: Positive = 100.0
    """Gradients of a larger Euclidean norm are scaled down to it."""
    precision: Precision = "auto"
    """`bfloat16` trains under autocast, `float32` does not, `auto` takes bfloat16 where the
    processor or GPU multiplies it faster. Measured quantities are float32 in any case."""
    compile: Literal["auto", "always", "never"] = "auto"
    """`always` compiles the networks (on a CPU a C++ compiler has to be there), `never` does not,
    `auto` does where the training is long enough to win the time back."""
    activations_mb: OrNull[Positive] = 140
    """On a CPU, a decoder whose activations for a batch would take more megabytes than this works
    through the batch in parts; the gradient is the same. null sets no limit."""


class PathSettings(Settings):
    """Whole curves (ours), with `training.mode: path`.

    β stays at its lowest value at first, rises log-linearly to the highest, and leaves snapshots on
    a fixed grid that no list of β changes.
    """

    ends: dict[str, Annotated[list[Beta], Field(min_length=2, max_length=2)]] = {
        "deconv": [0.05, 25],
        "mlp": [0.05, 25],
        "pixelcnn": [0.02, 1.25],
        "pixelcnn_short": [0.02, 1.25],
    }
    """Lowest and highest β of a path by decoder, widened to the grid of snapshots. All β of the
    sweep have to lie between them."""
    first_epochs: Passes = 10
    """Passes over the training images at the lowest β."""
    epochs_per_decade: Passes = 20
    """Passes in which β rises tenfold."""
    snapshots_per_decade: Annotated[int, Field(ge=1, le=100), INTEGER] = 10
    """Snapshots while β rises tenfold, at 10^(k / n) for integers k."""
    cooling_epochs: Epochs = 5
    """Passes of a run at its own β, in which the learning rate decays to 0."""


class MeasureSettings(Settings):
    """Measuring rate and distortion on the test split."""

    samples: Count = 16
    """Monte Carlo samples of z per test image."""
    iwae_draws: OrNull[Count] = None
    """Draws of z per test image for `nll_iwae_nats`, an upper bound on −log p(x) that is tighter
    than R + D; null leaves it out."""
    batch_size: Count = 250
    """Images per evaluation step. Another size gives other draws of z from the same seed, within
    the standard errors. A decoder on a CPU sees fifty of them at a time."""
