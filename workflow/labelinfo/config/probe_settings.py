"""The paper's probe and the strong probe."""

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
    """Passes over the training images, each with fresh samples of z; what is left of a pass after
    its whole batches is left out, another part each time."""
    batch_size: Count = 128
    """Images per step."""
    learning_rate: Positive = 0.0001
    """Adam's first learning rate."""
    decay_factor: PositiveShare = 0.1
    """The learning rate is multiplied by this every `decay_epochs`."""
    decay_epochs: Count = 25
    """Epochs between two decays."""
    precision: Precision = "auto"
    """Precision of matrix products when probes are trained; C is always measured in float32. `auto`
    takes bfloat16 on a CPU where that is faster and the training is long enough to be compiled,
    float32 elsewhere."""
    samples: Count = 16
    """Samples of z per image when C is measured."""
    binarizations: Count = 10
    """Where training images are binarised by fresh draws, how many draws of the whole training
    split the probe sees in turn, one an epoch (ours); each is encoded once."""
    seeds: Annotated[int, Field(ge=1, le=16), INTEGER] = 3
    """Probes of each kind for a run, which differ in initial parameters, order and noise (ours). C
    of the run is the mean over them. Points of PCA, random encoders and classifiers have one."""
    converged_nats: NonNegative = 0.01
    """The paper's probe has converged if the strong probe's C on validation is not lower by more
    than this; a strong probe, if it gains no more than this over one of half its epochs, on
    validation too (ours)."""
    prequential_classes_max: Annotated[int, Field(ge=0), INTEGER] = 100
    """The prequential code length of the labels is computed for tasks of at most so many classes
    (ours); 0 computes none."""


class RecipeCandidates(Settings):
    """What a search tries."""

    learning_rates: Some[Positive] = [0.001, 0.003]
    """Adam's peak learning rates."""
    hidden_units: Some[ProbeUnits] = [256, 512]
    """Units in each of the two hidden layers."""
    dropouts: Some[ProbeDropout] = [0.1, 0.3]
    """Shares of hidden activations that a step sets to 0."""


class Recipe(Settings):
    """How a strong probe is trained."""

    learning_rate: Positive = 0.002
    """Adam's peak learning rate."""
    hidden_units: ProbeUnits = 512
    """Units in each of the two hidden layers."""
    dropout: ProbeDropout = 0.1
    """Share of hidden activations that a step sets to 0, to the nearest 1/256."""
    epochs: Count = 30
    """Passes over the training images."""
    batch_size: Count = 256
    """Images per step."""
    warmup_share: Share = 0.02
    """Share of all steps in which the learning rate rises to its peak."""


class Recipes(Settings):
    """How a strong probe is trained, by the task's name; any other has `other`."""

    digit: Recipe = Recipe()
    """The recipe for the task `digit`."""
    alphabet: Recipe = Recipe()
    """The recipe for the task `alphabet`."""
    character: Recipe = Recipe()
    """The recipe for the task `character`."""
    other: Recipe = Recipe()
    """The recipe for any other task."""


class StrongProbeSettings(Settings):
    """The strong probe, which stands next to the paper's (ours).

    It is trained for every run and every baseline that a probe measures: two hidden layers of ELU
    units, dropout after both, Adam with a short warm-up and cosine decay to 0, the epoch of the
    smallest C on validation. Precision, samples and seeds are those of `probe`.
    """

    search: Flag = False
    """Choose learning rate, hidden units and dropout by data set and task: every combination of
    `candidates`, and the one in `recipes`, is trained on the codes of three runs (lowest, middle
    and highest β of the sweep's first architecture, first seed), and the one of the smallest mean C
    on validation is taken for all probes of that data set and task. All are in
    tables/probe_search.parquet."""
    candidates: RecipeCandidates = RecipeCandidates()
    pca_epochs_share: PositiveShare = 0.5
    """A strong probe of the PCA grid has this share of the recipe's epochs, for there are many."""
    recipes: Recipes = Recipes()
