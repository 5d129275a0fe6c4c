"""Print every key of the configuration, or check files: ``python -m labelinfo.config [FILE ...]``.

Snakemake reads a ``--configfile`` before anything of ours can look at it, and runs what a template
holds. A file from somebody else is better checked first.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from labelinfo.config.experiment import BASE, SCHEMA, read_config
from labelinfo.config.schema import load_schema
from labelinfo.config.sweep import enumerate_runs
from labelinfo.console import print_in_any_locale
from labelinfo.data.own_files import check_own_files
from labelinfo.errors import ConfigError


def describe(schema: dict[str, Any], prefix: str = "") -> list[str]:
    """Return one Markdown bullet per key, depth first."""
    lines = []
    for key, below in schema.get("properties", {}).items():
        name = f"{prefix}{key}"
        text = " ".join(below.get("description", "").split())
        leaf = "properties" not in below and name != "datasets"
        default = (
            f" Default: `{json.dumps(below['default'])}`." if leaf and "default" in below else ""
        )
        lines.append(f"- `{name}`: {text}{default}")
        lines += describe(below, f"{name}.")
        if isinstance(below.get("additionalProperties"), dict):
            lines += describe(below["additionalProperties"], f"{name}.<name>.")
    return lines


def main() -> None:
    """Check the files that are named; without any, print all keys."""
    print_in_any_locale()
    parser = argparse.ArgumentParser(
        prog="python -m labelinfo.config",
        description="Print every key of the configuration with its meaning and default, as "
        "Markdown; or say whether files are a sound configuration, running nothing in them.",
    )
    parser.add_argument("files", nargs="*", type=Path, help="overlays, as for --configfile")
    files = parser.parse_args().files
    if not files:
        sys.stdout.write("\n".join(describe(load_schema(SCHEMA))) + "\n")
        return
    try:
        config = read_config(files)
        check_own_files(config["datasets"], config["sweep"]["datasets"], BASE)
    except ConfigError as error:
        sys.exit(f"Error: {error}")
    count = sum(1 for _ in enumerate_runs(config))
    sys.stdout.write(f"A sound configuration of `{config['experiment']}`, {count:,} trainings.\n")


if __name__ == "__main__":
    main()
