"""Tables of one kind, one below the other."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from labelinfo.io.tables import read_with_provenance


def stack_tables(files: Iterable[Path | str]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the rows of at least one table, in order, and where they come from."""
    parts = [read_with_provenance(file) for file in files]
    table = pd.concat([part for part, _ in parts], ignore_index=True)
    return table, [origin for _, origin in parts]
