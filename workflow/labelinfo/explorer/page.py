"""The explorer: a self-contained HTML file."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import jinja2
import pandas as pd

from labelinfo.explorer.panels import mark_records, panel_records
from labelinfo.explorer.records import (
    COLUMNS,
    FIELDS,
    Files,
    curve_record,
    picture_uri,
    run_records,
)
from labelinfo.tables.results import Panel, require_columns

SCRIPTS = ("state.js", "planes.js", "pointer.js", "details.js", "table.js", "explorer.js")


def write_explorer(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    panels: Sequence[Panel],
    pictures: Files,
    *,
    experiment: str,
    curves: Files | None = None,
) -> str:
    """Return a self-contained page with both planes, controls and a table.

    ``pictures`` are PNG files of reconstructions and ``curves`` tables of learning curves, by
    :data:`labelinfo.explorer.records.RUN`. ``panels`` are the data sets and tasks to choose from.

    Raises
    ------
    LabelinfoError
        If a table lacks a column.
    """
    require_columns(runs, baselines)
    curves = curves or {}
    records = run_records(runs, baselines, panels, pictures, curves)
    data = {
        "columns": COLUMNS,
        "fields": FIELDS,
        "runs": [[record[field] for field in FIELDS] for record in records],
        "panels": panel_records(runs, baselines, panels),
        "pictures": [picture_uri(path) for path in pictures.values()],
        "curves": [curve_record(path) for path in curves.values()],
        **mark_records(runs),
    }
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(_template("page.html")).render(
        experiment=experiment,
        data=_script_json(data),
        css=_template("explorer.css"),
        js="\n".join(map(_template, SCRIPTS)),
    )


def _template(name: str) -> str:
    return (files("labelinfo.explorer") / "templates" / name).read_text(encoding="utf-8")


def _script_json(data: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the script element around it."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
