"""The label tasks of a data set, in a module of its own so that a sweep makes no data stale."""

from typing import Any

# The tasks that a reader gives; the columns of a user's table name their own.
TASKS = {"static_mnist": ("digit",), "omniglot": ("alphabet", "character"), "table": None}


def tasks_of(config: dict[str, Any], dataset: str) -> list[str]:
    """Return the label tasks of a data set, in order."""
    definition = config["datasets"][dataset]
    return list(definition["tasks"] or TASKS[definition["reader"]] or ())
