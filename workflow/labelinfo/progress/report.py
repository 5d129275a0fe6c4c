"""The progress of an experiment as text."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from labelinfo.progress.estimate import Estimate
from labelinfo.progress.states import STATES, JobState

_RUNNING_SHOWN = 20
_FAILED_SHOWN = 10


def progress_report(
    experiment: str, states: Iterable[JobState], left: Estimate, out: Path, unit: str
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
    parts = ["\n".join(_table(experiment, states, left, unit)), "\n".join(_sources(left, unit))]
    running = [each for each in states if each.state == "running"]
    parts += _listed("Running", [_line(each) for each in running], _RUNNING_SHOWN)
    wrong = [each for each in states if each.state in ("failed", "interrupted")]
    parts += _listed("Failed or interrupted", [_with_log(each, out) for each in wrong],
                     _FAILED_SHOWN)  # fmt: skip
    return "\n\n".join(filter(None, parts)) + "\n"


def _table(experiment: str, states: list[JobState], left: Estimate, unit: str) -> list[str]:
    counts = Counter((each.job.stage, each.state) for each in states)
    stages = list(dict.fromkeys(each.job.stage for each in states))
    rows = [[experiment, *STATES, f"{unit} left"]]
    for stage in stages:
        hours = left.hours.get(stage, 0.0)
        told = "unknown" if stage in left.unknown and not hours else f"{hours:,.1f}"
        rows.append([stage, *(f"{counts[stage, state]:,}" for state in STATES), told])
    totals = [sum(counts[stage, state] for stage in stages) for state in STATES]
    rows.append(["all", *(f"{total:,}" for total in totals), f"{sum(left.hours.values()):,.1f}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _sources(left: Estimate, unit: str) -> list[str]:
    told = []
    if left.by_kind:
        told.append(f"{left.by_kind:,} jobs left by finished ones like them")
    if left.by_stage:
        told.append(f"{left.by_stage:,} by others of their stage")
    if left.by_record:
        told.append(f"{left.by_record:,} trainings by the speeds in docs/speed.md (full width)")
    lines = []
    if told:
        lines.append(
            f"The {unit} left are an estimate from {left.measured:,} finished jobs: "
            f"{', '.join(told)}."
        )
    if left.unknown:
        stages = ", ".join(f"{count:,} {stage}" for stage, count in left.unknown.items())
        lines.append(f"Nothing is known yet of, and so not counted: {stages}.")
    return lines


def _line(state: JobState) -> str:
    epochs = state.log and state.log.epochs
    told = f", epoch {epochs[0]} of {epochs[1]}" if epochs else ""
    return f"  {state.job.stage} {state.job.name}{told}"


def _with_log(state: JobState, out: Path) -> str:
    lines = [f"  {state.state}: {state.job.stage} {state.job.name} ({out / state.job.log})"]
    lines += [f"      {line}" for line in (state.log.lines if state.log else ())]
    return "\n".join(lines)


def _listed(title: str, items: list[str], most: int) -> list[str]:
    if not items:
        return []
    more = [f"  and {len(items) - most:,} more"] if len(items) > most else []
    return ["\n".join([f"{title}:", *items[:most], *more])]
