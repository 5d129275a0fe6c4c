"""Figures 1 to 3 show the numbers of the tables."""

import math
import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text
from scipy.stats import hypergeom

from labelinfo.errors import LabelinfoError
from labelinfo.figures import style
from labelinfo.figures.figure1 import draw_figure1, whole_limits
from labelinfo.figures.figure2 import draw_figure2
from labelinfo.figures.figure3 import draw_figure3
from labelinfo.figures.style import choose_run_styles, save_figure
from labelinfo.tables.results import (
    BASELINE_COLUMNS,
    RUN_COLUMNS,
    Panel,
    select_all_results,
    select_results,
)
from rows import baseline_row, run_row

PANELS = [
    Panel("mnist_static", "digit", "Static MNIST, digit"),
    Panel("omniglot", "alphabet", "Omniglot, alphabet", "Rebuilt with another split."),
    Panel("omniglot", "character", "Omniglot, character", "Rebuilt with another split."),
]
LABEL_ENTROPY = {"digit": 2.3, "alphabet": 3.7, "character": 7.3}
DATA_ENTROPY = {"mnist_static": 79.78, "omniglot": 95.0}
KEYS = {
    ("deconv", "gaussian"): "(−, −)",
    ("deconv", "maf"): "(−, +)",
    ("deconv", "vamp"): "(−, v)",
    ("pixelcnn", "gaussian"): "(+, −)",
    ("pixelcnn", "maf"): "(+, +)",
    ("pixelcnn", "vamp"): "(+, v)",
}
RATES = (0.0, 8.0, 17.0, 40.0)
PCA_SIGMAS = (0.5, 3.0, 0.1)  # not in the order of their rates


def pca_rate(k, sigma):
    return k / 2 * math.log(1 + 1 / sigma**2)


def make_runs():
    rows = []
    for panel in PANELS:
        entropy = LABEL_ENTROPY[panel.task]
        for number, (decoder, marginal) in enumerate(KEYS):
            for index, rate in enumerate(RATES):
                status = {(2, 3): "missing", (4, 3): "diverged"}.get((number, index), "ok")
                c = entropy * (0.05 + 0.9 * math.exp(-rate / 9) + 0.002 * number)
                row = run_row(
                    (panel.dataset, panel.task),
                    rate + 0.1 * number,
                    c,
                    decoder=decoder,
                    marginal=marginal,
                    beta=1.0 + index,
                    rate_nats_se=0.2,
                    distortion_nats=90 - rate + number,
                    distortion_nats_se=0.5,
                    label_entropy_nats=entropy,
                    status=status,
                    violations="H(Y) − C ≤ R" if (number, index) == (5, 1) else "",
                )
                if status != "ok":
                    row |= {name: math.nan for name in row if "nats" in name}
                rows.append(row)
    return pd.DataFrame(rows)


def make_baselines():
    rows = []
    for panel in PANELS:
        entropy, data_entropy = LABEL_ENTROPY[panel.task], DATA_ENTROPY[panel.dataset]

        def add(name, rate, c, pair=(panel.dataset, panel.task), **settings):
            rows.append(
                baseline_row(pair, name, rate, c, label_distortion_nats_se=0.01, **settings)
            )

        kind = "published" if panel.dataset == "mnist_static" else "best_of_sweep"
        ends = {"data_entropy_nats": data_entropy, "data_entropy_kind": kind}
        add("random_discard", data_entropy, 0.0, **ends)
        add("random_discard", 0.0, entropy, **ends)
        for k in (10, 30):
            for sigma in PCA_SIGMAS:
                rate = pca_rate(k, sigma)
                c = entropy * math.exp(-rate / 20)
                add("pca", rate, c, k=k, sigma=sigma, selected=k == 30)
        for seed in range(3):
            add("random_fully_connected", math.nan, (0.4 + 0.01 * seed) * entropy, seed=seed)
        for share, name in ((0.3, "random_convolutional"), (0.2, "simple_image")):
            add(name, math.nan, share * entropy)
        add("complex_image", math.nan, 0.03 * entropy)
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def runs():
    return make_runs()


@pytest.fixture(scope="module")
def baselines():
    return make_baselines()


@pytest.fixture(scope="module")
def figure1(runs, baselines):
    return draw_figure1(runs, baselines, PANELS)


