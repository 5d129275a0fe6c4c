"""What went wrong in one call of the workflow, by the logs of its jobs."""

from collections.abc import Iterable
from pathlib import Path

from labelinfo.job_log import read_log

_SHOWN = 20
_LINES = 5


def failures_since(folders: Iterable[Path | str], since: float) -> str:
    """Return each log written since then that does not end well, with its last lines.

    To be asked when no job runs any more, so that a log without an end is one of a job that was
    killed.

    Parameters
    ----------
    folders
        Where logs lie, at any depth.
    since
        In seconds, as :func:`time.time` has it.

    Returns
    -------
    str
        Empty if there is none.
    """
    logs = sorted(log for folder in folders for log in Path(folder).glob("**/*.log"))
    found = []
    for log in logs:
        if log.stat().st_mtime < since:
            continue
        end = read_log(log, now=float("inf"), lines=_LINES)
        if end is None or end.state == "finished":
            continue
        ended = "failed" if end.state == "failed" else "interrupted"
        found.append("\n".join([f"{ended}: {log}", *(f"    {line}" for line in end.lines)]))
    if len(found) > _SHOWN:
        found[_SHOWN:] = [f"and {len(found) - _SHOWN:,} more"]
    return "\n".join(found)
