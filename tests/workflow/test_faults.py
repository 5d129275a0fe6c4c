"""Faults end with one clear sentence and leave no partial files."""

import gzip
import hashlib
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
import pytest
from checkouts import LOUD

pytestmark = pytest.mark.workflow

TINY = ("--configfile", "tests/workflow/tiny.yaml")
PREPARED = "results/tiny/prepare_dataset/sample/dataset.safetensors"


def refused(outcome):
    assert outcome.code != 0
    assert "Traceback" not in outcome.text
    return [line for line in outcome.text.splitlines() if line.startswith("Error: ")]


@pytest.mark.parametrize("damage", ["truncated", "missing"])
def test_a_damaged_file_is_named(checkout, damage):
    # other damages: tests/data
    path = checkout.path / "workflow" / "sample" / "binarized_test.amat.gz"
    content = path.read_bytes()
    path.unlink()
    if damage == "truncated":
        path.write_bytes(content[:5000])
    outcome = checkout.snakemake("--cores", "1", PREPARED, *TINY)
    assert outcome.code != 0
    assert "Traceback" not in outcome.text
    assert "binarized_test.amat.gz" in outcome.text
    assert not (checkout.path / PREPARED).exists()
    assert not list((checkout.path / "results").rglob("*.tmp*"))


def test_an_empty_mirror_is_named_with_the_file(checkout, tmp_path):
    outcome = checkout.snakemake(
        "--cores",
        "1",
        "results/downloads/mnist/t10k-labels-idx1-ubyte",
        LABELINFO_MIRROR=str(tmp_path),
    )
    (sentence,) = set(refused(outcome))
    assert "t10k-labels-idx1-ubyte" in sentence
    assert str(tmp_path) in sentence
    assert not (checkout.path / "results/downloads/mnist/t10k-labels-idx1-ubyte").exists()


class Mute(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def test_a_file_of_the_catalogue_is_downloaded(checkout, tmp_path):
    content = gzip.compress(bytes(range(256)) * 40)
    (tmp_path / "labels.gz").write_bytes(content)
    name, digest = "mine/labels.npz", hashlib.sha256(bytes(range(256)) * 40).hexdigest()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Mute, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    # an address without the file is skipped; the source of a file makes nothing stale
    for urls in ([f"{url}/nothing", f"{url}/labels.gz"], [f"{url}/elsewhere"]):
        files = {"table": {"name": name, "sha256": digest, "urls": urls}}
        config = json.dumps({"mine": {"reader": "table", "tasks": ["a"], "files": files}})
        outcome = checkout.snakemake(
            "--cores", "1", f"results/downloads/{name}", *TINY,
            "--config", f"datasets={config}", "sweep={datasets: [mine]}",
            LABELINFO_MIRROR="", NO_PROXY="127.0.0.1", no_proxy="127.0.0.1",
        )  # fmt: skip
        assert outcome.code == 0, outcome.text
        assert (checkout.path / "results/downloads" / name).read_bytes() == gzip.decompress(content)
    assert "Nothing to be done" in outcome.text
    server.shutdown()
    server.server_close()


def test_a_diverged_run_is_a_row_and_an_error_at_the_very_end(checkout):
    # without another run or a known entropy, the random-discard line has no end
    hot = ("training={learning_rate: 1.0e+30}", "datasets={sample: {entropy_nats: null}}")
    outcome = checkout.snakemake("--cores", "2", *TINY, "--config", *hot)
    (sentence,) = set(refused(outcome))
    assert "There is no random-discard line for sample" in outcome.text
    assert "2 training(s) diverged" in sentence
    assert "β=4 seed 0 (epoch 1, step" in sentence
    results = checkout.path / "results" / "tiny"
    runs = pd.read_parquet(results / "tables" / "runs.parquet")
    assert runs["status"].tolist() == ["diverged", "diverged"]
    assert runs["rate_nats"].isna().all()
    assert (results / "figures" / "figure1.png").exists()
    # with `report`, the same workflow succeeds and retrains nothing
    report = ("--config", *hot, "sweep={on_divergence: report}")
    outcome = checkout.snakemake(LOUD, "--cores", "1", *TINY, *report)
    assert outcome.code == 0, outcome.text
    assert outcome.jobs == {"check_runs": 1, "write_config": 1}
