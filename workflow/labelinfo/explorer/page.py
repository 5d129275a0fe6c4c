"""The explorer: one HTML file that holds all it needs."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import altair as alt
import jinja2
import pandas as pd
import vl_convert

from labelinfo.explorer.charts import planes_spec
from labelinfo.explorer.records import COLUMNS, line_records, panel_notes, run_records
from labelinfo.tables.results import Panel, require_columns


def write_explorer(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    panels: Sequence[Panel],
    pictures: Mapping[tuple[Any, ...], Path | str],
    *,
    experiment: str,
) -> str:
    """Return a page with both planes, controls, and a table, which loads nothing from anywhere.

    Parameters
    ----------
    runs, baselines
        The tables of results.
    panels
        The data sets and tasks to choose from.
    pictures
        PNG files of reconstructions by :data:`labelinfo.explorer.records.RUN`.
    experiment
        Name of the experiment.

    Raises
    ------
    LabelinfoError
        If a table lacks a column.
    """
    require_columns(runs, baselines)
    records = run_records(runs, baselines, panels, pictures)
    lines, levels = line_records(runs, baselines, panels)
    data = {
        "runs": records,
        "columns": COLUMNS,
        "lines": lines,
        "levels": levels,
        "spec": planes_spec(runs, [record["baseline"] for record in [*lines, *levels]]),
        "panels": panel_notes(runs, baselines, panels),
    }
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return environment.from_string(_template("page.html")).render(
        experiment=experiment,
        data=_script_json(data),
        vega=vl_convert.javascript_bundle(vl_version=version).replace("</script", "<\\/script"),
        css=_template("explorer.css"),
        js=_template("explorer.js"),
    )


def _template(name: str) -> str:
    return (files("labelinfo.explorer") / "templates" / name).read_text(encoding="utf-8")


def _script_json(data: Any) -> str:
    """Return JSON that cannot end the script element in which it stands."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
