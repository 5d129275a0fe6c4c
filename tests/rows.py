"""Rows of the tables of runs and of baselines, for tests."""

from labelinfo.tables.baselines import SETTING_COLUMNS


def run_row(pair, rate, c, **changes):
    """Return a finished run of a (data set, task) at R and C, the same on either split."""
    return {
        "dataset": pair[0],
        "task": pair[1],
        "encoder": "gaussian",
        "decoder": "deconv",
        "marginal": "maf",
        "beta": 1.0,
        "seed": 0,
        "rate_nats": float(rate),
        "rate_nats_se": 0.05,
        "rate_valid_nats": float(rate),
        "distortion_nats": 90.0 - rate,
        "distortion_nats_se": 0.1,
        "label_distortion_nats": c,
        "label_distortion_nats_se": 0.01,
        "label_distortion_valid_nats": c,
        "label_accuracy": 0.9,
        "status": "ok",
        "violations": "",
        "warnings": "",
    } | changes


def baseline_row(pair, baseline, rate, c, **changes):
    """Return a point of a baseline of a (data set, task) at R and C, the same on either split."""
    return {
        "dataset": pair[0],
        "task": pair[1],
        "baseline": baseline,
        **dict.fromkeys(SETTING_COLUMNS),
        "seed": 0,
        "rate_nats": rate,
        "label_distortion_nats": c,
        "label_distortion_nats_se": 0.0,
        "label_distortion_valid_nats": c,
        **changes,
    }
