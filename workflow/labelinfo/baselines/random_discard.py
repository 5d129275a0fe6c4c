"""The random-discard baseline: discard bits of an optimal lossless code at random."""

import math

import pandas as pd

from labelinfo.errors import LabelinfoError


def random_discard(data_entropy_nats: float, label_entropy_nats: float) -> pd.DataFrame:
    """Return the ends of the random-discard line in the rate plane.

    A code of H(X) nats is reduced to R nats at random. The share of label information that remains
    is the share of the code: C(R) = H(Y) · (1 − R / H(X)), from H(Y) at R = 0 to 0 at R = H(X).
    Against distortion it is the same line with D = H(X) − R.

    Parameters
    ----------
    data_entropy_nats
        H(X), or an upper bound on it. An upper bound raises the line, which favours the β-VAEs.
    label_entropy_nats
        H(Y) of the test split.

    Returns
    -------
    DataFrame
        ``rate_nats, label_distortion_nats``, two rows.

    Raises
    ------
    LabelinfoError
        If either is not positive and finite, or H(Y) exceeds H(X).
    """
    if not (math.isfinite(data_entropy_nats) and 0 < label_entropy_nats <= data_entropy_nats):
        raise LabelinfoError(
            f"The images cannot have an entropy of {data_entropy_nats:g} nats and their labels one "
            f"of {label_entropy_nats:g}: 0 < H(Y) ≤ H(X) is needed. Set `datasets.<name>."
            "entropy_nats` to H(X) of a whole image, in nats."
        )
    return pd.DataFrame(
        {
            "rate_nats": [0.0, data_entropy_nats],
            "label_distortion_nats": [label_entropy_nats, 0.0],
        }
    )
