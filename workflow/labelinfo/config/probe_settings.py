"""Settings of the paper's probe and of the strong probe."""

from typing import Annotated

from pydantic import Field

from labelinfo.config.field_types import (
    INTEGER,
    NUMBER,
    Count,
    Flag,
    NonNegative,
    Positive,
    PositiveShare,
    Precision,
    Settings,
    Share,
    Some,
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


class Recipe(Settings):
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

    digit: Recipe = Recipe()
    """The recipe for the task `digit`."""
    alphabet: Recipe = Recipe()
    """The recipe for the task `alphabet`."""
    character: Recipe = Recipe()
    """The recipe for the task `character`."""
    other: Recipe = Recipe()
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
