"""The table of data sets: numbers of images and labels."""

import pandas as pd

# Columns without values for some data sets. Arrow gives a column without values the type null,
# which other readers do not join, so these types are set explicitly.
_TYPES = {
    "limit": "Int64",
    "matched_distinct_share": float,
    "match_margin_median_nats": float,
    "match_margin_below_1_nat_share": float,
}


def typed_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a summary, one row per data set, split and task, with types that no value changes.

    Tables of older versions lack ``labelled_images``; all their images have labels.
    """
    if table.empty:
        return table
    images = table["images"]
    labelled = table.get("labelled_images", images).fillna(images).astype("int64")
    return table.assign(labelled_images=labelled).astype(_TYPES)
