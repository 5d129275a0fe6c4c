"""Tables, verdicts, figures and pictures."""

from typing import Annotated

from pydantic import Field

from labelinfo.config.field_types import (
    INTEGER,
    NUMBER,
    Fraction,
    NonNegative,
    OrNull,
    Positive,
    PositiveShare,
    Settings,
    ShareBelowOne,
)


class TablesSettings(Settings):
    """Auditing the rows."""

    violation_standard_errors: NonNegative = 4.0
    """An inequality counts as broken beyond this many standard errors."""
    probe_tolerance_nats: NonNegative = 0.05
    """Probe error allowed on top in C ≤ H(Y)."""


class BootstrapSettings(Settings):
    """How sure a difference between two label distortions on the same test images is.

    Images, and the seeds of a baseline, are drawn with replacement, again and again.
    """

    resamples: Annotated[int, Field(ge=100, le=1_000_000), INTEGER] = 2000
    """How many draws."""
    confidence: Fraction = 0.95
    """Share of the draws that lie within an interval."""


class ClaimsSettings(Settings):
    """What the paper leaves open in its claims (ours), to judge them by the tables."""

    near_nats: Positive = 0.05
    """A C this close to that of the convolutional image classifier counts as equal to it; the
    headline numbers use it too. The paper's 0.05."""
    nearly_all_share: PositiveShare = 0.95
    """The share 1 − C / H(Y) from which on nearly all of the label is retained."""
    about_share: ShareBelowOne = 0.3
    """A number this close to the paper's, relative to it, is about the paper's."""
    near_line_share: Fraction = 0.1
    """A C this close to a baseline's line, relative to H(Y), is near that line."""
    many_share: Fraction = 0.5
    """This share of the runs is many of them; more than it, most of them."""
    as_a_rule_share: Annotated[float, Field(gt=0.5, le=1), NUMBER] = 0.65
    """What is so for this share of the runs or rates, or for more, is so as a rule."""
    much_weaker_share: Fraction = 0.5
    """A preference score below this share of another is much weaker than it."""
    rate_min_nats: NonNegative = 0.5
    """Runs of a smaller rate on validation count nowhere: they have dropped z, and cannot be far
    from any line."""
    runs_min: Annotated[int, Field(ge=2), INTEGER] = 8
    """Fewer runs of the kind that a claim is about decide nothing."""
    standard_errors: NonNegative = 2.0
    """Beyond so many of them a difference counts."""


class FiguresSettings(Settings):
    """Figures 1 and 2."""

    rate_max_nats: OrNull[Positive] = None
    """Right end of the rate axis; null fits the runs."""
    zoom_dataset: OrNull[str] = None
    """Data set of Figure 2; null takes the sweep's first, with its first task."""
    zoom_label_distortion_nats: Positive = 0.5
    """Upper end of Figure 2's label-distortion axis."""


class GallerySettings(Settings):
    """Pictures of reconstructions and samples of every run of the first seed."""

    images: Annotated[int, Field(ge=1, le=64), INTEGER] = 12
    """Test images shown, each with its reconstructions, and as many samples."""
    reconstructions: Annotated[int, Field(ge=1, le=16), INTEGER] = 3
    """Reconstructions of each image from different draws of z."""
