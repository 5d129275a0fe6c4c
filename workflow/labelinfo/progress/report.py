"""The progress of an experiment as text."""

from collections import Counter
from pathlib import Path

from labelinfo.progress.states import STATES, JobState, hours_left

_RUNNING_SHOWN = 20
_FAILED_SHOWN = 10


def progress_report(experiment: str, states: list[JobState], out: Path) -> str:
    """Return a table of stages and states with the hours left, running jobs, and failed ones.

    Parameters
    ----------
    experiment
        Its name.
    states
        Of its jobs.
    out
        Its folder.
    """
    running = [_line(each) for each in states if each.state == "running"]
    wrong = [_with_log(each, out) for each in states if each.state in ("failed", "interrupted")]
    hours = hours_left(states, out)
    parts = [_table(experiment, states, hours)]
    if any(hours.values()) or None in hours.values():
        parts.append(
            "Hours left: of jobs one after another, by the finished ones like them; divide by the\n"
            "number of jobs at a time. A stage without a finished job is unknown and not counted."
        )
    parts += [
        _listed("Running", running, _RUNNING_SHOWN),
        _listed("Failed or interrupted", wrong, _FAILED_SHOWN),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


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


def _line(state: JobState) -> str:
    epochs = state.log and state.log.epochs
    reached = f", epoch {epochs[0]} of {epochs[1]}" if epochs else ""
    return f"  {state.job.stage} {state.job.name}{reached}"


def _with_log(state: JobState, out: Path) -> str:
    lines = [f"  {state.state}: {state.job.stage} {state.job.name} ({out / state.job.log})"]
    lines += [f"      {line}" for line in (state.log.lines if state.log else ())]
    return "\n".join(lines)


def _listed(title: str, items: list[str], most: int) -> str:
    more = [f"  and {len(items) - most:,} more"] if len(items) > most else []
    return "\n".join([f"{title}:", *items[:most], *more]) if items else ""
