"""No accepted configuration writes outside its results, for any names."""

import posixpath
import re
from pathlib import Path, PurePosixPath

import pytest
from mutations import assert_sentence

from labelinfo.config.completion import complete
from labelinfo.config.components import known_components
from labelinfo.config.run import Run, beta_key
from labelinfo.config.sweep import check_sweep, enumerate_runs
from labelinfo.config.tasks import tasks_of
from labelinfo.errors import ConfigError

ROOT = Path(__file__).parents[2]
TRAPS = [
    "..", "../x", "../../etc/passwd", "a/../../b", "/", "/etc/passwd", "//host/x", ".", "./x", "~",
    "~root/x", "$HOME", "${HOME}", "`id`", "a\0b", "\0", "a\nb", "a\n", "\r", "\t", " ", "a b", "",
    "a" * 65, "a" * 201, "a" * 300, "a/" * 150 + "a", "C:\\x", "C:x", "\\\\host\\x", "a\\..\\b",
    "NUL", "{dataset}", "{wildcards.dataset}", "{", "}", "{{x}}", "{0}", "*", "?", "[ab]", "**/x",
    "%s", "é", "数", "\u202e", "\ud800", "．．/x", "a\u2215b", "-rf", "--flag", ".hidden", "x.",
    "a//b", "downloads", "published", "compiled", "s3://b/x", "https://x.org/y", "a|b", "a;b",
    "a:b", "'a'", 'a"b', "#a", "a,b", "(a)", "^a", "a$", "mine", "a_b", "A-b", "0", "_", "a/b",
]  # fmt: skip


def configuration(**names):
    """Return an experiment on a user's table and a fetched one, with these names in it."""
    fetched = {"name": names.get("name", "own/x.npz"), "sha256": "0" * 64}
    component = {"class": names.get("class", "components:Mine")}
    encoder = names.get("encoder", "own")
    dataset = names.get("dataset", "mine")
    return {
        "experiment": names.get("experiment", "own"),
        "sweep": {
            "datasets": [dataset, "fetched"],
            "encoders": ["gaussian", encoder],
            "betas": {"deconv": [names.get("beta", 1)]},
            "seeds": [names.get("seed", 0)],
        },
        "components": {"encoders": {encoder: component}},
        "datasets": {
            dataset: {
                "reader": "table",
                "files": {"table": {"path": names.get("path", "mine.npz")}},
                "tasks": [names.get("task", "shape")],
            },
            "fetched": {"reader": "table", "files": {"table": fetched}, "tasks": ["shape"]},
        },
        "machine": {"mirror": names.get("mirror")},
        "classifier": {"candidates": {"dropouts": [names.get("dropout", 0.5)]}},
    }


def outputs(config):
    """Return the output paths of a completed configuration, by the rules' patterns."""
    out = f"results/{config['experiment']}"
    files = [
        f"results/downloads/{prefix}{file['name']}{suffix}"
        for dataset in config["sweep"]["datasets"]
        for file in config["datasets"][dataset]["files"].values()
        if "path" not in file
        for prefix, suffix in (("", ""), ("logs/", ".log"), ("", ".01234567.part"))
    ]
    for dataset in config["sweep"]["datasets"]:
        files.append(f"{out}/prepare_dataset/{dataset}/dataset.safetensors")
        for task in tasks_of(config, dataset):
            files.append(f"{out}/measure_pca/{dataset}/{task}.losses.parquet")
            dropouts = config["classifier"]["candidates"]["dropouts"]
            files += (
                f"{out}/train_candidate/{dataset}/{task}/depth9-dropout{dropout:.12g}.parquet"
                for dropout in dropouts
            )
    for run in enumerate_runs(config):
        files.append(f"{out}/train_vae/{run.path}/best.safetensors")
        files += (
            f"{out}/train_probe/{run.path}/{task}.losses.parquet"
            for task in tasks_of(config, run.dataset)
        )
    return files


def assert_inside(file, experiment):
    assert posixpath.normpath(file) == file
    first, second, *rest = PurePosixPath(file).parts
    assert first == "results"
    assert second in (experiment, "downloads")
    assert experiment not in ("downloads", "published", "compiled")
    assert rest
    # no character with a meaning for a shell, Snakemake or another system, and no long name
    assert re.fullmatch(r"[A-Za-z0-9_./-]+", file)
    assert all(len(part) <= 255 for part in (second, *rest))
    assert not any(part.startswith(("-", ".")) for part in (second, *rest))


