"""Settings of data sets: files, labels, preparation."""

from typing import Annotated, Literal

from pydantic import Field

from labelinfo.config.field_types import (
    INTEGER,
    NUMBER,
    Count,
    Distinct,
    OneLine,
    OrNull,
    Positive,
    Settings,
    Share,
)

# a key of some files only: it has no default, and is left out if it is not given
OPTIONAL = {
    "default": None,
    "validate_default": False,
    "exclude_if": lambda value: value is None,
    "json_schema_extra": lambda schema: schema.pop("default"),
}
AtLeastTwo = Annotated[int, Field(ge=2), INTEGER]
PartialShare = Annotated[float, Field(gt=0, lt=0.5), NUMBER]
Column = Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,64}$")]
Url = Annotated[str, Field(pattern="^https?://")]


class FileSettings(Settings):
    """A file of a data set, either downloaded or the user's own."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$",
        max_length=200,
        **OPTIONAL,
    )
    """Path under the mirror folder and under results/downloads/."""
    path: str = Field(pattern=r"^[^{}\n\t]*[^{}\s/]$", min_length=1, **OPTIONAL)
    """A file of your own, instead of a download; it overrides `name`. Relative paths start at the
    folder of the Snakefile. Braces are not allowed, because Snakemake would read them as
    wildcards."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$", **OPTIONAL)
    """SHA-256 of the decompressed content."""
    git_blob_sha1: str = Field(pattern="^[0-9a-f]{40}$", **OPTIONAL)
    """Git blob id of the decompressed content, instead of `sha256` or in addition."""
    bytes: Count = Field(**OPTIONAL)
    """Size of the decompressed content."""
    urls: list[Url] = []
    """Addresses for the download, tried in turn."""


class LimitSettings(Settings):
    """Maximum number of images of each split, drawn at random after the labels are matched.

    The draw is seeded, and a smaller draw is a subset of a larger one.
    """

    train: OrNull[AtLeastTwo] = None
    """Training images; null for all."""
    valid: OrNull[AtLeastTwo] = None
    """Validation images; null for all."""
    test: OrNull[AtLeastTwo] = None
    """Test images; null for all."""


class SplitSettings(Settings):
    """Shares of the images for validation and test, drawn at random with a seed.

    They are used if a `table` has no `split` column with train, valid and test.
    """

    valid: PartialShare = 0.1
    """Share for validation."""
    test: PartialShare = 0.2
    """Share for test."""


class DatasetSettings(Settings):
    """The definition of a data set."""

    title: OneLine = ""
    """Name in figures and reports."""
    reader: Literal["static_mnist", "omniglot", "table"]
    """Format of the files: `static_mnist` (binarised text files plus the idx originals, labels by
    naive Bayes), `omniglot` (chardata.mat), `table` (one .npz or .parquet file of your own with
    `images` and label columns)."""
    files: dict[str, FileSettings]
    """The files by role; the reader determines the roles."""
    binarize: Literal["none", "bernoulli", "threshold"] = "none"
    """Conversion of intensities to bits (ours). `bernoulli` draws new bits each epoch in training,
    and once, with a seed, for validation and test. `threshold` cuts at 0.5. `none` is for binary
    images."""
    scale: OrNull[Positive] = None
    """The value of a white pixel of a `table`, by which all its pixels are divided. null means 255
    for integers and 1 for fractions; then images that are not bits are refused if their largest
    integer is below 128 or their largest fraction is at most 0.1."""
    originals: Literal["as_is", "transposed", "inverted", "transposed_inverted"] = "as_is"
    """Orientation of the originals of `static_mnist`, relative to its binary images: `as_is`,
    `transposed` (column by column, as in EMNIST), `inverted` (black on white), or
    `transposed_inverted`."""
    matched_distinct_min_share: Share = 0.95
    """Minimum number of different originals that the images of a `static_mnist` split are matched
    with, as a share of the images (ours). The data is refused below it, or if the images are much
    less likely than images drawn from their originals; 0 accepts every match."""
    tasks: Distinct[Column] = []
    """Label columns to probe; empty means all columns of the reader. A `table` must name its
    columns."""
    entropy_nats: OrNull[Positive] = None
    """H(X) in nats for the random-discard line: a published negative log-likelihood, which is an
    upper bound. null means the best R + D over all runs, also an upper bound."""
    entropy_source: str = ""
    """Source of `entropy_nats`."""
    best_known_nats: OrNull[Positive] = None
    """The lowest known negative log-likelihood in nats, if it is below `entropy_nats`. The tables
    flag a run whose R + D is below the smaller of the two."""
    best_known_source: str = ""
    """Source of `best_known_nats`."""
    caveat: str = ""
    """A sentence for every figure and table of this data."""
    limit: LimitSettings = LimitSettings()
    split: SplitSettings = SplitSettings()


class DataSettings(Settings):
    """Preparation of the data sets."""

    naive_bayes_clamp: PartialShare = 0.0001
    """ε (ours); original intensities are clamped to [ε, 1 − ε] in the pixel-wise Bernoulli
    likelihood that matches a binary image to its original."""
    duplicates_max_share: Share = 0.01
    """Maximum share of validation images that are copies of training images, and of test images
    that are copies of either (ours); with more, the data is refused. Copies agree in every pixel,
    after `binarize: threshold` and before `limit`. tables/datasets.parquet has their numbers."""
