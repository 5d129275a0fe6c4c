"""The configuration: defaults, checks, and errors that name the key."""

import copy
import datetime
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake.utils import update_config

from labelinfo.config.__main__ import describe
from labelinfo.config.completion import complete, schema_of_keys
from labelinfo.config.components import known_components, vae_spec
from labelinfo.config.model_settings import TrainingSettings
from labelinfo.config.run import Run, beta_key
from labelinfo.config.sweep import ROLES, check_sweep, enumerate_runs
from labelinfo.config.tasks import tasks_of
from labelinfo.errors import ConfigError
from labelinfo.models.registry import COMPONENTS
from labelinfo.seeds import derive_seed

ROOT = Path(__file__).parents[1]
EXPERIMENTS = sorted((ROOT / "workflow" / "experiments").glob("*.yaml"))
# Keys that only the user can fill in.
WITHOUT_DEFAULT = {"datasets.<name>.reader", "datasets.<name>.files"} | {
    f"datasets.<name>.files.<name>.{key}"
    for key in ("name", "path", "sha256", "git_blob_sha1", "bytes")
}
WITHOUT_DEFAULT |= {f"components.{kind}.<name>.class" for kind in COMPONENTS}
TABLE = {"reader": "table", "files": {"table": {"path": "mine.npz"}}, "tasks": ["shape"]}


KEYS = schema_of_keys()


def nested(path, value):
    for key in reversed(path):
        value = {key: value}
    return value


