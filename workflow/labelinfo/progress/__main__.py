"""Report the progress of an experiment: ``python -m labelinfo.progress --configfile OVERLAY``."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from labelinfo.cli import print_in_any_locale
from labelinfo.config.experiment import read_config
from labelinfo.config.plan import planned_jobs
from labelinfo.errors import LabelinfoError
from labelinfo.progress.states import STATES, JobState, hours_left, job_states, shortened

_RUNNING_SHOWN = 20
_FAILED_SHOWN = 10


def progress(overlays: list[Path], results: Path = Path("results")) -> str:
    """Return the progress of the experiment that ``config.yaml`` and overlays describe."""
    config = read_config(overlays)
    out = results / config["experiment"]
    return progress_report(config["experiment"], job_states(planned_jobs(config), out), out)


def progress_report(experiment: str, states: list[JobState], out: Path) -> str:
    """Return a table of stages and states with the hours left, running jobs, and failed ones.

    ``out`` is the experiment's folder.
    """
    running, wrong = [], []
    for each in states:
        line = f"{each.job.stage} {each.job.name}"
        epochs = each.log and each.log.epochs
        if each.state == "running":
            running.append(line + (f", epoch {epochs[0]} of {epochs[1]}" if epochs else ""))
        elif each.state in ("failed", "interrupted"):
            first = f"{each.state}: {line} ({out / each.job.log})"
            wrong.append("\n      ".join([first, *(each.log.lines if each.log else ())]))
    hours = hours_left(states, out)
    parts = [_table(experiment, states, hours)]
    if any(hours.values()) or None in hours.values():
        parts.append(
            "Hours left: of jobs one after another, by the finished ones like them; divide by the\n"
            "number of jobs at a time. A stage without a finished job is unknown and not counted."
        )
    if running:
        parts.append("\n  ".join(["Running:", *shortened(running, _RUNNING_SHOWN)]))
    if wrong:
        parts.append("\n  ".join(["Failed or interrupted:", *shortened(wrong, _FAILED_SHOWN)]))
    return "\n\n".join(parts) + "\n"


def _table(experiment: str, states: list[JobState], hours: dict[str, float | None]) -> str:
    counts = Counter((each.job.stage, each.state) for each in states)
    totals = Counter(each.state for each in states)
    rows = [[experiment, *STATES, "hours left"]]
    for stage, left in hours.items():
        shown = "unknown" if left is None else f"{left:,.1f}"
        rows.append([stage, *(f"{counts[stage, state]:,}" for state in STATES), shown])
    total = sum(filter(None, hours.values()))
    rows.append(["all", *(f"{totals[state]:,}" for state in STATES), f"{total:,.1f}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )


def main() -> None:
    """Print the progress."""
    print_in_any_locale()
    parser = argparse.ArgumentParser(prog="python -m labelinfo.progress", description=__doc__)
    parser.add_argument(
        "--configfile", nargs="*", type=Path, default=[], help="overlays, as for Snakemake"
    )
    options = parser.parse_args()
    try:
        sys.stdout.write(progress(options.configfile))
    except LabelinfoError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