def accepted(config):
    """Return the completed configuration, None if it is refused as it should be."""
    try:
        completed = complete(config)
        known = known_components(completed, (ROOT / "tests",))
        check_sweep(completed, known)
    except ConfigError as error:
        assert_sentence(str(error), "Config key ")
        return None
    return completed


# Keys of the user's choice that the paths of outputs are made of, and one good value each
PARTS = {
    "experiment": "a-B_9",
    "dataset": "a_9",
    "task": "A_9",
    "encoder": "a_9",
    "name": "a/b-C.gz",
    "beta": 0.5,
    "seed": 3,
    "dropout": 0.25,
    "class": "components:make_spec",
}


@pytest.fixture(autouse=True)
def _component(monkeypatch):
    # the components of this configuration are in no file
    monkeypatch.setattr("labelinfo.config.components._check_exists", lambda *given: None)


@pytest.mark.parametrize("part", PARTS)
def test_a_plain_name_is_taken_and_one_that_leads_elsewhere_refused_or_inside(part):
    completed = accepted(configuration(**{part: PARTS[part]}))
    if part not in ("class", "beta", "seed", "dropout"):
        assert any(str(PARTS[part]) in file for file in outputs(completed))
    for trap in TRAPS:
        completed = accepted(configuration(**{part: trap}))
        for file in outputs(completed) if completed else ():
            assert_inside(file, completed["experiment"])


@pytest.mark.parametrize("number", [5e-324, 1e-5, 0.1 + 1e-13, 1 / 3, 123456.789, 1e6])
def test_numbers_in_paths_are_plain(number):
    for file in outputs(accepted(configuration(beta=number, dropout=min(number, 0.9)))):
        assert_inside(file, "own")
    assert re.fullmatch(r"[0-9.]+(e-?[0-9]+)?", beta_key(number))


@pytest.mark.parametrize(
    "part", ["experiment", "dataset", "task", "encoder", "name", "class", "path"]
)
def test_the_key_of_a_bad_name_is_named(part):
    keys = {
        "experiment": "experiment",
        "dataset": "datasets.../up",
        "task": "datasets.mine.tasks[0]",
        "encoder": "components.encoders.../up",
        "name": "datasets.fetched.files.table.name",
        "class": "components.encoders.own.class",
        "path": "datasets.mine.files.table.path",
    }
    value = "../{up}" if part == "path" else "../up"
    with pytest.raises(ConfigError, match="it should match") as caught:
        complete(configuration(**{part: value}))
    assert f"`{keys[part]}`" in str(caught.value)


@pytest.mark.parametrize("path", ["../mine.npz", "/data/x", "~/x", "a b/*.npz", "s3://b/x", "数"])
def test_ones_own_file_may_lie_anywhere_for_it_is_only_read(path):
    completed = accepted(configuration(path=path, mirror=path))
    assert completed["datasets"]["mine"]["files"]["table"]["path"] == path
    assert completed["machine"]["mirror"] == path
    assert outputs(completed) == outputs(accepted(configuration()))


@pytest.mark.parametrize("path", ["", "/", "x/", "a{dataset}.npz", "a}b", "a\nb", " ", "a\ud800"])
def test_a_path_that_snakemake_would_read_as_another_is_refused(path):
    assert accepted(configuration(path=path)) is None


@pytest.mark.parametrize("mirror", ["a\nb", "a\0b", "\ud800"])
def test_a_mirror_that_cannot_be_printed_is_refused(mirror):
    assert accepted(configuration(mirror=mirror)) is None


def test_the_patterns_here_are_those_of_the_rules():
    rules = (ROOT / "workflow" / "rules" / "config.smk").read_text(encoding="utf-8")
    assert "OUT = f\"results/{config['experiment']}\"" in rules
    assert 'DOWNLOADS = "results/downloads"' in rules
    assert 'RUN = "{dataset}/{encoder}-{decoder}-{marginal}/beta{beta}/seed{seed}"' in rules
    assert Run("d", "e", "f", "m", "1", 0).path == "d/e-f-m/beta1/seed0"
