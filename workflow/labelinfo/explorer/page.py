"""The explorer: a self-contained HTML file."""

import json
from collections.abc import Sequence
from importlib.resources import files

import jinja2
import pandas as pd

from labelinfo.explorer import records
from labelinfo.explorer.panels import mark_records, panel_records
from labelinfo.tables.results import Panel, select_all_results

SCRIPTS = ("state.js", "planes.js", "pointer.js", "details.js", "table.js", "explorer.js")


def write_explorer(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    panels: Sequence[Panel],
    pictures: records.Files,
    *,
    experiment: str,
    curves: records.Files | None = None,
) -> str:
    """Return a self-contained page with both planes, controls and a table.

    ``pictures`` are PNG files of reconstructions and ``curves`` tables of learning curves, by
    :data:`labelinfo.explorer.records.RUN`. ``panels`` are the data sets and tasks to choose from.

    Raises
    ------
    LabelinfoError
        If a table lacks a column, or there is no panel.
    """
    curves = curves or {}
    rows = records.run_records(select_all_results(runs, baselines, panels), pictures, curves)
    data = {
        "columns": records.COLUMNS,
        "fields": records.FIELDS,
        "runs": [[row[field] for field in records.FIELDS] for row in rows],
        "panels": panel_records(runs, baselines, panels),
        "pictures": [records.picture_uri(path) for path in pictures.values()],
        "curves": [records.curve_record(path) for path in curves.values()],
        **mark_records(runs),
    }
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(_template("page.html")).render(
        experiment=experiment,
        data=text.replace("<", "\\u003c"),  # cannot end the script element around it
        css=_template("explorer.css"),
        js="\n".join(map(_template, SCRIPTS)),
    )


def _template(name: str) -> str:
    return (files("labelinfo.explorer") / "templates" / name).read_text(encoding="utf-8")
