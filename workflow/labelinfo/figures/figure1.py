"""Figure 1: label distortion against rate and against distortion, all runs and baselines."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from labelinfo.figures import style
from labelinfo.figures.layout import draw_rows
from labelinfo.figures.line_labels import visible_part
from labelinfo.figures.planes import Limits, baseline_label, inside, lines_against
from labelinfo.tables.results import Panel, TaskResults

_MARGIN = 1.05
_LEAST_RATE_NATS = 30.0
_MOST_LABEL_ENTROPIES = 1.25
_MOST_RATES = 4.0


def draw_figure1(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    panels: Sequence[Panel],
    *,
    max_rate_nats: float | None = None,
) -> Figure:
    """Draw Figure 1: one row per panel, C against R on the left, C against D on the right.

    Without ``max_rate_nats`` the rate axis shows all runs.

    Raises
    ------
    LabelinfoError
        If a table lacks a column, or there is no panel.
    """
    limits = partial(whole_limits, max_rate_nats=max_rate_nats)
    return draw_rows(runs, baselines, panels, limits, _outside)


def whole_limits(data: TaskResults, max_rate_nats: float | None = None) -> Limits:
    """Return limits that show all runs with their bars, from zero to slightly above H(Y).

    The C axis ends at 1.25 H(Y) at most, so that one bad probe does not compress the others. The
    rate axis shows H(X), unless H(X) exceeds four times the largest rate.
    """
    points, data_entropy = data.points, data.data_entropy_nats
    rates, distortions, c = (
        ends_of_bars(points, name) for name in ("rate", "distortion", "label_distortion")
    )
    # 0, or less if a Monte Carlo estimate or its bar is negative
    lows = [_MARGIN * min([0.0, *values]) for values in (rates, distortions, c)]
    highs = (
        max_rate_nats or _highest_rate(rates, data_entropy),
        _MARGIN * max([*distortions, data_entropy or 1.0]),
        _MARGIN * _highest_label_distortion(data, c),
    )
    return Limits(*zip(lows, highs, strict=True))


def ends_of_bars(points: pd.DataFrame, name: str) -> np.ndarray:
    """Return the lower ends of all bars, then the upper ones."""
    values, errors = (points[f"{name}_nats{end}"].to_numpy(float) for end in ("", "_se"))
    errors = np.nan_to_num(errors)
    return np.concatenate([values - errors, values + errors])


def _highest_rate(rates: Sequence[float], data_entropy_nats: float | None) -> float:
    highest = max([*rates, _LEAST_RATE_NATS])
    if data_entropy_nats is None or data_entropy_nats > _MOST_RATES * highest:
        return 1.3 * highest
    return _MARGIN * max(highest, data_entropy_nats)


def _highest_label_distortion(data: TaskResults, c: Sequence[float]) -> float:
    values = [*c, *(x.mean_nats + x.deviation_nats for x in data.levels.values())]
    entropy = data.label_entropy_nats
    if entropy is None:
        return max(values, default=1.0)
    return min(max([entropy, *values]), _MOST_LABEL_ENTROPIES * entropy)


def _outside(data: TaskResults, limits: Limits) -> str:
    """Name the runs and lines outside the axes."""
    cut = len(data.points) - len(inside(data.points, "rate", limits.rate, limits.label_distortion))
    names = [f"{cut} run{'s' if cut > 1 else ''}"] if cut else []
    names += [
        style.baseline_style(name).label
        for name, level in data.levels.items()
        if level.mean_nats > limits.label_distortion[1]
    ]
    names += [
        baseline_label(name, data)
        for name, (x, c) in lines_against(data, "rate").items()
        if not len(visible_part(x, c, limits.rate, limits.label_distortion))
    ]
    said = f"Outside the axes: {', '.join(names)}. " if names else ""
    if "pca" in data.curves and data.pca_hull is None:
        said += "Without the hull of PCA, as no point of it has C below H(Y) on validation."
    return said.strip()