@pytest.fixture(scope="module")
def figure2(runs, baselines):
    return draw_figure2(runs, baselines, PANELS[0], max_label_distortion_nats=0.5)


def plane(figure, panel, against):
    label = f"{panel.dataset}/{panel.task}/{against}"
    return next(axes for axes in figure.axes if axes.get_label() == label)


def points(axes):
    """Map each key to its markers and to the segments of its bars."""
    return {container.get_label(): container for container in axes.containers}


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def texts(figure):
    return "\n".join(text.get_text() for text in figure.texts)


def legend_labels(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.task)
@pytest.mark.parametrize("against", ["rate", "distortion"])
def test_runs_lie_where_the_table_says(figure1, runs, panel, against):
    drawn = points(plane(figure1, panel, against))
    assert sorted(drawn) == sorted(KEYS.values())
    ours = runs[(runs.dataset == panel.dataset) & (runs.task == panel.task) & (runs.status == "ok")]
    for (decoder, marginal), key in KEYS.items():
        expected = ours[(ours.decoder == decoder) & (ours.marginal == marginal)]
        markers, _, bars = drawn[key]
        columns = [f"{against}_nats", "label_distortion_nats"]
        np.testing.assert_array_equal(markers.get_xydata(), expected[columns].to_numpy())
        for bar, column, side in zip(bars, columns, (0, 1), strict=True):
            ends = np.array(bar.get_segments())[:, :, side]
            np.testing.assert_allclose(ends.mean(axis=1), expected[column])
            np.testing.assert_allclose(np.ptp(ends, axis=1), 2 * expected[f"{column}_se"])


def test_colour_and_shape_are_the_marginal_and_fill_is_the_decoder(figure1):
    drawn = points(plane(figure1, PANELS[0], "rate"))
    looks = {}
    for (decoder, marginal), key in KEYS.items():
        markers = drawn[key][0]
        looks.setdefault(marginal, set()).add((markers.get_marker(), markers.get_markeredgecolor()))
        filled = to_hex(markers.get_markerfacecolor()) == to_hex(markers.get_markeredgecolor())
        assert filled == (decoder == "pixelcnn")
        if not filled:
            assert to_hex(markers.get_markerfacecolor()) == "#ffffff"
    assert all(len(look) == 1 for look in looks.values())
    assert len({marker for look in looks.values() for marker, _ in look}) == 3
    assert len({colour for look in looks.values() for _, colour in look}) == 3


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.task)
def test_random_discard_goes_from_the_label_entropy_to_zero(figure1, panel):
    entropy, data_entropy = LABEL_ENTROPY[panel.task], DATA_ENTROPY[panel.dataset]
    against_rate = lines(plane(figure1, panel, "rate"))["random discard"]
    np.testing.assert_allclose(against_rate.get_xydata(), [[0, entropy], [data_entropy, 0]])
    # a code without information about x has distortion H(X), and a lossless code has 0
    against_distortion = lines(plane(figure1, panel, "distortion"))["random discard"]
    np.testing.assert_allclose(against_distortion.get_xydata(), [[0, 0], [data_entropy, entropy]])
    assert against_rate.is_dashed()
    assert against_rate.get_color() == "black"


def test_pca_is_the_selected_k_sorted_by_rate_and_has_no_distortion(figure1):
    line = lines(plane(figure1, PANELS[0], "rate"))["PCA, k = 30"]
    rates = sorted(pca_rate(30, sigma) for sigma in PCA_SIGMAS)
    np.testing.assert_allclose(line.get_xdata(), rates)
    np.testing.assert_allclose(line.get_ydata(), 2.3 * np.exp(-np.array(rates) / 20))
    assert "PCA, k = 30" not in lines(plane(figure1, PANELS[0], "distortion"))


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.task)
def test_the_second_line_of_random_discarding_ends_at_the_best_classifier(figure1, panel):
    entropy, data_entropy = LABEL_ENTROPY[panel.task], DATA_ENTROPY[panel.dataset]
    ends = np.array([[0, entropy], [data_entropy, 0.03 * entropy]])
    name = "discard to classifier"
    np.testing.assert_allclose(lines(plane(figure1, panel, "rate"))[name].get_xydata(), ends)
    against_distortion = lines(plane(figure1, panel, "distortion"))[name].get_xydata()
    np.testing.assert_allclose(against_distortion, np.abs(ends - [data_entropy, 0])[::-1])


