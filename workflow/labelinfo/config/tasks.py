"""The label tasks of a data set, in a separate module: edits of sweeps make no data stale."""

from typing import Any

# The tasks of each reader; for a user's table they are its columns.
TASKS = {"static_mnist": ("digit",), "omniglot": ("alphabet", "character"), "table": None}


def tasks_of(config: dict[str, Any], dataset: str) -> list[str]:
    """Return the label tasks of a data set, in order."""
    definition = config["datasets"][dataset]
    return list(definition["tasks"] or TASKS[definition["reader"]] or ())
