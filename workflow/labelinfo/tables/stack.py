"""Tables of one kind, one below the other."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.io.tables import read_with_provenance


def stack_tables(files: Iterable[Path | str]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the rows of at least one table, in order, and where they come from.

    An origin that holds the origins of several stages is taken apart.
    """
    parts = [read_with_provenance(file) for file in files]
    table = pd.concat([part for part, _ in parts], ignore_index=True)
    origins = [each for _, origin in parts for each in _apart(origin)]
    return table, origins


def _apart(origin: dict[str, Any]) -> list[dict[str, Any]]:
    if "stage" in origin or not all(isinstance(each, list) for each in origin.values()):
        return [origin]
    return [each for stage in origin.values() for each in stage]
