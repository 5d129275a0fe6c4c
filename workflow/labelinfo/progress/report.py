"""The progress of an experiment as text."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from labelinfo.progress.estimate import Estimate
from labelinfo.progress.states import STATES, JobState

_RUNNING_SHOWN = 20
_FAILED_SHOWN = 10


def progress_report(
    experiment: str, states: Iterable[JobState], left: Estimate, unit: str, out: Path
) -> str:
    """Return a table of stages and states, the hours left, what runs, and what went wrong.

    Parameters
    ----------
    experiment
        Its name.
    states, left
        What was found in the experiment's folder ``out``.
    unit
        Of the hours: ``GPU-hours`` or ``core-hours``.
    """
    states = list(states)
    running = [_line(each) for each in states if each.state == "running"]
    wrong = [_with_log(each, out) for each in states if each.state in ("failed", "interrupted")]
    parts = [
        _table(experiment, states, left, unit),
        _sources(left, unit),
        _listed("Running", running, _RUNNING_SHOWN),
        _listed("Failed or interrupted", wrong, _FAILED_SHOWN),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _table(experiment: str, states: list[JobState], left: Estimate, unit: str) -> str:
    counts = Counter((each.job.stage, each.state) for each in states)
    rows = [[experiment, *STATES, f"{unit} left"]]
    for stage in dict.fromkeys(each.job.stage for each in states):
        hours = left.hours.get(stage, 0.0)
        told = "unknown" if stage in left.unknown and not hours else f"{hours:,.1f}"
        rows.append([stage, *(f"{counts[stage, state]:,}" for state in STATES), told])
    totals = Counter(each.state for each in states)
    rows.append(["all", *(f"{totals[state]:,}" for state in STATES), f"{left.total:,.1f}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )


def _sources(left: Estimate, unit: str) -> str:
    source = f"from {left.measured:,} finished jobs" if left.measured else "by docs/speed.md"
    lines = [f"The {unit} left are an estimate {source}."] if left.hours else []
    if left.unknown:
        stages = ", ".join(f"{count:,} {stage}" for stage, count in left.unknown.items())
        lines.append(f"Nothing is known yet of, and so not counted: {stages}.")
    return "\n".join(lines)


def _line(state: JobState) -> str:
    epochs = state.log and state.log.epochs
    told = f", epoch {epochs[0]} of {epochs[1]}" if epochs else ""
    return f"  {state.job.stage} {state.job.name}{told}"


def _with_log(state: JobState, out: Path) -> str:
    lines = [f"  {state.state}: {state.job.stage} {state.job.name} ({out / state.job.log})"]
    lines += [f"      {line}" for line in (state.log.lines if state.log else ())]
    return "\n".join(lines)


def _listed(title: str, items: list[str], most: int) -> str:
    more = [f"  and {len(items) - most:,} more"] if len(items) > most else []
    return "\n".join([f"{title}:", *items[:most], *more]) if items else ""
