"""Output to terminals of any encoding."""

import sys


def print_in_any_locale() -> None:
    """Make standard output and error escape letters that their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        # tests may replace the stream with another object
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
