"""Runs that differ by seed alone, as one point with their spread."""

import pandas as pd

QUANTITIES = ("rate_nats", "distortion_nats", "label_distortion_nats")
IDENTITY = ["dataset", "task", "encoder", "decoder", "marginal", "beta"]


def over_seeds(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run without its seed, ``seeds`` the number of them.

    Where there are several, R, D and C are means over seeds, and the columns of their errors hold
    the **standard deviation** over seeds instead of the standard error over test images; a broken
    inequality of any seed is kept.
    """
    rows = []
    for _, group in runs.groupby(IDENTITY, sort=False):
        row = group.iloc[0].to_dict() | {"seeds": len(group)}
        if len(group) > 1:
            for name in QUANTITIES:
                row[name] = group[name].mean()
                row[f"{name}_se"] = group[name].std(ddof=1)
            broken = dict.fromkeys(text for text in group["violations"].fillna("") if text)
            row["violations"] = "; ".join(broken)
        rows.append(row)
    return pd.DataFrame(rows) if rows else runs.assign(seeds=pd.Series(dtype=int))
