"""The failed jobs of one call of the workflow, by their logs."""

from collections.abc import Iterable
from pathlib import Path

from labelinfo.job_log import read_log

_SHOWN = 20


def failures_since(folders: Iterable[Path | str], since: float) -> str:
    """Return each log written since then that does not end well, with its last lines.

    Call it when no job runs any more: a log without an end then belongs to a killed job.

    Parameters
    ----------
    folders
        Folders of logs, at any depth.
    since
        In seconds, as :func:`time.time` has it.

    Returns
    -------
    str
        Empty if there is none.
    """
    found = []
    for log in sorted(log for folder in folders for log in Path(folder).glob("**/*.log")):
        if log.stat().st_mtime < since:
            continue
        end = read_log(log, now=float("inf"))
        if end is not None and end.state != "finished":
            found.append("\n".join([f"{end.state}: {log}", *(f"    {line}" for line in end.lines)]))
    if len(found) > _SHOWN:
        found[_SHOWN:] = [f"and {len(found) - _SHOWN:,} more"]
    return "\n".join(found)
