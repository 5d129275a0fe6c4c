"""Figure 2: one row of Figure 1, magnified to small label distortions."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from labelinfo.figures.figure1 import ends_of_bars, whole_limits
from labelinfo.figures.layout import draw_rows
from labelinfo.figures.planes import Limits, Span
from labelinfo.tables.results import Panel, TaskResults

_MARGIN = 0.06
_LEAST_MARGIN_NATS = 1.0


def draw_figure2(
    runs: pd.DataFrame,
    baselines: pd.DataFrame,
    panel: Panel,
    *,
    max_label_distortion_nats: float,
    max_rate_nats: float | None = None,
) -> Figure:
    """Draw Figure 2: one row of Figure 1, C from 0 to ``max_label_distortion_nats``.

    The x axes fit the runs of small C, or end at ``max_rate_nats``; without such runs they equal
    those of Figure 1.

    Raises
    ------
    LabelinfoError
        If a table lacks a column.
    """
    limits = partial(_magnified, c_max=max_label_distortion_nats, max_rate_nats=max_rate_nats)
    return draw_rows(runs, baselines, [panel], limits, _describe)


def _magnified(data: TaskResults, c_max: float, max_rate_nats: float | None) -> Limits:
    """Return limits that fit the runs whose C is at most ``c_max``."""
    whole = whole_limits(data, max_rate_nats)
    small = data.points[data.points["label_distortion_nats"] <= c_max]
    if max_rate_nats:
        small = small[small["rate_nats"] <= max_rate_nats]
    rate, distortion = whole.rate, whole.distortion
    if not small.empty:
        rate = _fit(ends_of_bars(small, "rate"))
        distortion = _fit(ends_of_bars(small, "distortion"))
    if max_rate_nats:
        rate = (rate[0], max_rate_nats)
    return Limits(rate, distortion, (0.0, c_max))


def _fit(values: Sequence[float]) -> Span:
    low, high = min(values), max(values)
    margin = max(_MARGIN * (high - low), _LEAST_MARGIN_NATS)
    return max(low - margin, min(low, 0.0)), high + margin


def _describe(data: TaskResults, limits: Limits) -> str:
    highest = limits.label_distortion[1]
    if not data.runs.empty and data.runs["label_distortion_nats"].min() > highest:
        return f"No run has C ≤ {highest:g} nats."
    return ""