def test_the_hull_is_thinner_than_the_best_k_and_starts_at_the_label_entropy(figure1):
    drawn = lines(plane(figure1, PANELS[0], "rate"))
    hull, best = drawn["PCA, hull over k"], drawn["PCA, k = 30"]
    assert hull.get_linewidth() < best.get_linewidth()
    assert hull.get_xydata()[0].tolist() == [0, 2.3]
    assert "PCA, hull over k" not in lines(plane(figure1, PANELS[0], "distortion"))


def test_titles_caveats_and_the_bound_on_the_entropy_of_the_images_are_printed(
    figure1, runs, baselines
):
    for figure in (figure1, draw_figure3(runs, baselines, PANELS)):
        printed = texts(figure).replace("\n", " ")
        assert "H(X) ≤ 79.78 nats (published)." in printed
        assert printed.count("H(X) ≤ 95.00 nats (the best R + D of this sweep).") == 2
        assert printed.count("Rebuilt with another split.") == 2
    assert all(panel.title in texts(figure1) for panel in PANELS)


def test_pca_of_several_seeds_is_averaged(baselines):
    again = baselines.assign(seed=1, label_distortion_nats=baselines.label_distortion_nats + 0.2)
    once = select_results(make_runs(), baselines, PANELS[0]).curves["pca"]
    twice = select_results(make_runs(), pd.concat([baselines, again]), PANELS[0]).curves["pca"]
    np.testing.assert_array_equal(twice.rate_nats, once.rate_nats)
    np.testing.assert_allclose(twice.label_distortion_nats, once.label_distortion_nats + 0.1)


@pytest.mark.parametrize("against", ["rate", "distortion"])
def test_unbounded_baselines_cross_the_panel_at_the_mean_over_seeds(figure1, against):
    axes = plane(figure1, PANELS[0], against)
    line = lines(axes)["random fully connected"]
    np.testing.assert_allclose(line.get_xydata(), [[0, 0.41 * 2.3], [1, 0.41 * 2.3]])
    assert line.get_transform() == axes.get_yaxis_transform()
    bands = {patch.get_label(): patch for patch in axes.patches}
    assert list(bands) == ["random fully connected, band"]  # the others have one seed
    band = bands["random fully connected, band"]
    assert band.get_y() == pytest.approx(0.40 * 2.3)
    assert band.get_height() == pytest.approx(0.02 * 2.3)


def test_baselines_look_as_in_the_paper(figure1):
    drawn = lines(plane(figure1, PANELS[0], "rate"))
    for label, channel, dashed in (
        ("PCA, k = 30", 1, False),
        ("random fully connected", 0, False),
        ("random convolutional", 2, False),
        ("simple image classifier", 0, True),
        ("complex image classifier", 1, True),
    ):
        colour = mpl.colors.to_rgb(drawn[label].get_color())
        assert int(np.argmax(colour)) == channel
        assert drawn[label].is_dashed() == dashed


@pytest.mark.parametrize("against", ["rate", "distortion"])
def test_opposite_axes_are_in_bits(figure1, against):
    axes = plane(figure1, PANELS[0], against)
    figure1.draw_without_rendering()
    top, right = axes.child_axes
    assert "(nats)" in axes.get_xlabel()
    assert "(bits)" in top.get_xlabel()
    np.testing.assert_allclose(np.array(top.get_xlim()) * math.log(2), axes.get_xlim())
    np.testing.assert_allclose(np.array(right.get_ylim()) * math.log(2), axes.get_ylim())
    # each row has nats at its left end and bits at its right one
    assert axes.get_ylabel() == ("label distortion C (nats)" if against == "rate" else "")
    assert right.get_ylabel() == ("label distortion C (bits)" if against == "distortion" else "")


def test_runs_without_result_are_counted(figure1, baselines, runs):
    for axes in figure1.axes:
        drawn = sum(len(container[0].get_xdata()) for container in axes.containers)
        assert drawn == len(KEYS) * len(RATES) - 2
    assert texts(figure1).count("2 of 24 runs missing or diverged.") == 3
    complete = runs[runs.status == "ok"]
    assert "missing" not in texts(draw_figure1(complete, baselines, PANELS[:1]))


