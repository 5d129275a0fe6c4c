"""Configurations that are refused end with one sentence through Snakemake, and write nothing.

What is refused and in which words: tests/test_config.py and tests/fuzz.
"""

import numpy as np
import pytest
import yaml

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        # by Snakemake itself
        (
            "mine.yaml",
            b"experiment: !!python/object/apply:os.system ['touch ran']\n",
            "not valid JSON or YAML",
        ),
        # by the package, when it reads the file
        (
            "mine.yaml",
            b"training: {epochs: 3}\ntraining: {}\n",
            "mine.yaml cannot be read: it has the key",
        ),
        ("mine.yaml", b"sweeps: 1\n", "`sweeps` is unknown; did you mean `sweep`?"),
        (
            "config.yaml",
            "experiment: für\n".encode("latin-1"),
            "config.yaml cannot be read: 'utf-8'",
        ),
        (
            "config.yaml",
            b"__use_yte__: true\n__definitions__: [\"open('ran', 'w')\"]\n",
            "is a template",
        ),
    ],
    ids=["code", "twice", "unknown", "Latin-1", "template"],
)
def test_a_refused_configuration_ends_with_one_sentence(checkout, name, content, said):
    (checkout.path / name).write_bytes(content)
    overlay = () if name == "config.yaml" else ("--configfile", name)
    outcome = checkout.snakemake("-n", *overlay, timeout=120)
    assert outcome.code != 0
    assert said in outcome.text
    assert "Traceback" not in outcome.text
    assert not (checkout.path / "ran").exists()


# as long as they may be
EXPERIMENT = "Experiment_" + "-".join(map(str, range(24)))[:53]
DATASET = "data_" + "_".join(map(str, range(24)))[:59]


def test_every_output_lies_below_the_results(checkout, tmp_path):
    odd = tmp_path / "my *[x]? 'data' $HOME"
    odd.mkdir()
    np.savez(odd / "β ~.npz", images=np.eye(784), shade=np.arange(784) % 2)
    definition = {
        "reader": "table",
        "files": {"table": {"path": str(odd / "β ~.npz")}},
        "tasks": ["shade"],
    }
    config = {
        "experiment": EXPERIMENT,
        "sweep": {"datasets": [DATASET, "mnist_static"], "betas": {"deconv": [1e-5]}},
        "datasets": {DATASET: definition},
        "classifier": {"search": True},
    }
    assert len(EXPERIMENT) == len(DATASET) == 64
    (checkout.path / "mine.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    outcome = checkout.snakemake("--summary", "--configfile", "mine.yaml", timeout=100)
    assert outcome.code == 0, outcome.text
    lines = [line.split("\t")[0] for line in outcome.text.splitlines() if "\t" in line]
    files = lines[lines.index("output_file") + 1 :]
    assert len(files) > 100
    roots = (f"results/{EXPERIMENT}/", "results/downloads/")
    assert all(file.startswith(roots) and ".." not in file for file in files)
