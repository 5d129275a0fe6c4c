"""A logger for Snakemake: the plan as a table, progress as a bar or a line a minute, failures.

Snakemake loads this module for ``logger: labelinfo`` in ``profiles/default``. Snakemake's messages
of each job go to ``.snakemake/log``; ``--logger-labelinfo-all`` prints them instead.
"""

import logging
import sys
from dataclasses import dataclass, field
from typing import TextIO

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

from snakemake_logger_plugin_labelinfo.bar import Bar
from snakemake_logger_plugin_labelinfo.jobs import Jobs

# beginnings of Snakemake's messages about neither results nor errors
_CHATTER = (
    "Building DAG", "Assuming unrestricted", "Using shell", "host:", "Provided ", "Rules claiming",
    "Conda environments:", "Select jobs", "Execute ", "Would remove", "Removing temporary",
    "Config file ", "SLURM run ID", "Submitted ", "Job ", "Reasons:", "Elapsed time",
    "Some jobs were triggered", "Rules with provenance", "Storing ", "Retrieving ",
)  # fmt: skip
_SILENT = {
    LogEvent.WORKFLOW_STARTED, LogEvent.SHELLCMD, LogEvent.GROUP_INFO, LogEvent.RESOURCES_INFO,
    LogEvent.RULEGRAPH, LogEvent.JOB_STARTED,
}  # fmt: skip


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Command-line options, such as ``--logger-labelinfo-all``."""

    all: bool = field(
        default=False, metadata={"help": "Print Snakemake's own text of each job.", "type": bool}
    )


class LogHandler(LogHandlerBase):
    """Prints a short account of a run to a terminal or file."""

    writes_to_stream = True
    writes_to_file = False
    # use Snakemake's filter, so that its flags --quiet and --printshellcmds work
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        self.dry = self.common_settings.dryrun
        self.stream: TextIO = sys.stdout if self.common_settings.stdout else sys.stderr
        # escape β on a terminal that cannot print it
        self.stream.reconfigure(errors="backslashreplace")
        self.jobs = Jobs()
        self.bar = Bar(self.stream)

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, or count it."""
        try:
            if self.settings.all or self.common_settings.verbose:
                self._print(self.format(record))
            else:
                self._tell(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Remove the bar."""
        self.bar.close()
        super().close()

    def _tell(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO:
            # a dry run sends the plan twice, before and after its jobs
            if self.jobs.start(record.stats) and not self.dry:
                self._print(self.jobs.headline())
            elif self.dry and self.jobs.reasons:
                self._print(self.jobs.table())
        elif event == LogEvent.JOB_INFO:
            self.jobs.begin(record.jobid, record.rule_name, record.reason)
            self._draw()
        elif event == LogEvent.JOB_FINISHED:
            self.jobs.end(record.job_id)
        elif event == LogEvent.PROGRESS:
            self.jobs.done, self.jobs.total = record.done, record.total
            # otherwise the start of the next job draws the bar
            if self.jobs.running or record.done == record.total:
                self._draw()
        elif event == LogEvent.JOB_ERROR:
            self.jobs.fail(record.jobid)
            self._print(_failure(record.rule_name, record.log, record.rule_msg))
        elif event == LogEvent.GROUP_ERROR:
            # messages for its jobs follow; this log is the scheduler's, of the whole group
            self._print(_failure(f"group {record.groupid}", record.aux_logs))
        elif event not in _SILENT and not self._is_chatter(record):
            self._print(self.format(record))

    def _is_chatter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        return record.levelno <= logging.INFO and text.startswith(_CHATTER)

    def _draw(self) -> None:
        if not self.dry and self.jobs.total:
            self.bar.draw(self.jobs)

    def _print(self, text: str | None) -> None:
        if text and text != "None":
            self.bar.write(text)


def _failure(what: str, logs: list[str] | None, message: str | None = None) -> str:
    """Return a line with the failed job and its logs, followed by the scheduler's message."""
    line = ", ".join([f"Failed: {what}", *(f"log {log}" for log in logs or ())])
    return f"{line}\n    {message}" if message else line
