"""What a data set is made of, and how its images are prepared."""

from typing import Annotated, Literal

from pydantic import Field

from labelinfo.config.field_types import (
    INTEGER,
    NUMBER,
    Count,
    Distinct,
    OrNull,
    Positive,
    Settings,
    Share,
)

# a key that only some files have: it has no default and is left out where it is not given
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
    """A file of a data set: fetched, or the user's own."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$",
        max_length=200,
        **OPTIONAL,
    )
    """Path under the mirror folder and under results/downloads/."""
    path: str = Field(pattern=r"^[^{}\n\t]*[^{}\s/]$", min_length=1, **OPTIONAL)
    """A file of your own; it goes before `name`, and nothing is fetched then. Relative paths start
    at the folder of the Snakefile. Snakemake would fill in names within braces, so there may be
    none."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$", **OPTIONAL)
    """SHA-256 of the decompressed content."""
    git_blob_sha1: str = Field(pattern="^[0-9a-f]{40}$", **OPTIONAL)
    """Git blob id of the decompressed content, as good a check."""
    bytes: Count = Field(**OPTIONAL)
    """Size of the decompressed content."""
    urls: list[Url] = []
    """Where to download it, tried in turn."""


class LimitSettings(Settings):
    """Use only so many images of a split, drawn at random after the labels are matched.

    The draw is seeded. A smaller draw is a part of a larger one.
    """

    train: OrNull[AtLeastTwo] = None
    """Training images; null for all."""
    valid: OrNull[AtLeastTwo] = None
    """Validation images; null for all."""
    test: OrNull[AtLeastTwo] = None
    """Test images; null for all."""


class SplitSettings(Settings):
    """Shares drawn at random, seeded, for validation and test.

    They are used when a `table` has no `split` column of train/valid/test.
    """

    valid: PartialShare = 0.1
    """Share for validation."""
    test: PartialShare = 0.2
    """Share for test."""


class DatasetSettings(Settings):
    """The definition of a data set."""

    title: str = ""
    """Name in figures and reports."""
    reader: Literal["static_mnist", "omniglot", "table"]
    """How the files are read: `static_mnist` (binarised text files plus the idx originals, labels
    by naive Bayes), `omniglot` (chardata.mat), `table` (one .npz or .parquet file of your own with
    `images` and label columns)."""
    files: dict[str, FileSettings]
    """The files by role; the roles are the reader's."""
    binarize: Literal["none", "bernoulli", "threshold"] = "none"
    """Intensities to bits (ours): `bernoulli` draws afresh each epoch in training and once, seeded,
    for validation and test; `threshold` cuts at 0.5; `none` takes binary images."""
    scale: OrNull[Positive] = None
    """The value of a white pixel of a `table`, by which all its pixels are divided. null takes 255
    for integers and 1 for fractions; then integers below 128 that are no bits, and fractions of at
    most 0.1, are refused."""
    originals: Literal["as_is", "transposed", "inverted", "transposed_inverted"] = "as_is"
    """How the originals of `static_mnist` are stored, compared with its binary images: `as_is`,
    `transposed` (column by column, as EMNIST's are), `inverted` (black on white), or
    `transposed_inverted`."""
    matched_distinct_min_share: Share = 0.95
    """Smallest number of different originals (ours), as a share of a split's images, that the
    images of `static_mnist` are matched with. Below it, or if the images are less likely than
    images of their originals, the data is refused; 0 accepts every match."""
    tasks: Distinct[Column] = []
    """Label columns to probe; empty means all that the reader gives. A table has to name its
    own."""
    entropy_nats: OrNull[Positive] = None
    """H(X) in nats for the random-discard line: a published negative log-likelihood, so an upper
    bound. null takes the best R + D over all runs, an upper bound too."""
    entropy_source: str = ""
    """Where `entropy_nats` comes from."""
    best_known_nats: OrNull[Positive] = None
    """The lowest negative log-likelihood known, in nats, if it is below `entropy_nats`. A run whose
    R + D lies below the smaller of both is flagged in the tables."""
    best_known_source: str = ""
    """Where `best_known_nats` comes from."""
    caveat: str = ""
    """A sentence that every figure and table made from this data has to carry."""
    limit: LimitSettings = LimitSettings()
    split: SplitSettings = SplitSettings()


class DataSettings(Settings):
    """How the images become a data set."""

    naive_bayes_clamp: PartialShare = 0.0001
    """ε (ours); original intensities are clamped to [ε, 1 − ε] in the pixel-wise Bernoulli
    likelihood that matches a binary image to its original."""
    duplicates_max_share: Share = 0.01
    """Largest share (ours) of the images of the validation split that may be copies of training
    images, and of the test split's that may be copies of either's, pixel by pixel, after binarize:
    threshold and before `limit`; beyond it the data is refused. All copies are counted in
    tables/datasets.parquet."""
