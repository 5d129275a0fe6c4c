"""Python in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path


def python(
    *words: object, folder: Path | None = None, timeout: float = 600, **environment: object
) -> subprocess.CompletedProcess:
    """Run Python with these arguments and further environment variables; return its outcome."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=folder,
        env=os.environ | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
