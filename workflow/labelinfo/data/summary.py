"""The table that counts the images and labels of data sets."""

import pandas as pd

# Columns that some data sets have no values of. A type keeps them alike in every experiment, since
# Arrow gives a column without values a type of its own, which other readers do not join.
_TYPES = {
    "limit": "Int64",
    "matched_distinct_share": float,
    "match_margin_median_nats": float,
    "match_margin_below_1_nat_share": float,
}


def typed_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a summary in which every column has the same type whatever its values.

    Parameters
    ----------
    table
        One row per data set, split and task. In tables of older versions, which do not count
        ``labelled_images``, all images have labels.
    """
    if table.empty:
        return table
    images = table["images"]
    labelled = table.get("labelled_images", images).fillna(images).astype("int64")
    return table.assign(labelled_images=labelled).astype(_TYPES)
