"""Runs that differ only by seed, as one point with their spread."""

import pandas as pd

QUANTITIES = ("rate_nats", "distortion_nats", "label_distortion_nats")
IDENTITY = ["dataset", "task", "encoder", "decoder", "marginal", "beta"]


def over_seeds(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run without its seed; ``seeds`` is the number of seeds.

    With several seeds, R, D and C are means, and their error columns hold the **standard
    deviation** over seeds instead of the standard error over test images. A row keeps a broken
    inequality of any of its seeds.
    """
    if runs.empty:
        return runs.assign(seeds=pd.Series(dtype=int))
    groups = runs.groupby(IDENTITY, sort=False)
    points = groups.head(1).assign(seeds=groups.size().to_numpy()).reset_index(drop=True)
    several = (points["seeds"] > 1).to_numpy()
    for name in QUANTITIES:
        for column, values in ((name, groups[name].mean()), (f"{name}_se", groups[name].std())):
            points[column] = points[column].astype(float).mask(several, values.to_numpy(float))
    flagged = runs[runs["violations"].fillna("") != ""].groupby(IDENTITY, sort=False)
    if several.any() and flagged.ngroups:
        broken = flagged["violations"].agg(lambda texts: "; ".join(dict.fromkeys(texts)))
        places = pd.MultiIndex.from_frame(points[IDENTITY])
        joined = broken.reindex(places).fillna("").to_numpy(object)
        points["violations"] = points["violations"].astype(object).mask(several, joined)
    return points
