"""The examples read what the workflow writes."""

import importlib.util
import json
from pathlib import Path

import pandas as pd
import pytest

from labelinfo.io.tables import read_table, write_table
from labelinfo.tables.runs import JobFiles, aggregate_runs
from made_run import RUN, make_run
from processes import python

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def results(tiny_dataset, tmp_path_factory):
    """Return the results of an experiment of one run."""
    results = tmp_path_factory.mktemp("checkout") / "results" / "tiny"
    folder = make_run(results, tiny_dataset)
    table, _ = aggregate_runs(
        pd.DataFrame([RUN.columns | {"task": "half"}]),
        JobFiles(
            training=[folder / "training.parquet"],
            measures=[results / "measure_vae" / f"{RUN.path}.parquet"],
            probes=[results / "train_probe" / RUN.path / "half.parquet"],
        ),
        label_entropies={("tiny", "half"): 0.69},
        label_entropy_biases={},
        best_known_nats={"tiny": None},
        caveats={"tiny": ""},
        standard_errors=5,
        probe_tolerance_nats=0.1,
    )
    write_table(results / "tables" / "runs.parquet", table, {})
    (results.parent / "published").symlink_to(ROOT / "results" / "published")
    return results


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_curve_and_results_of_a_run_are_read_for_tensorboard(results):
    (name, curve, numbers), *others = example("to_tensorboard").finished_runs(results)
    assert (name, others) == (f"train_vae/{RUN.path}", [])
    assert curve["epoch"].tolist() == [1, 2]
    assert numbers["half/rate_nats"] > 0
    assert 0 <= numbers["half/label_accuracy"] <= 1


def test_the_curve_and_results_of_a_run_are_read_for_mlflow(results):
    ((rows, curve),) = example("to_mlflow").finished_runs(results)
    assert rows["task"].tolist() == ["half"]
    assert curve["epoch"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("name", "library", "arguments"),
    [("to_tensorboard", "tensorboard", ["logs"]), ("to_mlflow", "mlflow", [])],
)
def test_the_exporters_write(results, tmp_path, name, library, arguments):
    pytest.importorskip(library)
    done = python(EXAMPLES / f"{name}.py", results, *arguments, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert any(tmp_path.iterdir())


@pytest.mark.parametrize("trained", [True, False])
def test_the_notebook_runs(results, tmp_path, trained):
    checkout = results.parents[1]
    if not trained:
        (tmp_path / "results").mkdir()
        (tmp_path / "results" / "published").symlink_to(ROOT / "results" / "published")
        checkout = tmp_path
    notebook = json.loads((EXAMPLES / "own_figure.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] for cell in cells)
    script = tmp_path / "own_figure.py"
    text = "\n".join("".join(cell["source"]) for cell in cells)
    script.write_text(f"{text}\nprint('figures:', len(plt.get_fignums()))\n", encoding="utf-8")
    done = python(script, folder=checkout, MPLBACKEND="agg")
    assert done.returncode == 0, done.stderr
    runs = read_table(ROOT / "results" / "published" / "figure1" / "runs.parquet")
    digits = runs[runs["dataset"] == "mnist_static"]
    assert f"{len(digits)} runs of mnist_static\n" in done.stdout
    assert f"figures: {2 if trained else 1}\n" in done.stdout
    assert ("codes: (8, 3)" in done.stdout) == trained
