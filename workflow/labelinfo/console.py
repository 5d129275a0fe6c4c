"""What a terminal can show."""

import sys


def print_in_any_locale() -> None:
    """Let standard output and error show an escape for a letter that their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        # not where a test has put another object in its place
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
