"""Settings of the paper's probe, of the strong probe, and of the baselines."""

from typing import Annotated

from pydantic import Field

from labelinfo.config.field_types import (
    INTEGER,
    NUMBER,
    Count,
    Flag,
    Fraction,
    NonNegative,
    OrNull,
    Positive,
    PositiveShare,
    Precision,
    Settings,
    Share,
    ShareBelowOne,
    Some,
    Units,
)

ProbeUnits = Annotated[int, Field(ge=1, le=1000), INTEGER]
ProbeDropout = Annotated[float, Field(ge=0, le=0.95), NUMBER]


class ProbeSettings(Settings):
    """The paper's label probe, two hidden layers of ELU units with cross-entropy."""

    hidden_units: Count = 200
    """Units in each of the two hidden layers (ours)."""
    epochs: Count = 100
    """Passes over the training images, each with fresh samples of z. Only whole batches are used;
    the images left out differ from pass to pass."""
    batch_size: Count = 128
    """Images per step."""
    learning_rate: Positive = 0.0001
    """Adam's initial learning rate."""
    decay_factor: PositiveShare = 0.1
    """The learning rate is multiplied by this every `decay_epochs`."""
    decay_epochs: Count = 25
    """Epochs between two decays."""
    precision: Precision = "auto"
    """Precision of matrix products in the training of probes; C is always measured in float32.
    `auto` means bfloat16 on a CPU if it is faster and the training is long enough to be compiled,
    else float32."""
    samples: Count = 16
    """Samples of z per image when C is measured."""
    binarizations: Count = 10
    """Number of draws of the whole training split, if training images are binarised by fresh draws
    (ours). The probe sees them in turn, one per epoch; each is encoded once."""
    seeds: Annotated[int, Field(ge=1, le=16), INTEGER] = 3
    """Number of probes of each kind per run, with different initial parameters, order and noise
    (ours). C of the run is their mean. Points of PCA, random encoders and classifiers have one."""
    converged_nats: NonNegative = 0.01
    """Tolerance of convergence, in C on validation (ours). The paper's probe has converged if the
    strong probe's C is at most this much lower. A strong probe has converged if its C is at most
    this much lower than that of a probe with half the epochs."""
    prequential_classes_max: Annotated[int, Field(ge=0), INTEGER] = 100
    """Maximum number of classes of a task for which the prequential code length of the labels is
    computed (ours); 0 computes none."""


class RecipeCandidates(Settings):
    """Candidates of the search: all combinations."""

    learning_rates: Some[Positive] = [0.001, 0.003]
    """Adam's peak learning rates."""
    hidden_units: Some[ProbeUnits] = [256, 512]
    """Units in each of the two hidden layers."""
    dropouts: Some[ProbeDropout] = [0.1, 0.3]
    """Shares of hidden activations that each step sets to 0."""


class RecipeSettings(Settings):
    """The training of a strong probe."""

    learning_rate: Positive = 0.002
    """Adam's peak learning rate."""
    hidden_units: ProbeUnits = 512
    """Units in each of the two hidden layers."""
    dropout: ProbeDropout = 0.1
    """Share of hidden activations that each step sets to 0, rounded to a multiple of 1/256."""
    epochs: Count = 30
    """Passes over the training images."""
    batch_size: Count = 256
    """Images per step."""
    warmup_share: Share = 0.02
    """Share of all steps in which the learning rate rises to its peak."""


class Recipes(Settings):
    """The training of strong probes by task; all other tasks have `other`."""

    digit: RecipeSettings = RecipeSettings()
    """The recipe for the task `digit`."""
    alphabet: RecipeSettings = RecipeSettings()
    """The recipe for the task `alphabet`."""
    character: RecipeSettings = RecipeSettings()
    """The recipe for the task `character`."""
    other: RecipeSettings = RecipeSettings()
    """The recipe for any other task."""


class StrongProbeSettings(Settings):
    """The strong probe, trained in addition to the paper's (ours).

    Every run and every baseline with a probe has one: two hidden layers of ELU units with dropout,
    Adam with a short warm-up and cosine decay to 0, and the epoch of the smallest C on validation.
    Precision, samples and seeds are those of `probe`.
    """

    search: Flag = False
    """Search for learning rate, hidden units and dropout, by data set and task. Every combination
    of `candidates` and the recipe in `recipes` are trained on the codes of three runs: lowest,
    middle and highest β of the sweep's first architecture and first seed. The smallest mean C on
    validation decides the recipe of all probes of the data set and task.
    tables/probe_search.parquet lists all candidates."""
    candidates: RecipeCandidates = RecipeCandidates()
    pca_epochs_share: PositiveShare = 0.5
    """Share of the recipe's epochs for strong probes of the PCA grid, because there are many."""
    recipes: Recipes = Recipes()


class TaskProbeSettings(Settings):
    """Both probes of one task."""

    probe: ProbeSettings
    strong_probe: RecipeSettings


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


class ProbedEncoderSettings(TaskProbeSettings, RandomEncoderSettings):
    """A random encoder, and both probes of one task."""

    width: Positive


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


class ClassifierTraining(Settings):
    """Training of a convolutional classifier."""

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


class TaskClassifierSettings(ClassifierTraining, Network):
    """The convolutional classifier of one task."""


class ClassifierSettings(ClassifierTraining):
    """The baseline `complex_image`, trained end to end (ours, except for its network).

    The baseline `simple_image` consists of the probes on pixels; it reads `probe` and
    `strong_probe`.
    """

    search: Flag = False
    """Search for depth and dropout of `complex_image`, by data set and task. Every pair of
    `candidates` and the network in `networks` are trained; the smallest C on the validation split
    becomes the baseline. tables/classifier_search.parquet lists all of them."""
    candidates: NetworkCandidates = NetworkCandidates()
    networks: Networks = Networks()