def misspellings():
    """Yield every key twice, with two letters swapped and with one dropped."""
    for name in KEYS:
        *above, key = name.replace("<name>", "mine").split(".")
        swap = next(i for i in range(len(key) // 2, len(key)) if key[i - 1] != key[i])
        swapped = key[: swap - 1] + key[swap] + key[swap - 1] + key[swap + 1 :]
        dropped = key[: len(key) // 2] + key[len(key) // 2 + 1 :]
        for wrong in (swapped, dropped):
            yield above, key, wrong


def checked(*overlays, components=COMPONENTS):
    config = {}
    for overlay in overlays:
        update_config(config, copy.deepcopy(overlay))
    config = complete(config)
    check_sweep(config, components)
    return config


def with_table(**changes):
    return {"sweep": {"datasets": ["mine"]}, "datasets": {"mine": TABLE | changes}}


BY_PATH = {"training": {"mode": "path"}}


# --- the keys -----------------------------------------------------------------------------------


def test_every_key_has_a_meaning_and_a_default_unless_only_the_user_can_fill_it_in():
    assert {"experiment", "sweep.betas", "datasets.<name>.limit.train", "machine.mirror"} <= set(
        KEYS
    )
    assert {name for name in KEYS if "default" not in KEYS[name]} == WITHOUT_DEFAULT
    assert all(len(schema["description"].split()) >= 2 for schema in KEYS.values())


def test_described_are_all_keys_with_their_defaults():
    lines = describe()
    names = [line.split("`")[1] for line in lines]
    assert names == list(KEYS)
    for name, line in zip(names, lines, strict=True):
        schema = KEYS[name]
        assert schema["description"] in line
        said = re.search(r" Default: `(.*)`\.$", line)
        if said:
            assert json.loads(said[1]) == schema["default"]
        else:
            assert "default" not in schema or "properties" in schema or name == "datasets"

    for key, allowed in {
        "training.epochs": "integer ≥ 1, ≤ 100,000",
        "training.precision": "`auto` or `bfloat16` or `float32`",
        "training.activations_mb": "number > 0 or null",
        "partial": "true or false",
        "sweep.betas": "map of list of number > 0, ≤ 1,000,000",
        "datasets.<name>.tasks": "list of text like `^[A-Za-z0-9_]{1,64}$`",
    }.items():
        assert f"- `{key}` ({allowed}): " in "\n".join(lines)


def test_the_module_prints_the_description():
    command = [sys.executable, "-m", "labelinfo.config"]
    printed = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    assert printed.splitlines() == describe()


def test_every_reader_has_its_roles():
    assert set(KEYS["datasets.<name>.reader"]["enum"]) == set(ROLES)


# --- completing ---------------------------------------------------------------------------------


def test_nothing_given_is_the_default_of_every_key():
    completed = complete({})
    for name, schema in KEYS.items():
        if "<name>" not in name and "properties" not in schema and name != "datasets":
            value = completed
            for key in name.split("."):
                value = value[key]
            assert value == schema["default"], name
    mnist = completed["datasets"]["mnist_static"]
    assert mnist["limit"] == {"train": None, "valid": None, "test": None}
    assert mnist["binarize"] == "none"
    assert completed["datasets"]["omniglot_rebuilt"]["files"]["data"]["urls"] == []


@pytest.mark.parametrize(
    "config",
    [{}, with_table(), {"sweep": {"betas": {"deconv": [3]}}, "model": {"width": 0.5}}],
    ids=["empty", "own data", "some keys"],
)
def test_completing_twice_changes_nothing(config):
    once = complete(config)
    assert complete(once) == once


@pytest.mark.parametrize("experiment", [None, *EXPERIMENTS], ids=lambda path: path and path.stem)
def test_shipped_configurations_are_valid(experiment):
    overlays = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (ROOT / "config.yaml", experiment)
        if path
    ]
    config = checked(*overlays)
    assert list(enumerate_runs(config))
    if experiment:
        assert config["experiment"] == experiment.stem


def test_a_stage_has_the_settings_of_its_rule_and_no_defaults():
    given = {"batch_size": 16, "learning_rate": 0.003, "activations_mb": None}
    settings = TrainingSettings.of(given)
    assert settings.as_dict() == given
    assert (settings.batch_size, settings.activations_mb) == (16, None)
    with pytest.raises(AttributeError, match="epochs"):
        _ = settings.epochs
    changed = settings.model_copy(update={"epochs": 2, "batch_size": 8})
    assert changed.as_dict() == given | {"epochs": 2, "batch_size": 8}


def test_the_users_maps_and_the_defaults_stay_as_they_are():
    config = with_table()
    before, pristine = copy.deepcopy(config), complete({})
    completed = complete(config)
    assert config == before
    completed["datasets"]["mine"]["tasks"].append("colour")
    completed["sweep"]["seeds"].append(1)
    completed["datasets"]["mnist_static"]["files"]["train"]["urls"].clear()
    assert config == before
    assert complete({}) == pristine


def test_one_key_of_a_built_in_data_set_can_be_overridden():
    default = complete({})["datasets"]
    overlay = {"datasets": {"mnist_static": {"limit": {"test": 100}, "files": {"train": {}}}}}
    changed = complete(overlay)["datasets"]
    assert changed["mnist_static"]["limit"] == {"train": None, "valid": None, "test": 100}
    default["mnist_static"]["limit"]["test"] = 100
    assert changed == default


def test_a_list_replaces_the_default_list():
    assert complete({"pca": {"dims": [3]}})["pca"]["dims"] == [3]


# --- what the models refuse --------------------------------------------------------------------


def test_a_misspelt_key_is_named_with_the_right_one():
    for above, key, wrong in misspellings():
        with pytest.raises(ConfigError) as caught:
            complete(nested([*above, wrong], None))
        full, right = (".".join([*above, last]) for last in (wrong, key))
        assert f"`{full}` is unknown; did you mean `{right}`?" in str(caught.value)


def test_a_key_like_no_other_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"`gallery\.zzz` is unknown; known are: .*images"):
        complete({"gallery": {"zzz": 1}})


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("training.epochs", 0, "greater than or equal to 1"),
        ("training.epochs", 1.5, "valid integer"),
        ("training.epochs", True, "valid integer"),
        ("training.learning_rate", 0, "greater than 0"),
        ("training.precision", "float16", "'auto', 'bfloat16' or 'float32'"),
        ("model.width", 17, "less than or equal to 16"),
        ("model.vamp.components", 0, "greater than or equal to 1"),
        ("model.iaf.steps", -1, "greater than or equal to 1"),
        ("model.pixelcnn.dilations", [], "at least 1 item"),
        ("model.pixelcnn.channels", 1.5, "valid integer"),
        ("data.naive_bayes_clamp", 0.5, "less than 0.5"),
        ("partial", "yes", "valid boolean"),
        ("sweep", None, "map of keys"),
        ("sweep.seeds", [], "at least 1 item"),
        ("sweep.seeds", [1, 1], "differ from each other"),
        ("sweep.seeds", [1, 1.0], "differ from each other"),
        ("datasets.sample.title", "</Script>", "should not contain </script"),
        ("sweep.seeds[0]", [0.5], "valid integer"),
        ("sweep.betas.deconv[1]", [1, -1], "greater than 0"),
        ("experiment", "../elsewhere", "match"),
        ("experiment", "name\n", "match"),
        ("experiment", "downloads", "reserved"),
        ("datasets.mine.files", {"reader": "table"}, "missing"),
        ("datasets.My data", TABLE, "match"),
        ("datasets.mine.files.table.sha256", "ab", "match"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(path, value, said):
    keys = path.partition("[")[0].split(".")
    if said == "missing":
        keys.pop()
    if path.endswith("sha256"):
        value = nested(["files", "table", "sha256"], value) | {"reader": "table"}
        keys = keys[:2]
    with pytest.raises(ConfigError) as caught:
        complete(nested(keys, value))
    assert f"Config key `{path}` is" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "hint"),
    [
        ("training.epochs", "1e2", "YAML reads 1e2 as text: write 100."),
        ("model.latent_dim", "6.4e1", "YAML reads 6.4e1 as text: write 64."),
        ("model.width", "wide", ""),
        ("model.width", "nan", ""),
        ("model.width", "1e999", ""),
        ("model.latent_dim", "6.5", ""),
        ("sweep.seeds", "1", ""),
    ],
)
def test_text_that_is_no_number_for_a_key_is_refused_with_the_number_if_there_is_one(
    path, value, hint
):
    with pytest.raises(ConfigError) as caught:
        complete(nested(path.split("."), value))
    assert hint in str(caught.value)
    assert ("YAML reads" in str(caught.value)) == bool(hint)


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("training.epochs", "3", 3),
        ("training.epochs", 3.0, 3),
        ("data.naive_bayes_clamp", "1e-4", 1e-4),
        ("figures.rate_max_nats", "null", None),
        ("figures.rate_max_nats", "50", 50.0),
        ("figures.zoom_dataset", "null", None),
        ("sweep.betas.deconv", ["0.5", "1"], [0.5, 1.0]),
        ("partial", "true", True),
        ("experiment", "3", "3"),
        ("datasets.mnist_static.limit.train", "100", 100),
    ],
)
def test_text_becomes_what_the_key_wants_as_from_the_command_line(path, text, value):
    found = complete(nested(path.split("."), text))
    for key in path.split("."):
        found = found[key]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (text.format(number), f"`{key}` is")
            for number in (".nan", "-.inf")
            for text, key in (
                ("model: {{width: {}}}", "model.width"),
                ("sweep: {{betas: {{deconv: [1, {}]}}}}", "sweep.betas.deconv[1]"),
                ("partial: {}", "partial"),
            )
        ),
        ("1: 2", "(top level) holds the key 1, which is not text"),
        ("sweep: {on: 1}", "`sweep` holds the key True, which is not text"),
        ("datasets: {mine: {null: 1}}", "`datasets.mine` holds the key None, which is not text"),
        ("sweep: {seeds: [{2: 3}]}", "`sweep.seeds[0]` holds the key 2, which is not text"),
    ],
)
def test_only_finite_numbers_and_keys_of_text_are_taken(text, said):
    with pytest.raises(ConfigError) as caught:
        complete(yaml.safe_load(text))
    assert said in str(caught.value)
    assert ("give a finite number" in str(caught.value)) == said.endswith(" is")


