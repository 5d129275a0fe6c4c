"""One bar on a terminal; in a pipe or a file, one line a minute."""

import time
from typing import TextIO

from tqdm import tqdm

from snakemake_logger_plugin_labelinfo.jobs import Jobs

_SECONDS_BETWEEN_LINES = 60.0


class Bar:
    """Shows the progress of a run.

    Parameters
    ----------
    stream
        The output stream.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: tqdm | None = None
        self._drawn = -_SECONDS_BETWEEN_LINES

    def draw(self, jobs: Jobs) -> None:
        """Show the finished jobs, the running jobs and the time left."""
        over = jobs.done == jobs.total
        left = "" if over else f", {_left(jobs.seconds_left())}"
        running = "" if over else f"running: {jobs.at_work()}"
        if self._stream.isatty():
            # a narrow terminal cuts the end
            form = "{n_fmt} of {total_fmt} jobs done" + left + " |{bar:20}| " + running
            if self._bar is None:
                self._bar = tqdm(
                    total=jobs.total, initial=jobs.done, file=self._stream, bar_format=form,
                    leave=False, dynamic_ncols=True, mininterval=0,
                )  # fmt: skip
            self._bar.total, self._bar.n = jobs.total, jobs.done
            self._bar.bar_format = form
            self._bar.refresh()
        elif over or time.monotonic() - self._drawn >= _SECONDS_BETWEEN_LINES:
            self._drawn = time.monotonic()
            done = f"{time.strftime('%H:%M')} {jobs.done:,} of {jobs.total:,} jobs done"
            self.write(done if over else f"{done}{left}; {running}")

    def write(self, text: str) -> None:
        """Print text above the bar."""
        if self._bar is not None:
            self._bar.clear()
        self._stream.write(text + "\n")
        self._stream.flush()
        if self._bar is not None:
            self._bar.refresh()

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _left(estimate: tuple[float, bool] | None) -> str:
    """Return the time left and the time of day of the end, as text."""
    if estimate is None:
        return "time left not known yet"
    seconds, lower_bound = estimate
    over = time.strftime("%H:%M", time.localtime(time.time() + seconds))
    if seconds < 90:
        words = "a minute left"
    elif seconds < 5400:
        words = f"{seconds / 60:.0f} min left ({over})"
    elif seconds < 24 * 3600:
        words = f"{seconds / 3600:.1f} h left ({over})"
    else:
        words = f"{seconds / 86400:.1f} days left"
    return f"at least {words}" if lower_bound else words
