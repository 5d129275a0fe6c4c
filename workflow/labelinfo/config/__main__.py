"""Print every key of the configuration, or check files: ``python -m labelinfo.config [FILE ...]``.

Snakemake reads a ``--configfile`` before this package can check it, and runs the code in a
template. Check a file from somebody else with this command first.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from labelinfo.cli import print_in_any_locale
from labelinfo.config.completion import schema_of_keys
from labelinfo.config.experiment import BASE, read_config
from labelinfo.config.sweep import enumerate_runs
from labelinfo.data.own_files import check_own_files
from labelinfo.errors import ConfigError

# types of JSON schema, and their names on the page
_TYPES = {"boolean": "true or false", "object": "map", "string": "text", "null": "null"}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def describe() -> list[str]:
    """Return one Markdown bullet per key, section by section."""
    lines = []
    for name, schema in schema_of_keys().items():
        text = schema["description"]
        allowed = "" if "properties" in schema else f" ({_allowed(schema)})"
        # the default of `datasets` is a separate file
        if allowed and "default" in schema and name != "datasets":
            text += f" Default: `{json.dumps(schema['default'])}`."
        lines.append(f"- `{name}`{allowed}: {text}")
    return lines


def _allowed(schema: dict[str, Any]) -> str:
    """Return the values that a key takes, in words: ``integer ≥ 1``."""
    if "anyOf" in schema:
        return " or ".join(map(_allowed, schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "any value")
    if kind == "array":
        return f"list of {_allowed(schema['items'])}"
    others = schema.get("additionalProperties")
    if isinstance(others, dict) and "items" in others:
        return f"map of {_allowed(others)}"
    if "pattern" in schema:
        return f"text like `{schema['pattern']}`"
    bounds = [f" {sign} {schema[word]:,}" for word, sign in _BOUNDS.items() if word in schema]
    return _TYPES.get(kind, kind) + ",".join(bounds)


def main() -> None:
    """Check the named files; without files, print all keys."""
    print_in_any_locale()
    text = (
        "Print every key of the configuration with its meaning, values and default, as Markdown; "
    )
    text += "or say whether files are a sound configuration, running nothing in them."
    parser = argparse.ArgumentParser(prog="python -m labelinfo.config", description=text)
    parser.add_argument("files", nargs="*", type=Path, help="overlays, as for --configfile")
    files = parser.parse_args().files
    if not files:
        sys.stdout.write("\n".join(describe()) + "\n")
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
