"""All baselines have the same columns, and the table keeps their origins."""

import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelinfo.io.tables import read_table, write_table
from labelinfo.provenance import collect, describe
from labelinfo.tables.baselines import COLUMNS, aggregate_baselines, baseline_rows
from labelinfo.tables.label_columns import PROBE_COLUMNS

POINTS = pd.DataFrame(
    {
        "k": [5, 30],
        "sigma": [0.5, 1.25],
        "selected": [False, True],
        "rate_nats": [4.0, 15],
        "label_distortion_nats": [1.5, 0.25],
        "label_accuracy": [0.5, 0.9],
        "aside": ["not", "kept"],
    },
    index=[7, 3],
)


def rows(points=POINTS, baseline="pca", **more):
    return baseline_rows("mnist", "digit", baseline, points, **more)


def test_points_come_into_the_common_columns_one_row_each():
    table = rows(seed=4)
    assert list(table.columns) == COLUMNS
    assert list(table.index) == [0, 1]
    assert (table[["dataset", "task", "baseline", "seed"]] == ["mnist", "digit", "pca", 4]).all(
        axis=None
    )
    for column in ("rate_nats", "label_distortion_nats", "label_accuracy"):
        assert list(table[column]) == list(POINTS[column])


def test_what_a_baseline_does_not_have_is_nan_even_its_rate():
    table = rows(POINTS.drop(columns="rate_nats"))
    for column in ("rate_nats", "label_distortion_nats_se", "selection_area_nats2"):
        assert table[column].isna().all()
        assert table[column].dtype == np.float64


@pytest.fixture
def files(tmp_path):
    line = pd.DataFrame({"rate_nats": [0.0, 80.0], "label_distortion_nats": [2.3, 0.0]})
    line["data_entropy_source"] = "a paper"
    tables = {
        "pca": rows(),
        "random_discard": rows(line, "random_discard"),
    }
    for name, table in tables.items():
        write_table(tmp_path / f"{name}.parquet", table.assign(more=1), {"stage": name})
    return [tmp_path / f"{name}.parquet" for name in tables]


def test_tables_are_stacked_in_order_with_their_origins(files):
    table, origins = aggregate_baselines(files, {("mnist", "digit"): 2.0, ("mnist", "x"): 9.0})
    assert list(table.columns) == COLUMNS
    assert list(table["label_entropy_nats"]) == [2.0] * 4
    assert list(table["label_retained_share"]) == [0.25, 0.875, 1 - 2.3 / 2, 1]
    assert table["label_distortion_bits"].iloc[0] == pytest.approx(1.5 / math.log(2))
    assert list(table.index) == [0, 1, 2, 3]
    assert list(table["baseline"]) == ["pca", "pca", "random_discard", "random_discard"]
    assert list(table["label_distortion_nats"]) == [1.5, 0.25, 2.3, 0.0]
    assert origins == [{"stage": "pca"}, {"stage": "random_discard"}]


def test_a_column_has_one_type_whatever_is_null_in_it(tmp_path):
    probed = POINTS.assign(
        strong_label_distortion_nats=[1.4, 0.2], probe_converged=True, strong_probe_converged=False
    )
    types = []
    for name, table in (
        ("probed", rows(probed)),
        ("none", rows(POINTS)),
        ("both", pd.concat([rows(probed), rows(POINTS).assign(seed=1)])),
    ):
        write_table(tmp_path / name, table, {})
        stacked, _ = aggregate_baselines([tmp_path / name], {})
        write_table(tmp_path / name, stacked, {})
        schema = pq.read_schema(tmp_path / name)
        types.append({column: schema.field(column).type for column in PROBE_COLUMNS})
    assert types[0] == types[1] == types[2]
    assert types[0]["probe_converged"] == types[0]["strong_probe_converged"] == pa.bool_()
    assert types[0]["strong_label_distortion_nats"] == pa.float64()


def test_without_baselines_the_table_is_empty_and_can_be_written(tmp_path):
    table, origins = aggregate_baselines([], {})
    write_table(tmp_path / "baselines.parquet", table, collect(origins))
    back = read_table(tmp_path / "baselines.parquet")
    assert list(back.columns) == COLUMNS
    assert len(back) == 0


# --- provenance ---------------------------------------------------------------------------------


def test_equal_origins_are_kept_once_by_stage_in_order_of_appearance():
    def origin(stage, code):
        return {"stage": stage, "code": code, "config": {"a": [1]}}

    merged = collect(
        [
            origin("train", "2"),
            origin("probe", "1"),
            origin("train", "1"),
            dict(reversed(origin("train", "2").items())),
            {},
            {"code": "3"},
        ]
    )
    assert merged == {
        "train": [origin("train", "2"), origin("train", "1")],
        "probe": [origin("probe", "1")],
        "unknown": [{"code": "3"}],
    }


def test_an_origin_tells_stage_code_settings_data_and_versions():
    origin = describe("train_vae", code="ab", config={"training": {"epochs": 1}})
    assert origin["versions"]["numpy"] == np.__version__
    assert {key: origin[key] for key in ("stage", "code", "config", "data")} == {
        "stage": "train_vae",
        "code": "ab",
        "config": {"training": {"epochs": 1}},
        "data": {},
    }
