"""The command ``labelinfo``."""

import argparse
import importlib
import os
import sys
from pathlib import Path

from labelinfo import __version__
from labelinfo.errors import ConfigError, LabelinfoError

_TOOLS = {
    "config": "print every key of the configuration, or check files",
    "progress": "show what is left of an experiment",
    "verify": "recompute rows of a published table",
}
# commands that read config.yaml and the workflow's scripts next to the package
_OF_A_CHECKOUT = ("progress", "verify")
# arguments that set the number of parallel jobs
_SETS_CORES = ("--cores", "-c", "--jobs", "-j", "--profile", "--workflow-profile")


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand; return its exit code. A user's error gives one sentence and code 1."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "run":
            return _run(options.name, options.arguments)
        return _tool(options.command, options.arguments)
    except LabelinfoError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="labelinfo",
        description="How much label information survives in representations learned without "
        "labels. In Python: labelinfo.load(run_folder).",
    )
    parser.add_argument("--version", action="version", version=f"labelinfo {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="run an experiment with Snakemake, on all cores",
        description="Call Snakemake in the checkout that this folder is part of, on all cores "
        "unless --cores says otherwise.",
    )
    run.add_argument("name", help="of a file in workflow/experiments, or the path of another file")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="arguments for Snakemake")
    for name, what in _TOOLS.items():
        # the subcommand parses the remaining arguments, including --help
        tool = commands.add_parser(name, help=what, add_help=False, prefix_chars="\0")
        tool.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _tool(name: str, arguments: list[str]) -> int:
    reads_files = name == "config" and any(not each.startswith("-") for each in arguments)
    needs_checkout = reads_files or name in _OF_A_CHECKOUT
    if needs_checkout and find_checkout(Path(__file__).parent) is None:
        raise ConfigError(
            f"`labelinfo {name}` reads the workflow next to the package, and this package is "
            "installed without it: call it in a checkout, after `pip install --editable .`."
        )
    sys.argv = [f"labelinfo {name}", *arguments]
    # imported by name, so that no command loads the modules of another
    return importlib.import_module(f"labelinfo.{name}.__main__").main() or 0


def _run(name: str, arguments: list[str]) -> int:
    checkout = find_checkout(Path.cwd())
    if checkout is None:
        raise ConfigError(
            "There is no Snakefile of labelinfo in this folder or above it: change to a checkout."
        )
    experiments = sorted((checkout / "workflow" / "experiments").glob("*.yaml"))
    known = {file.stem: file for file in experiments}
    overlay = known.get(name, Path(name).resolve())
    if not overlay.is_file():
        raise ConfigError(
            f"There is no experiment {name!r}: name one of {', '.join(known)}, or a YAML file."
        )
    # in one word, because the option takes all files that follow
    command = [sys.executable, "-m", "snakemake", f"--configfile={overlay}"]
    if not any(each.startswith(_SETS_CORES) for each in arguments):
        command += ["--cores=all"]
    # the checkout's package, even if another is installed
    paths = [str(checkout / "workflow"), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    os.chdir(checkout)
    sys.stdout.flush()
    # replace this process, so that signals and the exit code are Snakemake's
    os.execve(sys.executable, [*command, *arguments], environment)  # noqa: S606 - no shell


def print_in_any_locale() -> None:
    """Make standard output and error escape letters that their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        # tests may replace the stream with another object
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def find_checkout(folder: Path) -> Path | None:
    """Return the nearest folder at or above ``folder`` that holds the workflow, or None."""
    for each in (folder, *folder.parents):
        if (each / "Snakefile").is_file() and (each / "workflow" / "labelinfo").is_dir():
            return each
    return None