# --- what only the sweep's check refuses --------------------------------------------------------

OTHER_FILE = {"table": {"name": "mine.npz"}}


@pytest.mark.parametrize(
    ("overlay", "key", "said"),
    [
        ({"sweep": {"datasets": ["mnist"]}}, "sweep.datasets", "mnist_static"),
        ({"sweep": {"encoders": ["resnet"]}}, "sweep.encoders", "gaussian"),
        ({"sweep": {"decoders": ["resnet"]}}, "sweep.decoders", "deconv"),
        ({"sweep": {"marginals": ["resnet"]}}, "sweep.marginals", "gaussian"),
        ({"sweep": {"architectures": ["mlp-mlp-prior"]}}, "sweep.architectures", "vamp"),
        ({"sweep": {"betas": {"resnet": [1]}}}, "sweep.betas", "deconv"),
        ({"sweep": {"betas": {"deconv": [0.1, 0.1 + 1e-15]}}}, "sweep.betas.deconv", "12 digits"),
        ({"figures": {"zoom_dataset": "omniglot"}}, "figures.zoom_dataset", "mnist_static"),
        ({"path": {"ends": {"deconv": [2, 1]}}}, "path.ends.deconv", "lowest β, 2,"),
        ({"path": {"ends": {"resnet": [1, 2]}}}, "path.ends", "deconv"),
        (BY_PATH | {"sweep": {"betas": {"deconv": [0.01]}}}, "sweep.betas.deconv", "from 0.0398"),
        (BY_PATH | {"sweep": {"betas": {"deconv": [26]}}}, "sweep.betas.deconv", "to 25.1"),
        (with_table(files={}), "datasets.mine.files", "table"),
        (with_table(files=TABLE["files"] | {"more": {"path": "x"}}), "datasets.mine.files", "more"),
        (with_table(files={"table": {}}), "datasets.mine.files.table", "needs `name`"),
        (with_table(files=OTHER_FILE), "datasets.mine.files.table", "sha256"),
        (with_table(tasks=[]), "datasets.mine.tasks", "label columns"),
        (with_table(entropy_nats=9.0), "datasets.mine.entropy_source", "entropy_nats"),
        (with_table(split={"valid": 0.5, "test": 0.5}), "datasets.mine.split", ""),
        ({"datasets": {"mnist_static": {"tasks": ["shape"]}}}, "datasets.mnist_static.tasks", "di"),
        (
            {"datasets": {"mnist_static": {"scale": 255}}},
            "datasets.mnist_static.scale",
            "the reader 'table' alone",
        ),
        (
            {
                "sweep": {"datasets": ["omniglot"]},
                "datasets": {"omniglot": {"originals": "inverted"}},
            },
            "datasets.omniglot.originals",
            "the reader 'static_mnist' alone",
        ),
        (
            {"datasets": {"mnist_static": {"binarize": "threshold"}}},
            "datasets.mnist_static.binarize",
            "none",
        ),
        (
            {
                "sweep": {"datasets": ["omniglot"]},
                "datasets": {"omniglot": {"binarize": "none"}},
            },
            "datasets.omniglot.binarize",
            "threshold",
        ),
    ],
)
def test_what_does_not_fit_together_is_named(overlay, key, said):
    with pytest.raises(ConfigError) as caught:
        checked(overlay)
    assert re.search(rf"Config key `{re.escape(key)}\b", str(caught.value))
    assert said in str(caught.value)


