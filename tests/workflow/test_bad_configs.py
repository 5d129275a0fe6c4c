"""Configurations that no experiment can be read from end with a sentence, and write nothing."""

import numpy as np
import pytest
import yaml

pytestmark = pytest.mark.workflow

LAUGHS = "\n".join(
    [
        "a0: &a0 [x, x, x, x, x, x, x, x, x]",
        *(f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 30)),
    ]
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- sweep\n- training\n", "with keys at top level"),
        ("sweep: [\n", "not valid JSON or YAML"),
        ("experiment: !!python/object/apply:os.system ['touch ran']\n", "not valid JSON or YAML"),
        ("experiment: !!python/name:os.system\n", "mine.yaml cannot be read: could not determine"),
        ("training: {epochs: 3}\ntraining: {}\n", "mine.yaml cannot be read: it has the key"),
        (LAUGHS, "Config key `a29` holds more than"),
        ("sweep: {seeds: &a [*a]}\n", "Config key `sweep` holds more than"),
        (
            "training: {learning_rate: " + "9" * 400 + "}\n",
            "`training.learning_rate` is an int",
        ),
        ('machine: {mirror: "a\\0b"}\n', "`machine.mirror` has the character U+0000"),
        ('datasets: {sample: {title: "\\uD800"}}\n', "`datasets.sample.title` has the character"),
    ],
    ids=[
        "list",
        "syntax",
        "code",
        "name",
        "twice",
        "laughs",
        "itself",
        "number",
        "NUL",
        "surrogate",
    ],
)
def test_a_configuration_that_is_none_ends_with_one_sentence(checkout, text, said):
    (checkout.path / "mine.yaml").write_text(text)
    outcome = checkout.snakemake("-n", "--configfile", "mine.yaml", timeout=60)
    assert outcome.code != 0
    assert said in outcome.text
    assert "Traceback" not in outcome.text
    assert not (checkout.path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("experiment: für\n".encode("latin-1"), "config.yaml cannot be read: 'utf-8'"),
        (b"__use_yte__: true\n__definitions__: [\"open('ran', 'w')\"]\n", "is a template"),
    ],
    ids=["Latin-1", "template"],
)
def test_the_workflows_own_configuration_is_looked_at_first(checkout, content, said):
    (checkout.path / "config.yaml").write_bytes(content)
    outcome = checkout.snakemake("-n", timeout=60)
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
