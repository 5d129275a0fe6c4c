"""The data dictionary describes the tables that the code writes, column by column."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelinfo.baselines.candidates import train_candidate
from labelinfo.baselines.choice import choose_candidate
from labelinfo.baselines.chosen import NETWORK, RECIPE
from labelinfo.claims import headline_numbers
from labelinfo.columns import page, tables
from labelinfo.data.dataset import save_dataset
from labelinfo.io import losses
from labelinfo.io.tables import read_table
from labelinfo.tables import baselines, differences, runs
from labelinfo.training.trainer import CURVE_COLUMNS
from recipes import classifier

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "results" / "published"
CODE = {
    "runs": runs.COLUMNS,
    "baselines": baselines.COLUMNS,
    "differences": differences.COLUMNS,
    "headlines": headline_numbers.COLUMNS,
    "losses": losses.COLUMNS,
    "learning_curve": CURVE_COLUMNS,
}
KINDS = {
    "text": (pa.types.is_string, pa.types.is_large_string),
    "integer": (pa.types.is_integer,),
    "float": (pa.types.is_floating,),
    "boolean": (pa.types.is_boolean,),
}


def published():
    for file in sorted(PUBLISHED.rglob("*.parquet")):
        name = "losses" if "losses" in file.name else file.stem
        if name in tables():
            yield pytest.param(name, file, id=str(file.relative_to(PUBLISHED)))


def fits(kind, column):
    # in an older table, a column without values has the type null
    return pa.types.is_null(column) or any(check(column) for check in KINDS[kind])


@pytest.mark.parametrize(("name", "file"), list(published()))
def test_every_published_column_is_described_and_of_the_stated_type(name, file):
    described = tables()[name].columns
    for field in pq.read_schema(file):
        assert field.name in described
        assert fits(described[field.name].type, field.type), field


@pytest.mark.parametrize("name", CODE)
def test_the_columns_of_the_code_are_the_described_ones(name):
    assert list(tables()[name].columns) == list(CODE[name])


@pytest.mark.parametrize("name", ["claims", "datasets"])
def test_no_description_is_without_a_published_column(name):
    # the newest of several versions
    found = set(pq.read_schema(PUBLISHED / "figure1" / f"{name}.parquet").names)
    assert set(tables()[name].columns) == found


def test_the_columns_of_searches_are_the_described_ones(tiny_dataset, tmp_path):
    settings = classifier(epochs=1, depth=2)
    save_dataset(tmp_path / "dataset", tiny_dataset)
    train_candidate(
        "half", settings,
        dataset_file=tmp_path / "dataset", target=tmp_path / "table", device="cpu", code="0",
    )  # fmt: skip
    chosen = choose_candidate(
        read_table(tmp_path / "table"),
        configured={name: getattr(settings, name) for name in NETWORK},
    )
    compare(chosen, "classifier_search")
    recipe = {"learning_rate": 1e-3, "hidden_units": 8, "dropout": 0.0}
    # the columns of a candidate of a probe: tests/probes/test_probe_search.py
    tried = {"dataset": "tiny", "task": "half", **recipe}
    tried |= {"label_distortion_valid_nats": 0.5, "n_runs": 3}
    assert tuple(recipe) == RECIPE
    compare(choose_candidate(pd.DataFrame([tried]), configured=recipe), "probe_search")


def compare(table, name):
    """Compare a table with its description, names and types."""
    described = tables()[name].columns
    assert list(table.columns) == list(described)
    for field in pa.Schema.from_pandas(table):
        assert fits(described[field.name].type, field.type), field


def test_units_follow_the_names_and_every_meaning_is_a_sentence():
    for table in tables().values():
        for column in table.columns.values():
            words = column.name.split("_")
            named = {"nats": "nats" in words, "nats²": "nats2" in words, "bits": "bits" in words}
            for unit, wanted in named.items():
                assert (column.unit.partition(" ")[0] == unit) == wanted, column
            assert column.type in KINDS
            assert column.meaning.endswith("."), column


def test_the_page_is_current():
    assert (ROOT / "docs" / "columns.md").read_text(encoding="utf-8") == page(), (
        "run `python -m labelinfo.columns > docs/columns.md`"
    )
