"""Each inequality is judged with its error, and only for measured quantities."""

import math

import pytest

from labelinfo.tables.audit import audit_row, validation_row

# Numbers that binary fractions hold exactly, so that an edge is an edge.
GOOD = {
    "rate_nats": 8.0,
    "rate_nats_se": 0.25,
    "label_distortion_nats": 0.5,
    "label_distortion_nats_se": 0.125,
    "label_entropy_nats": 2.5,
    "rate_plus_distortion_nats": 80.0,
    "rate_plus_distortion_nats_se": 0.25,
    "rate_difference_nats": 0.0,
    "rate_difference_nats_se": 0.25,
}
BAD = GOOD | {
    "rate_nats": -30.0,
    "label_distortion_nats": 20.0,
    "rate_plus_distortion_nats": 0.0,
    "rate_difference_nats": 9.0,
}
CHECKS = {
    "rate_negative": {"rate_nats"},
    "label_distortion_above_label_entropy": {"label_distortion_nats", "label_entropy_nats"},
    "label_information_above_rate": {"rate_nats", "label_distortion_nats", "label_entropy_nats"},
    "rate_plus_distortion_below_best_known": {"rate_plus_distortion_nats"},
    "rate_estimates_disagree": {"rate_difference_nats"},
}
STEP = 2.0**-10


def audit(row, standard_errors=4.0, best_known_nats=79.0):
    return audit_row(
        row,
        standard_errors=standard_errors,
        probe_tolerance_nats=0.5,
        best_known_nats=best_known_nats,
    )


def test_a_row_within_every_bound_is_clean():
    assert audit(GOOD) == audit(GOOD, standard_errors=0) == ""


@pytest.mark.parametrize(
    ("name", "edge", "moved", "direction"),
    [
        # R = −4 · 0.25
        ("rate_negative", {"rate_nats": -1.0, "label_distortion_nats": 2.5}, "rate_nats", -1),
        # C = H + 0.5 + 4 · 0.125
        (
            "label_distortion_above_label_entropy",
            {"label_distortion_nats": 3.5},
            "label_distortion_nats",
            1,
        ),
        # H − C = 2 = R + 4 · (0.125 + 0.25)
        ("label_information_above_rate", {"rate_nats": 0.5}, "rate_nats", -1),
        # R + D = 79 − 4 · 0.25
        (
            "rate_plus_distortion_below_best_known",
            {"rate_plus_distortion_nats": 78.0},
            "rate_plus_distortion_nats",
            -1,
        ),
        # |difference| = 4 · 0.25
        ("rate_estimates_disagree", {"rate_difference_nats": 1.0}, "rate_difference_nats", 1),
        ("rate_estimates_disagree", {"rate_difference_nats": -1.0}, "rate_difference_nats", -1),
    ],
)
def test_a_bound_holds_up_to_its_error_and_no_further(name, edge, moved, direction):
    row = GOOD | edge
    assert audit(row) == ""
    assert audit(row | {moved: row[moved] - direction * STEP}) == ""
    assert audit(row | {moved: row[moved] + direction * STEP}) == name
    assert audit(row, standard_errors=4 - STEP) == name


@pytest.mark.parametrize("quantity", sorted(GOOD))
@pytest.mark.parametrize("nothing", [math.nan, None, "absent"])
def test_what_was_not_measured_is_not_judged(quantity, nothing):
    row = BAD | {quantity: nothing}
    if nothing == "absent":
        del row[quantity]
    needed = quantity.removesuffix("_se")
    assert audit(row) == "; ".join(name for name, needs in CHECKS.items() if needed not in needs)


def test_an_entropy_of_few_images_is_too_small_for_a_probe_that_knows_the_true_frequencies():
    row = GOOD | {"label_distortion_nats": 4.0}
    allowed = {"standard_errors": 4.0, "probe_tolerance_nats": 0.5, "best_known_nats": None}
    assert audit_row(row, **allowed) == "label_distortion_above_label_entropy"
    assert audit_row(row, **allowed, label_entropy_bias_nats=0.5) == ""
    assert audit_row(row, **allowed, label_entropy_bias_nats=0.5 - STEP) != ""


VALIDATION = {
    "rate_valid_nats": 8.0,
    "distortion_valid_nats": 72.0,
    "label_distortion_valid_nats": 0.5,
}


def test_what_chooses_is_judged_by_validation_alone():
    row = BAD | VALIDATION
    assert audit(row) != ""
    assert audit(validation_row(row)) == ""


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("rate_negative", {"rate_valid_nats": -1.5, "label_distortion_valid_nats": 2.5}),
        ("label_distortion_above_label_entropy", {"label_distortion_valid_nats": 4.0}),
        ("label_information_above_rate", {"rate_valid_nats": 0.25}),
        ("rate_plus_distortion_below_best_known", {"distortion_valid_nats": 69.5}),
    ],
)
def test_each_inequality_can_be_broken_on_validation(name, changes):
    row = GOOD | VALIDATION | changes
    assert audit(row) == ""
    assert name in audit(validation_row(row))


def test_a_row_without_validation_is_not_judged_by_it():
    assert audit(validation_row(BAD)) == ""
