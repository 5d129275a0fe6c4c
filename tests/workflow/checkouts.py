"""Copies of the checkout under test, in which Snakemake runs."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from processes import python

ROOT = Path(__file__).parents[2]
# Snakemake's own text of each job, for a test that looks into it
LOUD = "--logger-labelinfo-all"


@dataclass
class Outcome:
    """The outcome of a call of Snakemake."""

    code: int
    text: str

    @property
    def jobs(self) -> dict[str, int]:
        """Jobs by rule from the table of a dry run or a loud one, without the target rule."""
        table = re.search(r"Job stats:\njob .*\n-+ .*\n((?:.+\n)+?)total ", self.text)
        rows = (line.split()[:2] for line in table.group(1).splitlines()) if table else ()
        return {rule: int(count.replace(",", "")) for rule, count in rows if rule != "all"}


@dataclass
class Checkout:
    """A copy of the repository with its own results."""

    path: Path

    def snakemake(self, *arguments: str, timeout: float = 900, **environment: str) -> Outcome:
        """Run Snakemake in the copy, with the copy's package."""
        variables = {k: v for k, v in os.environ.items() if k != "LABELINFO_MIRROR"}
        variables |= {"PYTHONPATH": str(self.path / "workflow")} | environment
        command = [sys.executable, "-m", "snakemake", *arguments]
        done = subprocess.run(
            command,
            cwd=self.path,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Outcome(done.returncode, done.stdout)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text in a file of the copy; the text must exist."""
        path = self.path / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def verify(checkout: Checkout, folder: Path | str, *flags: str) -> subprocess.CompletedProcess:
    """Recompute rows of a checkout's table, with the checkout's package."""
    words = ("-m", "labelinfo.verify", folder, *flags)
    return python(*words, folder=checkout.path, PYTHONPATH=checkout.path / "workflow")


def once(
    tmp_path_factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]
) -> Path:
    """Return a shared folder; the first process builds it, the others wait."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # shared by the processes
    folder, built = base / name, base / f"{name}.built"
    with FileLock(base / f"{name}.lock"):
        if not built.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            built.touch()
    return folder


def copy_repository(target: Path) -> Checkout:
    """Copy the files that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_symlink() or source.exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    return Checkout(target)
