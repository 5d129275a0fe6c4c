"""The inequalities that every measured row must satisfy."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from labelinfo.training.schedule import FEW_STEPS


def audit_row(
    row: Mapping[str, Any],
    *,
    standard_errors: float,
    probe_tolerance_nats: float,
    best_known_nats: float | None,
    label_entropy_bias_nats: float = 0.0,
) -> str:
    """Return the inequalities that a row breaks beyond its error, joined by ``; ``, empty if none.

    - ``rate_negative``: R ≥ 0, because R is a mean of divergences.
    - ``label_distortion_above_label_entropy``: C ≤ H(Y), which a probe that only knows the label
      frequencies reaches up to probe error. A probe cannot know the split's own frequencies, and
      plug-in H(Y) is biased low for many classes and few images.
    - ``label_information_above_rate``: H(Y) − C ≤ I(Z; Y) ≤ I(Z; X) ≤ R.
    - ``rate_plus_distortion_below_best_known``: R + D ≥ H(X) ≥ 0; a value below the lowest known
      negative log-likelihood is more likely a bug than a record.
    - ``rate_estimates_disagree``: closed form and Monte Carlo estimate the same R.

    Missing and NaN quantities of a row of the runs table are not judged. Tolerances are
    ``standard_errors`` of the difference and, for C ≤ H(Y), those of the probe and of the bias of
    H(Y). ``best_known_nats`` is the data set's lowest known negative log-likelihood.

    Examples
    --------
    A code of 0.5 nats cannot carry 1 nat about the label:

    >>> row = {"rate_nats": 0.5, "rate_nats_se": 0.01, "label_entropy_nats": 2.3}
    >>> row |= {"label_distortion_nats": 1.3, "label_distortion_nats_se": 0.01}
    >>> audit_row(row, standard_errors=4, probe_tolerance_nats=0.02, best_known_nats=None)
    'label_information_above_rate'
    """

    def value(name: str) -> float:
        number = row.get(name)
        return math.nan if number is None else float(number)

    # the quantities are correlated: the sum of errors bounds the error of any difference
    rate_error, c_error, total_error = (
        standard_errors * value(f"{name}_nats_se")
        for name in ("rate", "label_distortion", "rate_plus_distortion")
    )
    rate, c, entropy = map(value, ("rate_nats", "label_distortion_nats", "label_entropy_nats"))
    c_max = entropy + label_entropy_bias_nats + probe_tolerance_nats + c_error
    least = math.nan if best_known_nats is None else best_known_nats
    # comparisons with NaN are false, so unmeasured quantities are not judged
    checks = {
        "rate_negative": rate < -rate_error,
        "label_distortion_above_label_entropy": c > c_max,
        "label_information_above_rate": entropy - c > rate + (c_error + rate_error),
        "rate_plus_distortion_below_best_known": value("rate_plus_distortion_nats")
        < least - total_error,
        "rate_estimates_disagree": abs(value("rate_difference_nats"))
        > standard_errors * value("rate_difference_nats_se"),
    }
    return "; ".join(name for name, broken in checks.items() if broken)


def warn_of_row(row: Mapping[str, Any]) -> str:
    """Return the warnings of a row, joined by ``; ``, empty if none; NaN is not judged.

    - ``learned_nothing``: D is above that of independent pixels, a model without a code.
    - ``few_steps``: fewer steps than :data:`~labelinfo.training.schedule.FEW_STEPS`.

    R, D and C of such a run remain bounds, but they describe its training rather than its
    architecture.

    Examples
    --------
    >>> warn_of_row({"distortion_nats": 578.0, "independent_pixels_nats": 206.0})
    'learned_nothing'
    >>> warn_of_row({"steps_total": 20})
    'few_steps'
    """
    limit, distortion, steps = (
        math.nan if pd.isna(value := row.get(name)) else float(value)
        for name in ("independent_pixels_nats", "distortion_nats", "steps_total")
    )
    checks = {"learned_nothing": distortion > limit, "few_steps": steps < FEW_STEPS}
    return "; ".join(name for name, warned in checks.items() if warned)


def validation_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row for an audit of validation: its R, D and C are those of that split.

    Only validation may exclude a row from a choice. The standard errors are those of the test
    split: validation has none, and both splits are of similar size.

    Examples
    --------
    >>> validation_row({"rate_valid_nats": 2.0, "distortion_valid_nats": 80.0})[
    ...     "rate_plus_distortion_nats"
    ... ]
    82.0
    """
    rate, distortion = row.get("rate_valid_nats"), row.get("distortion_valid_nats")
    kept = ("label_entropy_nats", "rate_nats_se", "label_distortion_nats_se")
    return {name: row.get(name) for name in (*kept, "rate_plus_distortion_nats_se")} | {
        "rate_nats": rate,
        "rate_plus_distortion_nats": (
            None if rate is None or distortion is None else rate + distortion
        ),
        "label_distortion_nats": row.get("label_distortion_valid_nats"),
    }