def test_a_decoder_without_betas_is_refused():
    components = COMPONENTS | {"decoders": COMPONENTS["decoders"] | {"mine": ""}}
    overlay = {"sweep": {"decoders": ["deconv", "pixelcnn", "mine"]}}
    with pytest.raises(ConfigError, match=r"`sweep\.betas\.mine` is missing"):
        checked(overlay, components=components)
    overlay |= {"sweep": overlay["sweep"] | {"betas": {"mine": [0.1]}}}
    checked(overlay, components=components)
    with pytest.raises(ConfigError, match=r"`path.ends.mine` is missing"):
        checked(overlay, BY_PATH, components=components)


@pytest.mark.parametrize(
    "file",
    [
        {"path": "mine.npz"},
        {"name": "mine.npz", "sha256": "0" * 64},
        {"name": "mine.npz", "git_blob_sha1": "0" * 40},
    ],
)
def test_a_file_is_ones_own_or_fetched_with_a_digest(file):
    checked(with_table(files={"table": file}))


def test_tasks_are_the_named_ones_or_all_of_the_reader():
    overlay = {"datasets": {"omniglot": {"tasks": []}, "omniglot_rebuilt": {"tasks": ["alphabet"]}}}
    config = complete(overlay | {"sweep": {"datasets": ["omniglot"]}})
    assert tasks_of(config, "omniglot") == ["alphabet", "character"]
    assert tasks_of(config, "omniglot_rebuilt") == ["alphabet"]
    assert tasks_of(config, "mnist_static") == ["digit"]


