"""The lines of figures and verdicts, from the rows of the table of baselines."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from labelinfo.curves import Curve, lower_hull
from labelinfo.errors import LabelinfoError
from labelinfo.information import PUBLISHED

_CLASSIFIERS = ("simple_image", "complex_image")


@dataclass(frozen=True)
class Level:
    """A baseline of unbounded rate: C in nats over its seeds.

    Attributes
    ----------
    mean_nats, deviation_nats
        Mean and standard deviation over seeds on test.
    standard_error_nats
        Standard error of the mean: over images and, with two seeds or more, over seeds.
    valid_nats
        Mean over seeds on validation.
    """

    mean_nats: float
    deviation_nats: float
    standard_error_nats: float = 0.0
    valid_nats: float = float("nan")


def numbers(table: pd.DataFrame, *names: str) -> list[np.ndarray]:
    """Return columns of a table as arrays of floats."""
    return [table[name].to_numpy(dtype=float) for name in names]


def curves_and_levels(rows: pd.DataFrame) -> tuple[dict[str, Curve], dict[str, Level]]:
    """Return the baselines of bounded and of unbounded rate of one data set and task, by name."""
    curves: dict[str, Curve] = {}
    levels: dict[str, Level] = {}
    for name, group in rows.groupby("baseline"):
        bounded = group[np.isfinite(*numbers(group, "rate_nats"))]
        if bounded.empty:
            levels[str(name)] = _level(group)
            continue
        if name == "pca":
            bounded = bounded[is_selected(bounded)]
        if len(bounded):
            curves[str(name)] = _averaged(bounded)
    return curves, levels


def _level(rows: pd.DataFrame) -> Level:
    c, error, valid = numbers(
        rows, "label_distortion_nats", "label_distortion_nats_se", "label_distortion_valid_nats"
    )
    deviation = float(c.std(ddof=1)) if len(c) > 1 else 0.0
    # all seeds share the test images, so their errors do not average out
    images = np.nan_to_num(error).mean()
    standard_error = float(np.hypot(images, deviation / np.sqrt(len(c))))
    return Level(float(c.mean()), deviation, standard_error, float(pd.Series(valid).mean()))


def best_classifier(levels: Mapping[str, Level]) -> Level | None:
    """Return the classifier of the image with the lowest C on validation, or None without any.

    Examples
    --------
    Validation chooses, not test:

    >>> simple, complex_image = Level(0.1, 0.0, valid_nats=0.3), Level(0.2, 0.0, valid_nats=0.2)
    >>> best_classifier({"simple_image": simple, "complex_image": complex_image}).mean_nats
    0.2
    """
    found = [levels[name] for name in _CLASSIFIERS if name in levels]
    return min(found, key=lambda level: np.nan_to_num(level.valid_nats, nan=np.inf), default=None)


def random_discard(rows: pd.DataFrame) -> tuple[Curve | None, float | None, str]:
    """Return the random-discard line, H(X) in nats and its kind, from the line's rows."""
    if rows.empty:
        return None, None, ""
    entropies = set(rows["data_entropy_nats"].astype(float))
    if len(entropies) != 1 or not np.isfinite(min(entropies)):
        raise LabelinfoError(
            f"The random-discard line has no single data entropy, but {sorted(entropies)} nats: "
            "delete the table of baselines and run the workflow again."
        )
    return _averaged(rows), entropies.pop(), rows["data_entropy_kind"].iloc[0] or PUBLISHED


def classifier_discard(discard: Curve | None, classifier: Level | None) -> Curve | None:
    """Return the line of random discarding from (0, H(Y)) to (H(X), C of the classifier).

    Examples
    --------
    >>> discard = Curve(np.array([0.0, 80.0]), np.array([2.3, 0.0]))
    >>> classifier_discard(discard, Level(mean_nats=0.1, deviation_nats=0.0)).label_distortion_nats
    array([2.3, 0.1])
    """
    if discard is None or classifier is None:
        return None
    ends = np.array([discard.label_distortion_nats[0], classifier.mean_nats])
    return Curve(discard.rate_nats, ends, np.array([0.0, classifier.standard_error_nats]))


def is_selected(rows: pd.DataFrame) -> np.ndarray:
    """Return a mask of the PCA rows of the selected k."""
    return rows["selected"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)


def _averaged(rows: pd.DataFrame) -> Curve:
    """Return the curve through the points; points of equal rate differ by seed and are averaged."""
    names = ["label_distortion_nats", "label_distortion_nats_se"]
    means = rows.groupby("rate_nats", sort=True)[names].mean()
    c, error = numbers(means, *names)
    return Curve(means.index.to_numpy(dtype=float), c, np.nan_to_num(error))


def convex_hull(rows: pd.DataFrame, label_entropy: float | None) -> Curve | None:
    """Return the lower convex hull of points (R, C) and (0, H(Y)), None without points below H(Y).

    Its points are chosen by C on validation; C and its errors are of test. Beyond its smallest C it
    is flat up to the largest measured rate, because a code of smaller rate is also allowed there.
    """
    rows = rows[np.isfinite(*numbers(rows, "label_distortion_valid_nats"))]
    if rows.empty or label_entropy is None:
        return None
    rate, valid = numbers(rows, "rate_nats", "label_distortion_valid_nats")
    c, error = numbers(rows, "label_distortion_nats", "label_distortion_nats_se")
    kept = lower_hull(rate, valid, label_entropy)
    if not len(kept):
        return None
    last = np.append(kept, kept[-1])
    return Curve(
        np.concatenate([[0.0], rate[kept], [rate.max()]]),
        np.insert(c[last], 0, label_entropy),
        np.insert(np.nan_to_num(error[last]), 0, 0.0),
    )
