"""Settings of the baselines."""

from typing import Annotated

from pydantic import Field

from labelinfo.config.field_types import (
    INTEGER,
    Count,
    Flag,
    Fraction,
    NonNegative,
    OrNull,
    Positive,
    Precision,
    Settings,
    ShareBelowOne,
    Some,
    Units,
)


class PcaSettings(Settings):
    """The randomised-PCA baseline."""

    dims: Some[Annotated[int, Field(ge=1, le=784), INTEGER]] = [
        *(2, 5, 10, 15, 20, 30, 42, 60, 80, 120)
    ]
    """Numbers k of principal components."""
    sigmas: Some[Positive] = [
        *(5.0, 3.5, 2.5, 1.8, 1.4, 1.0, 0.75, 0.55, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02)
    ]
    """Standard deviations σ of the noise added to the whitened components."""
    selection_rate_max_nats: OrNull[Positive] = None
    """The best k has the smallest area under C against R, from R = 0 to this rate, on the
    validation split (ours); null means H(X)."""
    flat_share: Fraction = 0.01
    """C is flat at the smallest σ of a k if it falls by at most this share of H(Y) from the next
    larger σ (ours). If C still falls at a rate below the end of the axis, the k gets a warning and
    decides no claim."""


class RandomEncoderSettings(Settings):
    """The baselines `random_fully_connected` and `random_convolutional`.

    The second has the channels of `model.width`.
    """

    hidden_units: Count = 200
    """Units in each of the two fully connected layers (ours)."""
    standardise: Flag = True
    """Whether each feature is shifted and scaled to mean 0 and standard deviation 1 on the training
    split (ours). Untrained gates give features so small that a probe of the usual length does not
    find their information."""


class NetworkCandidates(Settings):
    """Candidates of the search: all pairs of depth and dropout (ours)."""

    depths: Some[Units] = [32, 64, 128, 256]
    """Filters of each of the five convolutions."""
    dropouts: Some[ShareBelowOne] = [0.0, 0.1, 0.3, 0.5]
    """Shares of activations dropped after the third and fifth convolution."""


class Network(Settings):
    """Sizes of the convolutional classifier."""

    depth: Units
    """Filters of each of the five convolutions."""
    dropout: ShareBelowOne
    """Share of activations dropped after the third and fifth convolution."""


class Networks(Settings):
    """Filters and dropout by task, from the paper; all other tasks have `other`."""

    digit: Network = Network(depth=64, dropout=0.3)
    """The network for the task `digit`."""
    alphabet: Network = Network(depth=256, dropout=0.0)
    """The network for the task `alphabet`."""
    character: Network = Network(depth=64, dropout=0.1)
    """The network for the task `character`."""
    other: Network = Network(depth=64, dropout=0.3)
    """The network for any other task (ours)."""


class ClassifierSettings(Settings):
    """The baseline `complex_image`, trained end to end (ours, except for its network).

    The baseline `simple_image` consists of the probes on pixels; it reads `probe` and
    `strong_probe`.
    """

    epochs: Count = 10
    """Passes over the training images; the best on validation is kept."""
    batch_size: Count = 128
    """Images per step."""
    learning_rate: Positive = 0.001
    """Adam's peak learning rate."""
    warmup_epochs: NonNegative = 0.5
    """Epochs of linear warm-up, which may be a fraction; cosine decay to 0 follows."""
    hidden_units: Count = 200
    """Units in each of the two fully connected layers."""
    precision: Precision = "auto"
    """Precision of the training, as under `training`; C is always measured in float32."""
    search: Flag = False
    """Search for depth and dropout of `complex_image`, by data set and task. Every pair of
    `candidates` and the network in `networks` are trained; the smallest C on the validation split
    becomes the baseline. tables/classifier_search.parquet lists all of them."""
    candidates: NetworkCandidates = NetworkCandidates()
    networks: Networks = Networks()