# --- components ---------------------------------------------------------------------------------


def test_a_model_is_its_components_with_their_options_and_no_others():
    config = complete({"model": {"vamp": {"components": 7}}})
    known = known_components(config, ())
    names = {"encoder": "iaf", "decoder": "deconv"}
    spec = vae_spec(config, known, **names, marginal="vamp")
    assert spec["marginal"] == COMPONENTS["marginals"]["vamp"]
    assert spec["options"] == {"encoder": config["model"]["iaf"], "decoder": {},
                               "marginal": {"components": 7}}  # fmt: skip
    # so an option of another component makes no run stale
    other = complete({"model": {"vamp": {"components": 8}}})
    assert vae_spec(other, known_components(other, ()), **names, marginal="maf") == vae_spec(
        config, known, **names, marginal="maf"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"model": {"pixelcnn": {"dilations": [1, 2, 4]}}}),
        ({}, {"training": {"batch_size": 128, "epochs": 100.0}}),
        ({"model": {"width": 1}}, {"model": {"width": 1.0}}),
        # a block of YAML
        ({"datasets": {"sample": {"title": "A b"}}}, {"datasets": {"sample": {"title": "A\nb\n"}}}),
        ({"sweep": {"betas": {"deconv": [1, 2]}}}, {"sweep": {"betas": {"deconv": ["1", 2.0]}}}),
        (
            {"sweep": {"seeds": [1]}, "probe": {"epochs": 3, "samples": 2}},
            {"probe": {"samples": 2, "epochs": 3}, "sweep": {"seeds": [1]}},
        ),
    ],
)
def test_ways_of_writing_the_same_configuration_come_out_as_one(one, other):
    # equal as text, because Snakemake compares the text of parameters
    assert repr(complete(one)) == repr(complete(other))


def test_ones_own_options_are_what_yaml_means_in_a_file_and_on_the_command_line():
    def options(**given):
        own = {"components": {"decoders": {"mine": {"class": "a:B", "options": given}}}}
        return complete(own)["components"]["decoders"]["mine"]["options"]

    file = options(units=200, rate="1e-4", flag=True, none=None, name="elu")
    assert file == {"units": 200, "rate": 1e-4, "flag": True, "none": None, "name": "elu"}
    # Snakemake passes all nested values as text
    line = options(name="elu", none="null", flag="true", units="200", rate="1e-4")
    assert repr(line) == repr(file)
    for bad in ([1, 2], {"a": 1}, datetime.date(2020, 1, 1)):
        with pytest.raises(ConfigError, match=r"`components.decoders.mine.options.bad` is"):
            options(bad=bad)


@pytest.mark.parametrize("kind", COMPONENTS)
def test_ones_own_component_is_found_beside_the_package(tmp_path, kind):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "parts.py").write_text(
        "from torch.nn import Linear\nclass Mine: pass\n"
        "try:\n    class Tried: pass\nexcept ValueError:\n    pass\n"
    )
    for path in ("own.parts:Mine", "own.parts:Linear", "own.parts:Tried"):
        own = {"components": {kind: {"other_2": {"class": path, "options": {"depth": 2}}}}}
        component = known_components(complete(own), (tmp_path,))[kind]["other_2"]
        assert component.path == path
        assert component.options == {"depth": 2}


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("mine", "nowhere:Mine", "no such Python file"),
        ("mine", "parts:Other", "it defines: Mine"),
        ("mine", "broken:Mine", "is not valid Python: line 1"),
        ("vamp", "parts:Mine", "name of a built-in one"),
    ],
)
def test_ones_own_component_that_is_not_there_is_named(tmp_path, name, path, said):
    (tmp_path / "parts.py").write_text("class Mine: pass\n")
    (tmp_path / "broken.py").write_text("class Mine\n")
    config = complete({"components": {"marginals": {name: {"class": path}}}})
    with pytest.raises(ConfigError, match=re.escape(said)):
        known_components(config, (tmp_path,))


