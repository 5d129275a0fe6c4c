"""Print every key of the configuration with its meaning and default, as Markdown."""

import json
import sys
from typing import Any

from labelinfo.config.schema import load_schema


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


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m labelinfo.config workflow/schemas/config.schema.yaml")
    sys.stdout.write("\n".join(describe(load_schema(sys.argv[1]))) + "\n")
