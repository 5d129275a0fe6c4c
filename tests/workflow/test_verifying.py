"""A recomputed row of the demo's table has the same bits, and a forged number is found."""

import re

import pytest
from checkouts import verify

from labelinfo.io.tables import read_with_provenance, write_table

pytestmark = pytest.mark.workflow


def test_a_recomputed_row_has_the_same_bits_and_gives_a_forgery_away(finished_demo, tmp_path):
    tables = finished_demo.path / "results" / "demo" / "tables"
    runs, origin = read_with_provenance(tables / "runs.parquet")
    # with a matching digest
    runs["label_distortion_nats"] += 1e-9
    write_table(tmp_path / "runs.parquet", runs, origin)
    (tmp_path / "datasets.parquet").write_bytes((tables / "datasets.parquet").read_bytes())
    done = verify(finished_demo, tmp_path, "--rows", "1", "--seed", "1")
    assert done.returncode == 1, done.stderr
    assert "not the same bits" not in done.stdout
    assert "1 of 9 rows recomputed: NOT all agree." in done.stdout
    differing = re.findall(r"^  DIFFERS *(\w+)", done.stdout, re.MULTILINE)
    assert differing == ["label_distortion_nats"], done.stdout
    assert done.stdout.count("  agrees") > 10