def test_every_decoder_has_betas_by_default():
    betas = complete({})["sweep"]["betas"]
    assert set(betas) == set(COMPONENTS["decoders"])


# --- runs ---------------------------------------------------------------------------------------

SWEEP = {
    "datasets": ["mnist_static", "omniglot"],
    "architectures": None,
    "encoders": ["gaussian", "iaf"],
    "decoders": ["deconv", "pixelcnn"],
    "marginals": ["gaussian", "maf"],
    "betas": {"deconv": [1, 0.1, 10, 1e-5], "pixelcnn": [0.1, 1.0 + 1e-11]},
    "seeds": [0, 1, 10],
}


def test_named_architectures_stand_for_the_product():
    named = ["gaussian-pixelcnn-maf", "iaf-deconv-gaussian"]
    runs = list(enumerate_runs({"sweep": SWEEP | {"architectures": named}}))
    assert list(dict.fromkeys(run.architecture for run in runs)) == named
    assert {run.beta for run in runs if run.decoder == "pixelcnn"} == {"0.1", "1.00000000001"}
    assert not list(enumerate_runs({"sweep": SWEEP | {"architectures": []}}))


@pytest.mark.parametrize(
    ("beta", "key"),
    [(1, "1"), (0.5, "0.5"), (1e-5, "1e-05"), (1e6, "1000000"), (0.123456789012, "0.123456789012")],
)
def test_beta_of_up_to_twelve_digits_survives_its_key(beta, key):
    assert beta_key(beta) == beta_key(float(beta)) == key
    assert float(key) == beta


def test_the_sweep_is_the_product_of_its_lists_and_every_run_has_its_own_place():
    runs = list(enumerate_runs({"sweep": SWEEP}))
    assert len(runs) == 2 * 2 * 2 * (4 + 2) * 3
    assert len({run.path for run in runs}) == len({run.identity for run in runs}) == len(runs)
    assert len({derive_seed(*run.identity) for run in runs}) == len(runs)


def test_component_names_cannot_run_into_each_other_in_a_path():
    for names in COMPONENTS.values():
        assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)


def test_a_run_is_the_same_whatever_else_is_in_the_sweep():
    whole = {run.path: run for run in enumerate_runs({"sweep": SWEEP})}
    part = SWEEP | {
        "datasets": ["omniglot"],
        "decoders": ["pixelcnn"],
        "betas": {"pixelcnn": [0.1]},
        "seeds": [10, 1],
    }
    few = list(enumerate_runs({"sweep": part}))
    assert len(few) == 8
    for run in few:
        assert whole[run.path] == run
        assert whole[run.path].identity == run.identity


def test_a_run_is_found_again_from_its_wildcards():
    for run in enumerate_runs({"sweep": SWEEP}):
        found = re.fullmatch(
            r"(?P<dataset>.+)/(?P<encoder>.+)-(?P<decoder>.+)-(?P<marginal>.+)"
            r"/beta(?P<beta>.+)/seed(?P<seed>\d+)",
            run.path,
        )
        assert Run.from_wildcards(SimpleNamespace(**found.groupdict())) == run


def test_the_columns_of_a_run_are_its_identity_with_beta_as_a_number():
    run = Run("sample", "gaussian", "deconv", "maf", beta_key(0.25), 3)
    columns = ("dataset", "encoder", "decoder", "marginal", "beta", "seed")
    assert run.columns == dict(zip(columns, run.identity, strict=True)) | {"beta": 0.25}
