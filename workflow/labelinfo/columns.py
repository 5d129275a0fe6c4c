"""The data dictionary: type, unit and meaning of every column of every table.

python -m labelinfo.columns > docs/columns.md
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from labelinfo.errors import LabelinfoError

_SOURCE = Path(__file__).with_name("columns.yaml")
# by a word of a column's name
_UNITS = {"nats": "nats", "nats2": "nats²", "bits": "bits", "seconds": "s"}
_HEAD = """# The columns of the tables

`python -m labelinfo.columns > docs/columns.md` makes this page from
`workflow/labelinfo/columns.yaml`. Files are relative to `results/<experiment>/`. The standard error
of a mean over test images is s/√N; that of a difference comes from a bootstrap. A number that was
not measured is null. Tables of older versions lack some columns.
"""


@dataclass(frozen=True)
class Column:
    """A column of a table: ``type`` is ``text``, ``integer``, ``float`` or ``boolean``."""

    name: str
    type: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """A table: the meaning of a row, the file, and the columns in order."""

    name: str
    row: str
    file: str
    columns: dict[str, Column]


@cache
def tables() -> dict[str, Table]:
    """Return every table by name; raise LabelinfoError if a column has no description."""
    source = yaml.safe_load(_SOURCE.read_text(encoding="utf-8"))
    found = {}
    for table, definition in source["tables"].items():
        own = {name: entry for name, entry in definition["columns"].items() if entry}
        known = {
            name: Column(name, kind, unit[0] if unit else _unit(name), meaning)
            for name, (kind, meaning, *unit) in (source["common"] | own).items()
        }
        columns = {name: _column(table, name, known) for name in definition["columns"]}
        found[table] = Table(table, definition["row"], definition["file"], columns)
    return found


def _column(table: str, name: str, known: Mapping[str, Column]) -> Column:
    """Return a described column, or the standard error or strong-probe version of one."""
    if name in known:
        return known[name]
    base, strong = name.removesuffix("_se"), name.removeprefix("strong_")
    if base != name:
        of = _column(table, base, known)
        return replace(of, name=name, type="float", meaning=f"Standard error of `{base}`.")
    if strong != name:
        of = _column(table, strong, known)
        return replace(of, name=name, meaning=f"As `{strong}`, by the strong probe.")
    raise LabelinfoError(f"The file {_SOURCE} does not describe {name!r} of {table!r}: add it.")


def _unit(name: str) -> str:
    words = name.split("_")
    return "" if "share" in words else next((_UNITS[word] for word in words if word in _UNITS), "")


def page() -> str:
    """Return the dictionary as a page in Markdown."""
    parts = [_HEAD]
    for table in tables().values():
        parts.append(f"## `{table.name}`\n\n{table.row} File: `{table.file}`.\n")
        parts += ["| column | type | unit | meaning |", "|---|---|---|---|"]
        for column in table.columns.values():
            meaning = column.meaning.replace("|", r"\|")
            parts.append(f"| `{column.name}` | {column.type} | {column.unit} | {meaning} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    # imported here, so that the tables' code does not depend on the commands
    from labelinfo.cli import print_in_any_locale

    print_in_any_locale()
    sys.stdout.write(page())
