"""Settings of tables, verdicts, figures and pictures."""

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
    """The audit of the tables' rows."""

    violation_standard_errors: NonNegative = 4.0
    """An inequality counts as broken beyond this many standard errors."""
    probe_tolerance_nats: NonNegative = 0.05
    """Additional tolerance of C ≤ H(Y), for the probe error."""


class BootstrapSettings(Settings):
    """The uncertainty of differences between two label distortions on the same test images.

    Images and the seeds of a baseline are resampled with replacement.
    """

    resamples: Annotated[int, Field(ge=100, le=1_000_000), INTEGER] = 2000
    """Number of resamples."""
    confidence: Fraction = 0.95
    """Share of the resamples within an interval."""


class ClaimsSettings(Settings):
    """Thresholds for judging the paper's claims, which the paper itself does not give (ours)."""

    near_nats: Positive = 0.05
    """A C this close to that of the convolutional image classifier counts as equal to it, also in
    the headline numbers. The paper's value is 0.05."""
    nearly_all_share: PositiveShare = 0.95
    """Minimum share 1 − C / H(Y) at which nearly all of the label is retained."""
    about_share: ShareBelowOne = 0.3
    """A number within this relative distance of the paper's number agrees with it."""
    near_line_share: Fraction = 0.1
    """A C within this distance of a baseline's line, as a share of H(Y), is near the line."""
    many_share: Fraction = 0.5
    """This share of the runs counts as "many"; a larger share counts as "most"."""
    as_a_rule_share: Annotated[float, Field(gt=0.5, le=1), NUMBER] = 0.65
    """A statement that holds for at least this share of the runs or rates holds as a rule."""
    much_weaker_share: Fraction = 0.5
    """A preference score below this share of another score is much weaker."""
    rate_min_nats: NonNegative = 0.5
    """Runs of a smaller rate on validation are ignored: they do not use z, so they cannot be far
    from any line."""
    runs_min: Annotated[int, Field(ge=2), INTEGER] = 8
    """Minimum number of relevant runs for deciding a claim."""
    standard_errors: NonNegative = 2.0
    """A difference counts if it exceeds this number of standard errors."""


class FiguresSettings(Settings):
    """Figures 1 and 2."""

    rate_max_nats: OrNull[Positive] = None
    """Right end of the rate axis; null fits the axis to the runs."""
    zoom_dataset: OrNull[str] = None
    """Data set of Figure 2, with its first task; null means the first of the sweep."""
    zoom_label_distortion_nats: Positive = 0.5
    """Upper end of Figure 2's label-distortion axis."""


class GallerySettings(Settings):
    """Pictures of reconstructions and samples of every run of the first seed."""

    images: Annotated[int, Field(ge=1, le=64), INTEGER] = 12
    """Number of test images, each with its reconstructions, and of samples."""
    reconstructions: Annotated[int, Field(ge=1, le=16), INTEGER] = 3
    """Number of reconstructions per image, each from another draw of z."""
