"""Configurations of arbitrary text: completed, or refused with a sentence."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mutations import assert_sentence, cases, damaged, in_time
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError

from labelinfo.config.completion import complete
from labelinfo.config.components import known_components
from labelinfo.config.experiment import read_config, read_map
from labelinfo.config.sweep import check_sweep, enumerate_runs
from labelinfo.errors import ConfigError

ROOT = Path(__file__).parents[2]
SHIPPED = [
    path.read_bytes()
    for path in [ROOT / "config.yaml", *sorted((ROOT / "workflow" / "experiments").glob("*.yaml"))]
]
# YAML's own signs, words that it reads as something else than text, and our keys
WORDS = [
    "sweep", "datasets", "seeds", "betas", "deconv", "files", "table", "path", "experiment",
    "model", "training", "epochs", "mine", "<<", "~", "null", "yes", ".nan", "-.inf", "1e400",
    "0x" + "f" * 5000, "1_0", "1:20", "0o7", "2020-01-01", "=", "!!set {a, b}", "!!omap [a: 1]",
    "!!binary aGk=", "!!float 1", "!!int 'x'", "!!str 1", "!!timestamp 2020-13-45", "&a", "*a",
    "&a [*a]", "&a {b: *a}", "!!python/name:os.system", "!!python/tuple [a]", "!!python/complex 1j",
    '"\\uD800"', '"\\0"', '"a\\nb"', "'#'", "? ", "- ", ": ", "{", "}", "[", "]", ",", "|", ">",
    "\n", "\n  ", "\n    ", " ", "1", "-1", "0.5", "9" * 30, "%", "@", "`", "\t",
]  # fmt: skip


def answered(config):
    """Return the completed configuration, or None if it is refused; anything else fails."""
    with in_time():
        try:
            completed = complete(config)
            check_sweep(completed, known_components(completed, (ROOT / "tests",)))
        except ConfigError as error:
            assert_sentence(str(error)[:900].rstrip(".") + ".", "Config key ")
            return None
        assert list(enumerate_runs(completed))
        assert complete(completed) == completed
        return completed


@cases(800)
@given(
    st.one_of(
        *map(damaged, SHIPPED),
        st.binary(max_size=60),
        st.lists(st.sampled_from(WORDS), max_size=14).map(lambda words: "".join(words).encode()),
    )
)
def test_any_file_is_a_configuration_or_refused(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(content)
    with in_time():
        try:
            held = read_map(file)
        except ConfigError as error:
            assert str(error).startswith((f"The configuration {file} ", "Config key "))
            assert "\n" not in str(error)
            return
    assert held == (yaml.safe_load(content) or {})
    answered(held)


def test_the_configurations_that_are_damaged_are_sound():
    for content in SHIPPED:
        assert answered(yaml.safe_load(content))


def laughs(level, form):
    names = ["x", *(f"*a{number}" for number in range(level))]
    lines = (f"a{at}: &a{at} {form.format(*[name] * 9)}" for at, name in enumerate(names[:-1]))
    return "\n".join(lines)


LIST = "[" + ", ".join(["{}"] * 9) + "]"
MAP = "{{" + ", ".join(f"k{number}: {{}}" for number in range(9)) + "}}"


@pytest.mark.parametrize(
    "text",
    [
        laughs(20, LIST),
        laughs(20, MAP),
        laughs(40, LIST),
        "sweep: {seeds: &a [*a]}",
        "sweep: &a {seeds: *a}",
        f"sweep: {{seeds: {'[' * 60}{']' * 60}}}",
        "sweep: {seeds: [" + "1, a, " * 15_000 + "]}",
        "figures: {? 0x" + "f" * 9000 + " : 1}",
    ],
    ids=["lists", "maps", "deep lists", "list in itself", "map in itself", "deep", "long", "key"],
)
def test_what_unfolds_without_end_is_refused_at_once(text):
    assert answered(yaml.safe_load(text)) is None


def test_a_long_list_of_several_types_is_compared_at_once():
    assert answered({"sweep": {"seeds": [*range(9_000), "x", None, 1.5, [1], True]}}) is None
    assert complete({"sweep": {"seeds": list(range(9_000))}})


@pytest.mark.parametrize(
    ("config", "key", "said"),
    [
        ({"training": {"learning_rate": 10**400}}, "training.learning_rate", "beyond"),
        ({"training": {"epochs": 2**53 + 1}}, "training.epochs", "beyond"),
        ({"sweep": {"seeds": [0, -(10**5000)]}}, "sweep.seeds[1]", "beyond"),
        ({"datasets": {"sample": {"title": "\ud800"}}}, "datasets.sample.title", "U+D800"),
        ({"datasets": {"sample": {"title": "a\0"}}}, "datasets.sample.title", "U+0000"),
        ({"machine": {"mirror": "/mnt\x1b[31m"}}, "machine.mirror", "U+001B"),
        ({"sweep": {"a\nb": 1}}, "sweep", "a key with the character U+000A"),
        ({"sweep": {10**5000: 1}}, "sweep", "enormous"),
        ({"sweep": {"seeds": [{1}, {1}]}}, "sweep.seeds[0]", "valid integer"),
    ],
)
def test_values_that_nothing_can_use_are_named_by_their_key(config, key, said):
    with pytest.raises(ConfigError) as caught:
        complete(config)
    assert f"`{key}`" in str(caught.value)
    assert said in str(caught.value)


def test_text_of_several_lines_and_letters_of_all_scripts_is_taken():
    caveat = "One line,\n\tand another: β, 数, 🙂."
    completed = answered({"datasets": {"sample": {"caveat": caveat, "title": "$5 {a} %s \\x"}}})
    assert completed["datasets"]["sample"]["caveat"] == caveat


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['true']",
        "!!python/object/new:os.system ['true']",
        "!!python/name:antigravity.fly",
        "!!python/module:antigravity",
        "!!js/function 'x'",
    ],
)
def test_a_tag_that_asks_for_code_is_refused(tag, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(f"experiment: {tag}\n")
    # Snakemake reads the file before the package does
    with pytest.raises((WorkflowError, ConfigError), match=r"not valid JSON or YAML|`experiment`"):
        complete(load_configfile(str(file)))
    assert "antigravity" not in sys.modules


# --- files that are checked before Snakemake reads them -------------------------------------------

MERGES = "\n".join(
    [
        "a0: &a0 {" + ", ".join(f"k{number}: 1" for number in range(50)) + "}",
        *(f"a{at}: &a{at} {{<<: [{', '.join([f'*a{at - 1}'] * 9)}]}}" for at in range(1, 20)),
    ]
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("caveat: für\n".encode("latin-1"), "cannot be read: 'utf-8' codec"),
        (b"experiment: 2020-13-45\n", "cannot be read: month must be"),
        (b"seeds: " + b"9" * 5000, "cannot be read: Exceeds the limit"),
        (b"seeds: " + b"[" * 20_000, "nested too deeply"),
        (b"&a {sweep: *a}", "Config key `sweep` holds more than"),
        (laughs(30, MAP).encode(), "Config key `a29` holds more than"),
        # a loader that merges equal keys into one comes through
        (MERGES.encode(), ("merges more than", "`a0` is unknown")),
        (b"training: {epochs: 3}\ntraining: {}\n", "the key `training` twice, again in line 2"),
        (b"a: {b: 1, c: [{d: 1, d: 2}]}", "has the key `d` twice"),
        (b"__use_yte__: true\nexperiment: ?print(1)\n", "is a template"),
        (b"- sweep\n", "is no map of keys"),
        (b"experiment: !!python/name:os.system\n", "could not determine a constructor"),
    ],
    ids=["Latin-1", "date", "digits", "deep", "itself", "maps", "merges", "twice", "twice below",
         "yte", "list", "code"],
)  # fmt: skip
def test_what_snakemake_would_stumble_over_is_named(tmp_path, content, said):
    file = tmp_path / "mine.yaml"
    file.write_bytes(content)
    with in_time(), pytest.raises(ConfigError) as caught:
        read_config([file])
    one_of = said if isinstance(said, tuple) else (said,)
    assert any(words in str(caught.value) for words in one_of)


def test_a_map_may_say_otherwise_than_what_it_merges(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: {<<: *a, x: 4}\n")
    assert read_map(file)["b"] == {"x": 3, "y": 2}
    assert read_map(file)["c"] == {"x": 4, "y": 2}


def test_the_command_says_what_a_file_asks_for_or_what_is_wrong(tmp_path):
    command = [sys.executable, "-m", "labelinfo.config", str(tmp_path / "mine.yaml")]
    for text, code, said in (
        ("experiment: mine\nsweep: {seeds: [0, 1]}\n", 0, "`mine`, 768 trainings.\n"),
        ("__use_yte__: true\n", 1, "Error: The configuration "),
        (
            "sweep: {datasets: [own]}\n"
            "datasets: {own: {reader: table, tasks: [a], files: {table: {path: gone.npz}}}}\n",
            1,
            "Error: Config key `datasets.own.files.table.path` names the file",
        ),
    ):
        (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert said in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