def test_violations_are_ringed_and_explained(figure1, runs, baselines):
    ring = lines(plane(figure1, PANELS[0], "rate"))["violation"]
    row = runs[(runs.violations != "") & (runs.task == "digit")]
    np.testing.assert_array_equal(
        ring.get_xydata(), row[["rate_nats", "label_distortion_nats"]].to_numpy()
    )
    assert "breaks an inequality" in legend_labels(figure1)
    sound = draw_figure1(runs.assign(violations=""), baselines, PANELS)
    assert "breaks an inequality" not in legend_labels(sound)


def places(line):
    """Return places along a line, or those of its markers, in pixels."""
    xy = line.get_transform().transform(line.get_xydata())
    if line.get_linestyle() == "None":
        return xy
    fine, ends = np.linspace(0, 1, 5000), np.linspace(0, 1, len(xy))
    return np.column_stack([np.interp(fine, ends, side) for side in xy.T])


def in_view(figure):
    """Return the labels of all runs and baselines that have a place within their axes."""
    labels = set()
    for axes in figure.axes:
        drawn = [*lines(axes).items(), *((key, c[0]) for key, c in points(axes).items())]
        for label, line in drawn:
            xy, slack = places(line), 1e-6
            seen = (xy >= axes.bbox.min - slack) & (xy <= axes.bbox.max + slack)
            if seen.all(axis=1).any() and not label.startswith("_"):
                labels.add(label)
    return labels


def test_the_legend_lists_what_is_in_view_and_nothing_else(figure1, figure2, runs, baselines):
    marks = {"violation": "breaks an inequality"}
    narrow = draw_figure2(
        runs, baselines, PANELS[0], max_label_distortion_nats=0.1, max_rate_nats=30
    )
    for figure in (figure1, figure2, narrow, draw_figure3(runs, baselines, PANELS)):
        shown = {marks.get(label, label) for label in in_view(figure)} - {"all red"}
        assert set(legend_labels(figure)) == shown
    assert {look.label for name, look in style.BASELINES.items() if name != "pca"} < set(
        legend_labels(figure1)
    )
    assert not {"PCA, k = 30", "random convolutional", *KEYS.values()} & set(legend_labels(narrow))


@pytest.mark.parametrize("draw", [draw_figure1, draw_figure3])
@pytest.mark.parametrize("rows", [1, 4])
def test_nothing_overlaps_and_nothing_leaves_the_page(runs, baselines, rows, draw):
    figure = draw(runs, baselines, [*PANELS, PANELS[0]][:rows])
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [
        artist.get_window_extent(renderer)
        for artist in (*figure.texts, *figure.legends)
        if not hasattr(artist, "get_text") or artist.get_text()
    ]
    boxes += [axes.get_tightbbox(renderer) for axes in figure.axes]
    page = figure.bbox
    for index, box in enumerate(boxes):
        assert box.x0 >= page.x0
        assert box.x1 <= page.x1
        assert box.y0 >= page.y0
        assert box.y1 <= page.y1
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])
    assert figure.get_figwidth() == 7
    if draw is draw_figure1:
        assert figure.get_figheight() == pytest.approx(3.0 * rows + 1.0, abs=0.3)
    letters = [text.get_text() for axes in figure.axes for text in (*axes.texts, axes._left_title)]
    count = len(figure.axes)
    found = [text[:3] for text in letters if text.startswith("(")]
    assert found == [f"({letter})" for letter in "abcdefgh"[:count]]


def level_table(*values):
    """Return baselines of unbounded rate with these C."""
    rows = make_baselines()
    rows = rows[(rows["task"] == "digit") & rows["rate_nats"].isna()]
    names = ("complex_image", "simple_image", "random_convolutional", "random_fully_connected")
    parts = [
        rows[rows["baseline"] == name].assign(label_distortion_nats=value)
        for name, value in zip(names, values, strict=False)
    ]
    return pd.concat(parts)


def baseline_names(axes):
    """Return the names at lines, without the letter of the panel."""
    return [text for text in axes.texts if not text.get_text().startswith("(")]


def extents(figure, artists):
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [Text.get_window_extent(artist, renderer) for artist in artists]


