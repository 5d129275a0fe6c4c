"""What the explorer shows: runs and baselines as plain records."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelinfo.figures import style
from labelinfo.tables.results import Panel, TaskResults, select_results
from labelinfo.units import nats_to_bits

RUN = ("dataset", "encoder", "decoder", "marginal", "beta", "seed")
# shown and downloaded, in this order
COLUMNS = (
    "encoder",
    "decoder",
    "marginal",
    "beta",
    "seed",
    "rate_nats",
    "rate_nats_se",
    "distortion_nats",
    "distortion_nats_se",
    "label_distortion_nats",
    "label_distortion_nats_se",
    "label_distortion_bits",
    "label_retained_share",
    "label_accuracy",
    "violations",
)

Record = dict[str, Any]


def panel_name(panel: Panel) -> str:
    """Return what a panel is called in the explorer's choice of panels."""
    return panel.title or f"{panel.dataset}, {panel.task}"


def run_records(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    panels: Sequence[Panel],
    pictures: Mapping[tuple[Any, ...], Path | str],
) -> list[Record]:
    """Return one record per finished run and panel.

    ``pictures`` are PNG files of reconstructions by the columns :data:`RUN`; a record without one
    has an empty ``image``. Numbers are rounded to six significant
    digits.
    """
    styles = style.choose_run_styles(runs)
    images = {key: _data_uri(path) for key, path in pictures.items()}
    records = []
    for panel in panels:
        data = select_results(runs, baselines, panel)
        for row in data.runs.to_dict("records"):
            key = tuple(row[name] for name in RUN)
            c, error = row["label_distortion_nats"], row["label_distortion_nats_se"]
            record = {name: _plain(row[name]) for name in COLUMNS if name in row}
            record |= {
                "id": "/".join(map(str, (panel.dataset, panel.task, *key[1:]))),
                "panel": panel_name(panel),
                "key": styles.key(row["decoder"], row["marginal"]),
                "label_distortion_bits": _plain(nats_to_bits(c)),
                "label_retained_share": _plain(1 - c / row["label_entropy_nats"]),
                "image": images.get(key, ""),
                "violations": row["violations"] or "",
            }
            for name in ("rate_nats", "distortion_nats", "label_distortion_nats"):
                spread = row[f"{name}_se"]
                record[f"{name}_low"] = _plain(row[name] - spread)
                record[f"{name}_high"] = _plain(row[name] + spread)
            record["c_text"] = f"{c:.3f} ± {error:.3f} nats ({nats_to_bits(c):.3f} bits)"
            record["r_text"] = f"{row['rate_nats']:.2f} ± {row['rate_nats_se']:.2f} nats"
            record["d_text"] = (
                f"{row['distortion_nats']:.2f} ± {row['distortion_nats_se']:.2f} nats"
            )
            records.append(record)
    return records


def line_records(
    runs: pd.DataFrame, baselines: pd.DataFrame, panels: Sequence[Panel]
) -> tuple[list[Record], list[Record]]:
    """Return the points of lines against R and D, and the levels, of every panel."""
    lines: list[Record] = []
    levels: list[Record] = []
    for panel in panels:
        data = select_results(runs, baselines, panel)
        name = panel_name(panel)
        for baseline, curve in data.lines.items():
            label = style.baseline_style(baseline).label
            for rate, c in zip(curve.rate_nats, curve.label_distortion_nats, strict=True):
                distortion = _discard_distortion(data, baseline, rate)
                lines.append(
                    {"panel": name, "baseline": label, "rate_nats": _plain(rate),
                     "distortion_nats": distortion, "label_distortion_nats": _plain(c)}
                )  # fmt: skip
        levels += [
            {
                "panel": name,
                "baseline": style.baseline_style(baseline).label,
                "label_distortion_nats": _plain(level.mean_nats),
            }
            for baseline, level in data.levels.items()
        ]
    return lines, levels


def panel_notes(
    runs: pd.DataFrame, baselines: pd.DataFrame, panels: Sequence[Panel]
) -> list[dict[str, str]]:
    """Return the name of each panel, and what has to be said of it: H(X) and its caveat."""
    return [
        {
            "name": panel_name(panel),
            "caveat": " ".join(
                filter(None, [select_results(runs, baselines, panel).entropy_note, panel.caveat])
            ).strip(),
        }
        for panel in panels
    ]


def _discard_distortion(data: TaskResults, baseline: str, rate: float) -> float | None:
    """Only random discarding has a distortion: D = H(X) − R."""
    return _plain(data.data_entropy_nats - rate) if baseline in data.discards else None


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _data_uri(path: Path | str) -> str:
    return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode()
