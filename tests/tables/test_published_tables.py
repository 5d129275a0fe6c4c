"""Tables of two experiments are read together: each column has one type in all of them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelinfo.tables.baselines import aggregate_baselines
from labelinfo.tables.differences import compare_runs

PUBLISHED = Path(__file__).parents[2] / "results" / "published"
NAMES = sorted({path.name for path in PUBLISHED.rglob("*.parquet")})


def files(name):
    return sorted(map(str, PUBLISHED.rglob(name)))


def rows(name):
    return sum(pq.read_metadata(file).num_rows for file in files(name))


@pytest.mark.parametrize("name", NAMES)
def test_arrow_reads_all_published_tables_of_a_name_together(name):
    schemas = [pq.read_schema(file) for file in files(name)]
    assert not [field for schema in schemas for field in schema if pa.types.is_null(field.type)]
    # raises where a column has two types
    unified = pa.unify_schemas([schema.remove_metadata() for schema in schemas])
    assert pq.ParquetDataset(files(name), schema=unified).read().num_rows == rows(name)


@pytest.mark.parametrize("name", NAMES)
def test_polars_reads_all_published_tables_of_a_name_together(name):
    polars = pytest.importorskip("polars")
    tables = [polars.read_parquet(file) for file in files(name)]
    assert len(polars.concat(tables, how="diagonal")) == rows(name)


@pytest.mark.parametrize("name", NAMES)
def test_duckdb_reads_all_published_tables_of_a_name_together(name):
    duckdb = pytest.importorskip("duckdb")
    table = duckdb.read_parquet(files(name), union_by_name=True)
    assert len(table.fetchall()) == rows(name)


def test_a_table_without_rows_has_the_types_of_one_with_rows():
    differences, _ = compare_runs([], [], resamples=10, confidence=0.9)
    baselines, _ = aggregate_baselines([], {})
    for empty, name in ((differences, "differences"), (baselines, "baselines")):
        written = pa.Table.from_pandas(empty, preserve_index=False).schema.remove_metadata()
        full = pq.read_schema(PUBLISHED / "demo" / f"{name}.parquet")
        assert {field.name: field.type for field in written} == {
            field.name: field.type for field in full
        }