@pytest.mark.parametrize(
    "values",
    [(0.1, 0.5, 0.9, 1.3), (0.3, 0.31, 0.32, 0.33), (2.2, 2.25, 2.28, 2.3)],
)
def test_levels_are_named_between_the_panels_without_running_into_each_other(runs, values):
    figure = draw_figure1(runs, level_table(*values), PANELS[:1])
    axes, right = (plane(figure, PANELS[0], against) for against in ("rate", "distortion"))
    figure.draw_without_rendering()
    names = baseline_names(axes)
    boxes = extents(figure, names)
    looks = {look.label: look.colour for look in style.BASELINES.values()}
    assert len(names) == 4
    for index, (text, box) in enumerate(zip(names, boxes, strict=True)):
        label = text.get_text().replace("\n", " ")
        assert to_hex(text.get_color()) == looks[label].lower()
        assert axes.bbox.x1 < box.x0
        assert box.x1 < right.bbox.x0
        assert box.y1 <= axes.bbox.y1 + 1
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])
        line = axes.transData.transform((0, lines(axes)[label].get_ydata()[0]))[1]
        # a stroke leads to the line
        assert axes.transAxes.transform(text.xy) == pytest.approx([axes.bbox.x1, line])
        if values[2] - values[1] > 0.3:
            assert abs((box.y0 + box.y1) / 2 - line) < 3  # pixels


