"""The entropy of the images, as well as it is known."""

from collections.abc import Iterable

import pandas as pd

from labelinfo.tables.audit import audit_row


def data_entropy(
    known_nats: float | None,
    source: str,
    measures: Iterable[pd.DataFrame],
    *,
    standard_errors: float,
) -> tuple[float, str] | None:
    """Return H(X) in nats and where it comes from; None if nothing tells.

    Without a known value it is the smallest R + D over all runs. R + D ≥ H(X) for every encoder,
    decoder and marginal (it is an **upper** bound, by the non-negativity of the divergences in it),
    so the smallest is the tightest at hand. Which run that is, the validation split says; its R + D
    is of the test split, so a bound up to sampling error. Runs that diverged, or whose R breaks an
    inequality, do not count.

    Parameters
    ----------
    known_nats, source
        The configured value and its source, or None.
    measures
        The measured rows of every run of the data set.
    standard_errors
        See :func:`labelinfo.tables.audit.audit_row`.
    """
    if known_nats is not None:
        return known_nats, source
    sums = [
        (row["rate_valid_nats"] + row["distortion_valid_nats"], row)
        for table in measures
        for row in table.to_dict("records")
        if row["status"] == "ok"
        and not audit_row(
            row,
            standard_errors=standard_errors,
            probe_tolerance_nats=0.0,
            best_known_nats=None,
        )
    ]
    if not sums:
        return None
    row = min(sums, key=lambda item: item[0])[1]
    architecture = f"{row['encoder']}-{row['decoder']}-{row['marginal']}"
    run = f"{architecture}, β = {row['beta']:g}, seed {row['seed']}"
    source = f"smallest R + D over all runs ({run}), an upper bound on H(X)"
    return float(row["rate_plus_distortion_nats"]), source
