"""The explorer's page holds what the tables say, once, and nothing that runs by accident."""

import base64
import json
import re

import numpy as np
import pandas as pd
import pytest

from labelinfo.errors import LabelinfoError
from labelinfo.explorer.charts import SETTINGS, planes_spec
from labelinfo.explorer.page import write_explorer
from labelinfo.explorer.records import COLUMNS, RUN, line_records, run_records
from labelinfo.tables.results import Panel
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


def page_of(runs, baselines, pictures, panels=PANELS, experiment="mine"):
    return write_explorer(runs, baselines, panels, pictures, experiment=experiment)


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_every_finished_run_is_a_record_with_its_numbers(runs, baselines, pictures):
    records = run_records(runs, baselines, PANELS, pictures)
    finished = runs[runs["status"] == "ok"]
    assert len(records) == len(finished)
    assert len({record["id"] for record in records}) == len(records)
    rows = {(row["task"], row["decoder"], row["marginal"], row["beta"]): row
            for _, row in finished.iterrows()}  # fmt: skip
    titles = {panel.title: panel.task for panel in PANELS}
    for record in records:
        task = titles[record["panel"]]
        row = rows[task, record["decoder"], record["marginal"], record["beta"]]
        for name in ("rate_nats", "distortion_nats", "label_distortion_nats"):
            assert record[name] == pytest.approx(row[name], rel=1e-5)
            half = (record[f"{name}_high"] - record[f"{name}_low"]) / 2
            assert half == pytest.approx(row[f"{name}_se"], rel=1e-3)
        c = row["label_distortion_nats"]
        assert record["label_distortion_bits"] == pytest.approx(c / np.log(2), rel=1e-5)
        kept = 1 - c / LABEL_ENTROPY[task]
        assert record["label_retained_share"] == pytest.approx(kept, abs=1e-5)
        assert record["key"] == KEYS[record["decoder"], record["marginal"]]
        assert set(COLUMNS) <= set(record)
    encoded = base64.b64encode(PNG).decode()
    # of the one data set with pictures, in its one task
    with_image = [record for record in records if record["image"]]
    assert [record["image"] for record in with_image] == [f"data:image/png;base64,{encoded}"]


def test_lines_and_levels_are_the_figures(runs, baselines):
    lines, levels = line_records(runs, baselines, PANELS[:1])
    discard = [line for line in lines if line["baseline"] == "random discard"]
    assert [line["rate_nats"] for line in discard] == [0, 79.78]
    assert [line["distortion_nats"] for line in discard] == pytest.approx([79.78, 0])
    pca = [line for line in lines if line["baseline"] == "PCA, best k"]
    assert len(pca) == 3
    assert all(line["distortion_nats"] is None for line in pca)
    hull = [line for line in lines if line["baseline"] == "PCA, hull over k"]
    assert (hull[0]["rate_nats"], hull[0]["label_distortion_nats"]) == (0, 2.3)
    second = [line for line in lines if line["baseline"] == "discard to classifier"]
    assert [line["label_distortion_nats"] for line in second] == pytest.approx([2.3, 0.03 * 2.3])
    assert [line["distortion_nats"] for line in second] == pytest.approx([79.78, 0])
    means = {level["baseline"]: level["label_distortion_nats"] for level in levels}
    assert means["random fully connected"] == pytest.approx(0.41 * 2.3, rel=1e-5)
    assert len(levels) == 4


def test_the_page_holds_its_data_once_and_loads_nothing(runs, baselines, pictures):
    page = page_of(runs, baselines, pictures)
    assert page.count(base64.b64encode(PNG).decode()) == 1
    data = data_of(page)
    assert len(data["runs"]) == (runs["status"] == "ok").sum()
    assert {param["name"] for param in data["spec"]["params"]} >= set(SETTINGS)
    assert "default-src 'none'" in page
    # outside of the scripts nothing names another place
    shell = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)=\"(?!data:)|https?://|@import|url\(", shell)


def test_the_bound_on_the_entropy_of_the_images_is_said(runs, baselines):
    notes = [panel["caveat"] for panel in data_of(page_of(runs, baselines, {}))["panels"]]
    assert notes[0] == "H(X) ≤ 79.78 nats (published)."
    assert notes[1].startswith("H(X) ≤ 95.00 nats (the best R + D of this sweep). Rebuilt")


def test_names_of_ones_own_cannot_break_out(runs, baselines, pictures):
    bad = "</script><script>alert(1)</script>"
    panels = [Panel(panel.dataset, panel.task, bad) for panel in PANELS[:1]]
    named = runs.assign(decoder=runs["decoder"].replace("deconv", bad))
    page = page_of(named, baselines, pictures, panels, experiment=bad)
    assert "alert(1)</script>" not in page
    assert data_of(page)["panels"][0]["name"] == bad


def test_decoders_of_ones_own_have_fills_of_their_own(runs):
    mine = [runs.assign(decoder=name) for name in ("mine", "other")]
    scales = planes_spec(pd.concat([runs, *mine]), [])["concat"][0]["layer"][-1]["encoding"]
    looks = list(
        zip(*(scales[name]["scale"]["range"] for name in ("stroke", "fill", "shape")), strict=True)
    )
    assert len(set(looks)) == len(looks)


def test_styles_are_those_of_the_figures(runs):
    spec = planes_spec(runs, ["random discard", "PCA, best k", "mine"])
    text = json.dumps(spec, ensure_ascii=False)
    for key in KEYS.values():
        assert f'"{key}"' in text
    points = spec["concat"][0]["layer"][-1]["encoding"]
    domain = points["stroke"]["scale"]["domain"]
    at = domain.index("(+, −)")
    assert points["stroke"]["scale"]["range"][at] == points["fill"]["scale"]["range"][at]
    assert points["fill"]["scale"]["range"][domain.index("(−, −)")] == "#FFFFFF"
    assert points["shape"]["scale"]["range"][domain.index("(−, v)")] == "triangle-up"


def test_a_lacking_column_is_a_fault(runs, baselines):
    with pytest.raises(LabelinfoError, match="lacks beta"):
        page_of(runs.drop(columns="beta"), baselines, {})