def crowd(runs, count):
    """Return a table with at least ``count`` different runs of the first panel."""
    ours = runs[(runs["task"] == "digit") & (runs["status"] == "ok")]
    random = np.random.default_rng(0)
    table = pd.concat([ours] * -(-count // len(ours)), ignore_index=True)
    for name in ("rate_nats", "distortion_nats", "label_distortion_nats"):
        table[name] *= np.exp(0.1 * random.normal(size=len(table)))
    return table.assign(beta=np.arange(len(table), dtype=float))


@pytest.mark.parametrize("count", [24, 720])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_names_at_lines_lie_on_no_marker_and_no_line(runs, baselines, number, count):
    table = crowd(runs, count)
    if number == 2:
        figure = draw_figure2(table, baselines, PANELS[0], max_label_distortion_nats=0.5)
    else:
        draw = draw_figure1 if number == 1 else draw_figure3
        figure = draw(table, baselines, PANELS[:1])
    figure.draw_without_rendering()
    shown = 0
    for axes in figure.axes:
        for text, box in zip(names := baseline_names(axes), extents(figure, names), strict=True):
            if "balls:" in text.get_text():
                continue
            shown += 1
            for line in axes.lines:
                reach, xy = 0.0, places(line)
                if line.get_linestyle() == "None":
                    reach = line.get_markersize() / 2 * figure.dpi / 72
                else:
                    xy = xy[xy[:, 0] <= axes.bbox.x1]  # the line is cut there
                inside = (xy > box.min - reach) & (xy < box.max + reach)
                assert not inside.all(axis=1).any(), (text.get_text(), line.get_label())
    assert shown >= 3


def test_text_has_6_points_at_the_width_of_a_journal(figure1, figure2, runs, baselines):
    for figure in (figure1, figure2, draw_figure3(runs, baselines, PANELS)):
        figure.draw_without_rendering()
        sizes = [
            text.get_fontsize() * 7 / figure.get_figwidth()
            for text in figure.findobj(Text)
            if text.get_text().strip()
        ]
        assert min(sizes) >= 6


def test_text_stays_text_in_svg(tmp_path, figure1):
    save_figure(figure1, [tmp_path / "figure.svg"])
    root = ElementTree.parse(tmp_path / "figure.svg").getroot()  # noqa: S314 - our own file
    found = {"".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Static MNIST, digit", "rate R (nats)", "(−, −)", "random discard", "(a)"} <= found


def test_a_font_with_other_scripts_is_used_where_there_is_one():
    assert style.font_families(["DejaVu Sans", "Cantarell"]) == ["DejaVu Sans", "sans-serif"]
    fonts = style.font_families(["Unifont", "Noto Sans CJK JP", "DejaVu Sans"])
    assert fonts == ["DejaVu Sans", "Noto Sans CJK JP", "sans-serif"]


def test_a_letter_that_no_font_has_is_logged_once(tmp_path, caplog):
    figure = mpl.figure.Figure()
    with mpl.rc_context(style.RC):
        figure.text(0, 0, "a\ue000")
    save_figure(figure, [tmp_path / f"figure.{kind}" for kind in ("png", "pdf", "svg")])
    (record,) = caplog.records
    assert "Glyph 57344" in record.getMessage()


def test_of_many_runs_the_front_stands_out(runs, baselines):
    table = crowd(runs, 240)
    figure = draw_figure1(table, baselines, PANELS[:1])
    axes = plane(figure, PANELS[0], "rate")
    faded = [container[0] for container in axes.containers]
    assert sum(len(markers.get_xdata()) for markers in faded) == len(table)
    assert all(markers.get_alpha() < 0.5 for markers in faded)
    front = [line for line in axes.lines if line.get_label() == "front"]
    drawn = np.concatenate([line.get_xydata() for line in front])
    xy = table[["rate_nats", "label_distortion_nats"]].to_numpy()
    lower = (xy[:, None] <= xy).all(axis=2) & (xy[:, None] < xy).any(axis=2)
    expected = xy[~lower.any(axis=0)]
    np.testing.assert_array_equal(np.sort(drawn, axis=0), np.sort(expected, axis=0))
    assert all(line.get_markersize() > faded[0].get_markersize() for line in front)
    assert "Faded: another run is better" in texts(figure)
    few = draw_figure1(runs, baselines, PANELS[:1])
    assert "Faded" not in texts(few)


def test_no_bar_and_no_end_of_the_diagonal_is_cut(figure1, runs):
    for panel in PANELS:
        for against in ("rate", "distortion"):
            axes = plane(figure1, panel, against)
            assert axes.get_xlim()[1] > DATA_ENTROPY[panel.dataset]
            for container in axes.containers:
                for bars in container[2]:
                    ends = np.concatenate(bars.get_segments())
                    assert (ends >= [axes.get_xlim()[0], axes.get_ylim()[0]]).all()
                    assert (ends <= [axes.get_xlim()[1], axes.get_ylim()[1]]).all()


def test_seeds_of_one_run_are_a_point_with_their_spread(runs, baselines):
    moved = runs.assign(seed=1)
    for name, step in (("rate_nats", 2.0), ("distortion_nats", -4.0)):
        moved[name] = runs[name] + step
    moved["label_distortion_nats"] = runs["label_distortion_nats"] + 0.2
    figure = draw_figure1(pd.concat([runs, moved]), baselines, PANELS[:1])
    ours = runs[(runs["task"] == "digit") & (runs["status"] == "ok")]
    for against, step in (("rate", 2.0), ("distortion", -4.0)):
        axes = plane(figure, PANELS[0], against)
        for (decoder, marginal), group in ours.groupby(["decoder", "marginal"]):
            drawn, _, (across, up) = points(axes)[KEYS[decoder, marginal]]
            x, y = drawn.get_data()
            assert x == pytest.approx(group[f"{against}_nats"] + step / 2)
            assert y == pytest.approx(group["label_distortion_nats"] + 0.1)
            for bars, axis, spread in ((across, 0, abs(step)), (up, 1, 0.2)):
                widths = [np.ptp(segment[:, axis]) for segment in bars.get_segments()]
                assert widths == pytest.approx([2 * spread / math.sqrt(2)] * len(group))
    # the ring is drawn once
    assert len(lines(plane(figure, PANELS[0], "rate"))["violation"].get_xdata()) == 1
    assert "Points of several seeds: mean, bars ±1 standard deviation" in texts(figure)


def test_figure1_shows_all_runs(figure1, runs, baselines):
    axes = plane(figure1, PANELS[0], "rate")
    assert -1 < axes.get_xlim()[0] < 0  # for the bar of a run without rate
    assert axes.get_xlim()[1] >= runs.rate_nats.max()
    assert axes.get_ylim()[0] == 0
    assert 2.3 < axes.get_ylim()[1] < 2.6
    assert "Outside" not in texts(figure1)
    # a Monte Carlo estimate of R may be negative
    shifted = runs.assign(rate_nats=runs.rate_nats - 0.05)
    assert whole_limits(select_results(shifted, baselines, PANELS[0])).rate[0] < -0.05


def test_what_lies_outside_figure1_is_said(runs, baselines):
    figure = draw_figure1(runs, baselines, PANELS[:1], max_rate_nats=20)
    assert plane(figure, PANELS[0], "rate").get_xlim()[1] == 20
    assert "Outside the axes: 4 runs." in texts(figure)
    high = baselines.copy()
    high.loc[high.baseline == "random_convolutional", "label_distortion_nats"] = 50.0
    figure = draw_figure1(runs, high, PANELS[:1])
    assert "Outside the axes: random convolutional." in texts(figure)


def test_a_pca_without_knowledge_is_named_where_it_is_not_drawn(runs, baselines):
    useless = baselines.copy()
    measured = ["label_distortion_nats", "label_distortion_valid_nats"]
    useless.loc[useless.baseline == "pca", measured] = 50.0
    figure = draw_figure1(runs, useless, PANELS[:1])
    said = " ".join(texts(figure).split())
    assert re.search(r"Outside the axes: PCA, k = \d+\.", said)
    assert "Without the hull of PCA" in said


def test_figure2_shows_small_label_distortions_only(figure2, runs):
    small = runs[(runs.task == "digit") & (runs.label_distortion_nats <= 0.5)]
    for against in ("rate", "distortion"):
        axes = plane(figure2, PANELS[0], against)
        assert axes.get_ylim() == (0, 0.5)
        drawn = np.concatenate([c[0].get_xydata() for c in axes.containers])
        columns = [f"{against}_nats", "label_distortion_nats"]
        np.testing.assert_array_equal(
            np.sort(drawn, axis=0), np.sort(small[columns].to_numpy(), axis=0)
        )
        low, high = axes.get_xlim()
        assert low < drawn[:, 0].min() < drawn[:, 0].max() < high
        assert high - low < 1.2 * np.ptp(drawn[:, 0])


def test_figure2_says_that_no_run_is_small_enough(runs, baselines):
    figure = draw_figure2(runs, baselines, PANELS[0], max_label_distortion_nats=0.01)
    assert "No run has C ≤ 0.01 nats." in texts(figure)


@pytest.mark.parametrize("draw", [draw_figure1, draw_figure2])
def test_without_any_result_the_baselines_are_drawn(draw, runs, baselines):
    measures = [name for name in runs.columns if "_nats" in name]
    failed = runs.assign(status="missing", **dict.fromkeys(measures, math.nan))
    empty = runs.iloc[:0]
    for table, note in ((failed, "24 of 24 runs missing"), (empty, "No runs in the tables.")):
        if draw is draw_figure1:
            figure = draw(table, baselines, PANELS[:1])
        else:
            figure = draw(table, baselines, PANELS[0], max_label_distortion_nats=0.5)
        assert note in texts(figure)
        assert {"random discard", "PCA, k = 30"} <= set(lines(plane(figure, PANELS[0], "rate")))
        figure.draw_without_rendering()


@pytest.mark.parametrize("column", sorted({*RUN_COLUMNS, *BASELINE_COLUMNS}))
def test_a_lacking_column_is_named(runs, baselines, column):
    for name, columns in (("runs", RUN_COLUMNS), ("baselines", BASELINE_COLUMNS)):
        if column in columns:
            tables = {"runs": runs, "baselines": baselines}
            tables[name] = tables[name].drop(columns=column)
            with pytest.raises(LabelinfoError, match=rf"table of {name} lacks {column}:"):
                select_all_results(**tables, panels=[])


def test_a_missing_data_entropy_and_no_panels_are_faults(runs, baselines):
    with pytest.raises(LabelinfoError, match="no single data entropy"):
        draw_figure1(runs, baselines.assign(data_entropy_nats=math.nan), PANELS)
    with pytest.raises(LabelinfoError, match="no panel to draw"):
        draw_figure1(runs, baselines, [])


def test_components_of_ones_own_get_free_styles_and_their_names(runs, baselines):
    mine = runs.assign(decoder=runs.decoder.replace("pixelcnn", "mine"))
    mine = pd.concat([mine, runs.assign(marginal="spline", encoder="iaf")])
    styles = choose_run_styles(mine)
    assert styles.key("mine", "spline") == "(mine, spline)"
    assert styles == choose_run_styles(mine.iloc[::-1])
    looks = list(styles.marginals.values())
    assert len({look.colour for look in looks}) == len({look.marker for look in looks}) == 4
    assert len({look.fill for look in styles.decoders.values()}) == 3
    figure = draw_figure1(mine, baselines, PANELS)
    labels = legend_labels(figure)
    assert {"(mine, −)", "(−, spline)", "iaf encoder"} <= set(labels)
    assert "gaussian encoder" not in labels
    first, second = figure.legends
    figure.draw_without_rendering()
    assert not first.get_window_extent().overlaps(second.get_window_extent())
    assert first.get_window_extent().x1 <= figure.bbox.x1


@pytest.mark.parametrize("suffix", [".pdf", ".svg", ".png"])
def test_the_same_table_gives_the_same_bytes(tmp_path, figure2, runs, baselines, suffix):
    again = draw_figure2(runs, baselines, PANELS[0], max_label_distortion_nats=0.5)
    saved = [tmp_path / f"{name}{suffix}" for name in ("first", "second", "again")]
    save_figure(figure2, saved[:2])
    save_figure(again, saved[2:])
    first, second, third = (path.read_bytes() for path in saved)
    assert first == second == third
    head = {".pdf": b"%PDF", ".svg": b"<?xml", ".png": b"\x89PNG"}[suffix]
    assert first.startswith(head)
    assert b"CreationDate" not in first
    assert b"dc:date" not in first


def test_saving_leaves_the_settings_alone_and_refuses_other_formats(tmp_path, figure2):
    before = dict(mpl.rcParams)
    save_figure(figure2, [tmp_path / "figure.png"])
    assert dict(mpl.rcParams) == before
    with pytest.raises(LabelinfoError, match=r"figure\.bmp: use one of \.pdf"):
        save_figure(figure2, [tmp_path / "figure.pdf", tmp_path / "figure.bmp"])
    assert not (tmp_path / "figure.pdf").exists()


# --- Figure 3 -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def figure3(runs, baselines):
    return draw_figure3(runs, baselines, PANELS)


def labelled(figure, label):
    return next(axes for axes in figure.axes if axes.get_label() == label)


def test_the_balls_are_hypergeometric_beside_the_share_to_be_expected(figure3):
    drawn = lines(labelled(figure3, "balls"))
    x, y = drawn["all red"].get_data()
    assert len(x) == 101
    assert y == pytest.approx([hypergeom(100, 3, round(100 * share)).pmf(3) for share in x])
    assert drawn["random discard"].get_xydata().tolist() == [[0, 0], [1, 1]]
    named = {text.get_text() for text in labelled(figure3, "balls").texts}
    assert {"70 balls: 34 %", "10 balls: 0.074 %", "expected share of the red balls"} <= named
    # and every dashed line of the codes has a name
    named = {text.get_text() for text in labelled(figure3, "mnist_static/digit").texts}
    assert named == {"random discard", "discard to classifier"}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.task)
def test_runs_lie_at_the_shares_that_they_spend_and_keep(figure3, runs, panel):
    axes = labelled(figure3, f"{panel.dataset}/{panel.task}")
    ours = runs[(runs["dataset"] == panel.dataset) & (runs["task"] == panel.task)]
    ours = ours[ours["status"] == "ok"]
    for (decoder, marginal), group in ours.groupby(["decoder", "marginal"]):
        x, y = points(axes)[KEYS[decoder, marginal]].lines[0].get_data()
        assert x == pytest.approx(group["rate_nats"] / DATA_ENTROPY[panel.dataset])
        kept = 1 - group["label_distortion_nats"] / LABEL_ENTROPY[panel.task]
        assert y == pytest.approx(kept)
    assert lines(axes)["random discard"].get_xydata().tolist() == [[0, 0], [1, 1]]


def test_figure3_counts_what_lies_outside(runs, baselines):
    worse = runs.copy()
    worse.loc[0, "label_distortion_nats"] = 3.0  # of 2.3
    axes = labelled(draw_figure3(worse, baselines, PANELS), "mnist_static/digit")
    assert "1 run outside" in [text.get_text() for text in axes.texts]


def test_figure3_says_where_the_entropy_is_not_known(runs, baselines):
    unknown = baselines[baselines["baseline"] != "random_discard"]
    axes = labelled(draw_figure3(runs, unknown, PANELS[:1]), "mnist_static/digit")
    assert [text.get_text() for text in axes.texts] == ["H(X) is not known"]
    with pytest.raises(LabelinfoError, match="no panel"):
        draw_figure3(runs, baselines, [])
