"""What a person reads first: headline numbers, what is missing, where everything lies."""

import textwrap

import pandas as pd

from labelinfo.tables.sentences import sentences


def summarise(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    differences: pd.DataFrame,
    panels: list[dict[str, str]],
    places: dict[str, str],
) -> str:
    """Return the summary of an experiment as plain text.

    Parameters
    ----------
    runs, baselines, differences
        The tables.
    panels
        ``dataset, task, title, caveat`` of each panel of Figure 1.
    places
        What lies where, by name.
    """
    lines: list[str] = []
    for panel in panels:
        lines.append(panel["title"])
        for number, sentence in enumerate(
            sentences(runs, baselines, differences, panel["dataset"], panel["task"]), start=1
        ):
            lines += textwrap.wrap(
                sentence, 96, initial_indent=f"  {number}. ", subsequent_indent="     "
            )
        if panel["caveat"]:
            lines += textwrap.wrap(
                panel["caveat"], 96, initial_indent="  Note: ", subsequent_indent="     "
            )
        lines.append("")
    counts = runs["status"].value_counts()
    finished = int(counts.get("ok", 0))
    lines.append(f"Rows finished: {finished} of {len(runs)}.")
    lines += [f"Rows {status}: {count}." for status, count in counts.items() if status != "ok"]
    lines += _flagged(runs, "violations", "Rows that break an inequality")
    lines += _flagged(runs, "warnings", "Rows of runs that learned nothing")
    lines.append("")
    width = max(map(len, places))
    lines += [f"{name:<{width}}  {path}" for name, path in places.items()]
    return "\n".join(lines) + "\n"


def _flagged(runs: pd.DataFrame, column: str, title: str) -> list[str]:
    flagged = runs[runs[column] != ""]
    return [f"{title}: {len(flagged)}."] + [
        f"  {row['dataset']}, {row['task']}, {row['encoder']}-{row['decoder']}-{row['marginal']}, "
        f"β = {row['beta']:g}, seed {row['seed']}: {row[column]}"
        for _, row in flagged.iterrows()
    ]
