"""The explorer's page holds the numbers of the tables, once, and no injected code."""

import base64
import json
import re

import numpy as np
import pandas as pd
import pytest

from labelinfo.explorer.page import write_explorer
from labelinfo.explorer.panels import mark_records, panel_records
from labelinfo.explorer.records import FIELDS, RUN, curve_record, run_records
from labelinfo.io.tables import write_table
from labelinfo.tables.results import Panel, select_all_results
from test_figures import KEYS, LABEL_ENTROPY, PANELS, make_baselines, make_runs

PNG = b"\x89PNG stands for a picture"


@pytest.fixture(scope="module")
def runs():
    return make_runs()


@pytest.fixture(scope="module")
def baselines():
    return make_baselines()


@pytest.fixture
def pictures(runs, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(PNG)
    return {tuple(runs[list(RUN)].iloc[0]): path}


def page_of(runs, baselines, pictures, panels=PANELS, experiment="mine", **curves):
    return write_explorer(runs, baselines, panels, pictures, experiment=experiment, **curves)


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_every_finished_run_is_a_record_with_its_numbers(runs, baselines, pictures):
    records = run_records(select_all_results(runs, baselines, PANELS), pictures, {})
    finished = runs[runs["status"] == "ok"]
    assert len(records) == len(finished)
    rows = {(row["task"], row["decoder"], row["marginal"], row["beta"]): row
            for _, row in finished.iterrows()}  # fmt: skip
    for record in records:
        assert set(record) == set(FIELDS)
        dataset, task = record["panel"].split("/")
        row = rows[task, record["decoder"], record["marginal"], record["beta"]]
        assert dataset == row["dataset"]
        for name in ("rate_nats", "distortion_nats", "label_distortion_nats"):
            assert record[name] == pytest.approx(row[name], rel=1e-5)
            assert record[f"{name}_se"] == pytest.approx(row[f"{name}_se"], rel=1e-5)
        assert record["violations"] == row["violations"]
    # of the only data set with a picture, for its only task
    assert [record["picture"] for record in records].count(0) == 1
    assert {record["curve"] for record in records} == {None}


def test_lines_and_levels_are_the_figures(runs, baselines):
    view = panel_records(runs, baselines, PANELS[:1])[0]["views"]["paper"]
    lines = {line["label"]: line for line in view["lines"]}
    entropy = LABEL_ENTROPY["digit"]
    assert np.array(lines["random discard"]["rate"]) == pytest.approx(
        np.array([[0, entropy], [79.78, 0]]), rel=1e-5
    )
    assert np.array(lines["random discard"]["distortion"]) == pytest.approx(
        np.array([[0, 0], [79.78, entropy]]), rel=1e-5
    )
    # the best k is named, and only random discarding has a distortion
    assert len(lines["PCA, k = 30"]["rate"]) == 3
    assert "distortion" not in lines["PCA, k = 30"]
    assert lines["PCA, hull over k"]["rate"][0] == pytest.approx([0, entropy], rel=1e-5)
    ends = [c for _, c in lines["discard to classifier"]["rate"]]
    assert ends == pytest.approx([entropy, 0.03 * entropy], rel=1e-5)
    levels = {level["label"]: level for level in view["levels"]}
    assert levels["random fully connected"]["nats"] == pytest.approx(0.41 * entropy, rel=1e-5)
    assert levels["random fully connected"]["sd"] > 0
    assert len(levels) == 4


def test_the_strong_probe_has_a_view_of_its_own(runs, baselines):
    columns = {
        f"strong_{name}": 0.5 * runs[name]
        for name in ("label_distortion_nats", "label_distortion_nats_se", "label_accuracy")
    }
    strong = {f"strong_{name}": 0.5 * baselines[name] for name in ("label_distortion_nats",)}
    given = runs.assign(**columns), baselines.assign(**strong)
    views = panel_records(*given, PANELS[:1])[0]["views"]
    levels = [{level["label"]: level["nats"] for level in views[name]["levels"]} for name in views]
    assert levels[1]["simple image classifier"] == pytest.approx(
        0.5 * levels[0]["simple image classifier"], rel=1e-5
    )
    # no probe measures the classifier
    assert levels[1]["complex image classifier"] == levels[0]["complex image classifier"]
    assert list(panel_records(runs, baselines, PANELS[:1])[0]["views"]) == ["paper"]


def test_a_learning_curve_keeps_its_ends_and_is_short(tmp_path):
    path = tmp_path / "curve.parquet"
    epochs = np.arange(1, 301)
    table = {"epoch": epochs, "valid_rate_nats": epochs / 7, "valid_distortion_nats": 90.0}
    write_table(path, pd.DataFrame(table), {})
    curve = curve_record(path)
    assert (curve["epoch"][0], curve["epoch"][-1]) == (1, 300)
    assert curve["valid_rate_nats"][-1] == pytest.approx(300 / 7, rel=1e-5)
    assert len(curve["epoch"]) <= 40


def test_the_page_holds_its_data_once_and_loads_nothing(runs, baselines, pictures):
    page = page_of(runs, baselines, pictures)
    assert page.count(base64.b64encode(PNG).decode()) == 1
    assert len(data_of(page)["runs"]) == (runs["status"] == "ok").sum()
    assert "default-src 'none'" in page
    # the XML namespace of SVG is not an address to load
    rest = page.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(
        r"https?://|@import|url\((?!#)|<(link|script)[^>]+(src|href)=\"(?!data:)", rest
    )


def test_names_of_ones_own_cannot_break_out(runs, baselines, pictures):
    bad = "</script><script>alert(1)</script>"
    panels = [Panel(panel.dataset, panel.task, bad) for panel in PANELS[:1]]
    named = runs.assign(decoder=runs["decoder"].replace("deconv", bad))
    page = page_of(named, baselines, pictures, panels, experiment=bad)
    assert "alert(1)</script>" not in page
    assert data_of(page)["panels"][0]["title"] == bad


def test_marks_are_those_of_the_figures(runs):
    mine = [runs.assign(decoder=name, encoder="iaf") for name in ("mine", "other")]
    marks = mark_records(pd.concat([runs, *mine]))
    looks = [(kind["colour"], kind["marker"], kind["fill"]) for kind in marks["kinds"]]
    assert len(set(looks)) == len(looks) == 12
    kinds = {(kind["decoder"], kind["marginal"]): kind for kind in marks["kinds"]}
    for pair, key in KEYS.items():
        assert kinds[pair]["key"] == key
    assert kinds["pixelcnn", "gaussian"]["fill"] == "full"
    assert kinds["deconv", "vamp"]["marker"] == "^"
    assert marks["encoders"] == {"gaussian": "", "iaf": "."}
