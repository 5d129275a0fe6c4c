"""The tables as one of the two probes sees them."""

import pandas as pd

# the paper's probe, and the one whose settings are found on validation
PAPER, STRONG = "paper", "strong"
PROBES = (PAPER, STRONG)
_PREFIX = "strong_"
# no probe measures these, so they count the same for both
_WITHOUT_PROBE = ("complex_image", "random_discard")


def has_strong_probe(table: pd.DataFrame, column: str = "label_distortion_nats") -> bool:
    """Return whether the strong probe measured any row of a table."""
    name = _PREFIX + column
    return name in table.columns and bool(table[name].notna().any())


def runs_of_probe(runs: pd.DataFrame, probe: str) -> pd.DataFrame:
    """Return the table of runs with C, its error and the rest of the label columns of one probe.

    The columns of the strong probe begin with ``strong_``; its view has them by their plain names.
    Where it did not measure a row, they are empty.

    Examples
    --------
    >>> runs = pd.DataFrame({"label_accuracy": [0.9], "strong_label_accuracy": [0.95]})
    >>> runs_of_probe(runs, STRONG).to_dict("records")
    [{'label_accuracy': 0.95}]
    """
    if probe == PAPER:
        return runs
    strong = [name for name in runs.columns if name.startswith(_PREFIX)]
    plain = [name.removeprefix(_PREFIX) for name in strong]
    rest = runs.drop(columns=[name for name in plain if name in runs.columns])
    return rest.rename(columns=dict(zip(strong, plain, strict=True)))


def baselines_of_probe(baselines: pd.DataFrame, probe: str) -> pd.DataFrame:
    """Return the table of baselines of one probe; what no probe measures is the same for both."""
    if probe == PAPER:
        return baselines
    fixed = baselines["baseline"].isin(_WITHOUT_PROBE)
    measured = [name for name in baselines.columns if _PREFIX + name in baselines.columns]
    return baselines.assign(
        **{name: baselines[name].where(fixed, baselines[_PREFIX + name]) for name in measured}
    )


def rows_of_probe(table: pd.DataFrame, probe: str) -> pd.DataFrame:
    """Return the rows of a table with a column ``probe``; without it all are of the paper's."""
    if "probe" not in table.columns:
        return table if probe == PAPER else table.iloc[:0]
    return table[table["probe"] == probe]
