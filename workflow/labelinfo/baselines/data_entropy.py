"""The entropy of the images, as well as it is known."""

from collections.abc import Iterable

import pandas as pd

from labelinfo.errors import LabelinfoError


def data_entropy(
    known_nats: float | None, source: str, measures: Iterable[pd.DataFrame]
) -> tuple[float, str]:
    """Return H(X) in nats and where it comes from.

    Without a known value it is the smallest R + D over all runs. R + D ≥ H(X) for every encoder,
    decoder and marginal (it is an **upper** bound, by the non-negativity of the divergences in it),
    so the smallest is the tightest at hand. It is measured on finitely many test images, so it is
    a bound up to sampling error, and the smallest of many is a little too small.

    Parameters
    ----------
    known_nats, source
        The configured value and its source, or None.
    measures
        The measured rows of every run of the data set.

    Raises
    ------
    LabelinfoError
        If no value is configured and no run is measured.
    """
    if known_nats is not None:
        return known_nats, source
    sums = [
        (row["rate_plus_distortion_nats"], row)
        for table in measures
        for row in table.to_dict("records")
        if row["status"] == "ok"
    ]
    if not sums:
        raise LabelinfoError(
            "The entropy of the images is not known and no run that could bound it is finished: "
            "finish one, or set `datasets.<name>.entropy_nats` with its source."
        )
    smallest, row = min(sums, key=lambda item: item[0])
    architecture = f"{row['encoder']}-{row['decoder']}-{row['marginal']}"
    run = f"{architecture}, β = {row['beta']:g}, seed {row['seed']}"
    return float(smallest), f"smallest R + D over all runs ({run}), an upper bound on H(X)"
