"""In summaries, the type of a column does not depend on the data set."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelinfo.data.summary import typed_summary
from labelinfo.io.tables import read_table, write_table

ROW = {
    "dataset": "a",
    "images": 9,
    "labelled_images": 7,
    "limit": None,
    "matched_distinct_share": None,
    "match_margin_median_nats": None,
    "match_margin_below_1_nat_share": None,
}
MATCHED = ROW | {key: 0.5 for key in ROW if key.startswith("match")}


@pytest.mark.parametrize("rows", [[MATCHED], [ROW | {"limit": 3}], [ROW, MATCHED | {"limit": 3}]])
def test_a_column_without_values_has_the_type_of_one_with_values(rows, tmp_path):
    for name, part in (("empty", [ROW]), ("other", rows)):
        table = typed_summary(pd.DataFrame(part))
        write_table(tmp_path / name, table, {})
        # once written and stacked it is the same
        pd.testing.assert_frame_equal(typed_summary(read_table(tmp_path / name)), table)
    empty, other = (
        pq.read_schema(tmp_path / name).remove_metadata() for name in ("empty", "other")
    )
    assert empty == other
    assert pa.null() not in empty.types
    pq.ParquetDataset([tmp_path / "empty", tmp_path / "other"]).read()


def test_images_of_older_tables_have_labels():
    table = pd.DataFrame([ROW, ROW | {"labelled_images": None}])
    assert typed_summary(table)["labelled_images"].tolist() == [7, 9]
    older = table.drop(columns="labelled_images")
    assert typed_summary(older)["labelled_images"].tolist() == [9, 9]
