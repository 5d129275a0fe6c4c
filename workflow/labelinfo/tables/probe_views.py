"""Views of the tables for one of the two probes."""

import pandas as pd

# the paper's probe, and the probe whose settings are chosen on validation
PAPER, STRONG = "paper", "strong"
PROBES = (PAPER, STRONG)
_PREFIX = "strong_"
# no probe measures these, so they count the same for both
_WITHOUT_PROBE = ("complex_image", "random_discard")


def has_strong_probe(table: pd.DataFrame, column: str = "label_distortion_nats") -> bool:
    """Return whether the strong probe measured any row of a table."""
    name = _PREFIX + column
    return name in table.columns and bool(table[name].notna().any())


def probes_of(runs: pd.DataFrame) -> tuple[str, ...]:
    """Return the probes that measured the runs of a table."""
    return PROBES if has_strong_probe(runs) else (PAPER,)


def runs_of_probe(runs: pd.DataFrame, probe: str) -> pd.DataFrame:
    """Return the table of runs with the label columns of one probe, without its prefix ``strong_``.

    Examples
    --------
    >>> runs = pd.DataFrame({"label_accuracy": [0.9], "strong_label_accuracy": [0.95]})
    >>> runs_of_probe(runs, STRONG).to_dict("records")
    [{'label_accuracy': 0.95}]
    """
    if probe == PAPER:
        return runs
    names = {x: x.removeprefix(_PREFIX) for x in runs.columns if x.startswith(_PREFIX)}
    return runs.drop(columns=names.values(), errors="ignore").rename(columns=names)


def baselines_of_probe(baselines: pd.DataFrame, probe: str) -> pd.DataFrame:
    """Return the table of baselines for one probe; baselines without a probe are in both views."""
    if probe == PAPER:
        return baselines
    fixed = baselines["baseline"].isin(_WITHOUT_PROBE)
    measured = [name for name in baselines.columns if _PREFIX + name in baselines.columns]
    return baselines.assign(
        **{name: baselines[name].where(fixed, baselines[_PREFIX + name]) for name in measured}
    )


def rows_of_probe(table: pd.DataFrame, probe: str) -> pd.DataFrame:
    """Return the rows of a probe; a table without a column ``probe`` has only the paper's."""
    if "probe" not in table.columns:
        return table if probe == PAPER else table.iloc[:0]
    return table[table["probe"] == probe]
