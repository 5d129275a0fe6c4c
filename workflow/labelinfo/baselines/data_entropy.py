"""The best known upper bound on the entropy of the images."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from labelinfo.information import BEST_OF_SWEEP, PUBLISHED
from labelinfo.tables.audit import audit_row, validation_row


@dataclass(frozen=True)
class DataEntropy:
    """An upper bound on H(X) in nats, its kind, and a description of its source."""

    nats: float
    kind: str
    source: str


def data_entropy(
    known_nats: float | None,
    source: str,
    measures: Iterable[pd.DataFrame],
    *,
    standard_errors: float,
) -> DataEntropy | None:
    """Return an **upper** bound on H(X), or None without any.

    A configured value is ``published``. Otherwise the bound is ``best_of_sweep``, the smallest
    R + D over all runs. R + D ≥ H(X) holds for every encoder, decoder and marginal, because the
    divergences in it are not negative. The run is chosen on validation and its R + D is measured
    on test, so the bound holds up to sampling error. Diverged runs and runs that break an
    inequality on validation do not count; for ``standard_errors`` see
    :func:`labelinfo.tables.audit.audit_row`.
    """
    if known_nats is not None:
        return DataEntropy(known_nats, PUBLISHED, source)
    sums = [
        (row["rate_valid_nats"] + row["distortion_valid_nats"], row)
        for table in measures
        for row in table.to_dict("records")
        if row["status"] == "ok" and _is_sound(row, standard_errors)
    ]
    if not sums:
        return None
    row = min(sums, key=lambda item: item[0])[1]
    architecture = f"{row['encoder']}-{row['decoder']}-{row['marginal']}"
    run = f"{architecture}, β = {row['beta']:g}, seed {row['seed']}"
    source = f"smallest R + D over all runs ({run}), an upper bound on H(X)"
    return DataEntropy(float(row["rate_plus_distortion_nats"]), BEST_OF_SWEEP, source)


def _is_sound(row: dict, standard_errors: float) -> bool:
    return not audit_row(
        validation_row(row),
        standard_errors=standard_errors,
        probe_tolerance_nats=0.0,
        best_known_nats=None,
    )
