"""The explorer's records of panels (baselines, limits, notes) and of marks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from labelinfo.explorer.records import panel_id, plain
from labelinfo.figures import style
from labelinfo.figures.figure1 import whole_limits
from labelinfo.figures.planes import baseline_label, lines_against
from labelinfo.tables.probe_views import baselines_of_probe, probes_of, runs_of_probe
from labelinfo.tables.results import Panel, TaskResults, select_results

_NOTES = {
    "random_discard": "Bits of an optimal code are discarded at random: C falls from H(Y) to 0.",
    "classifier_discard": "The same, down to the C of the best image classifier.",
    "pca": "Whitened principal components plus noise of several σ; k is chosen on validation.",
    "pca_hull": "Lower convex hull of all k and σ, chosen on validation.",
    "random_fully_connected": "A probe on a fully connected network that was never trained.",
    "random_convolutional": "A probe on a convolutional network that was never trained.",
    "simple_image": "The probe's network, trained on pixels.",
    "complex_image": "A convolutional classifier, trained on pixels.",
}


def panel_records(
    runs: pd.DataFrame, baselines: pd.DataFrame, panels: Sequence[Panel]
) -> list[dict[str, Any]]:
    """Return one record per panel: id, title, notes, H(Y), and a view per probe that measured it.

    A view has ``lines`` and ``levels`` (baselines of bounded and unbounded rate) and the ``limits``
    of Figure 1.
    """
    records = []
    for panel in panels:
        data = select_results(runs, baselines, panel)
        views = {}
        for probe in probes_of(data.runs):
            seen = runs_of_probe(runs, probe), baselines_of_probe(baselines, probe)
            views[probe] = _view(select_results(*seen, panel))
        records.append(
            {
                "id": panel_id(panel),
                "title": panel.title or panel_id(panel),
                "note": " ".join(filter(None, [data.entropy_note, panel.caveat])).strip(),
                "missing": data.n_runs - len(data.runs),
                "label_entropy_nats": plain(data.label_entropy_nats),
                "views": views,
            }
        )
    return records


def _view(data: TaskResults) -> dict[str, Any]:
    limits = whole_limits(data)
    against = {side: lines_against(data, side) for side in ("rate", "distortion")}
    lines = [
        {
            **_look(name, data),
            **{side: _points(*found[name]) for side, found in against.items() if name in found},
        }
        for name in data.lines
    ]
    levels = [
        {**_look(name, data), "nats": plain(level.mean_nats), "sd": plain(level.deviation_nats)}
        for name, level in data.levels.items()
    ]
    ends = {"rate": limits.rate, "distortion": limits.distortion, "label": limits.label_distortion}
    return {
        "lines": lines,
        "levels": levels,
        "limits": {name: list(map(plain, each)) for name, each in ends.items()},
    }


def _look(name: str, data: TaskResults) -> dict[str, Any]:
    """Return a baseline's label, with the k of PCA, and its line as in the figures."""
    look = style.baseline_style(name)
    dash = [8, 3, 2, 3] if look.line == "-." else []
    if not isinstance(look.line, str):
        dash = [1.4 * length for length in look.line[1]]
    return {
        "label": baseline_label(name, data),
        "colour": to_hex(look.colour),
        "dash": dash,
        "width": 1.4 * look.width,
        "note": _NOTES.get(name, ""),
    }


def _points(x: np.ndarray, c: np.ndarray) -> list[list[Any]]:
    return [[plain(a), plain(b)] for a, b in zip(x, c, strict=True)]


def mark_records(runs: pd.DataFrame) -> dict[str, Any]:
    """Return the marks of all kinds of runs (decoder and marginal) and encoders in the figures."""
    styles = style.choose_run_styles(runs)
    kinds = [
        {
            "decoder": decoder,
            "marginal": marginal,
            "key": styles.key(decoder, marginal),
            "colour": styles.marginals[marginal].colour,
            "marker": styles.marginals[marginal].marker,
            "fill": styles.decoders[decoder].fill,
        }
        for decoder, marginal in styles.kinds(runs)
    ]
    meanings = {
        "decoders": {name: look.meaning for name, look in styles.decoders.items()},
        "marginals": {name: look.meaning for name, look in styles.marginals.items()},
    }
    return {"kinds": kinds, "encoders": styles.encoders, "meanings": meanings}
