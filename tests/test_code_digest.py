"""The digest of a stage's code follows imports and depends on code but not on layout."""

import itertools
import re
from pathlib import Path

import pytest

from labelinfo.code_digest import UNTRACKED, code_digest, modules_behind
from labelinfo.errors import ConfigError
from labelinfo.models.registry import COMPONENTS

WORKFLOW = Path(__file__).parents[1] / "workflow"

SCRIPT = '''"""Run."""
import json

import pkg.sub.deep
from pkg import named
from pkg.direct import Thing


def main(path):
    """Do it."""
    from pkg.lazy import late

    return json.dumps([Thing(path), late, named, pkg.sub.deep])
'''
DIRECT = '''"""Things."""
from pkg.indirect import BASE
from . import sibling


class Thing(BASE):
    """A thing."""

    size = 3

    async def grow(self, by):
        """Grow."""
        self.size += by * sibling.FACTOR
'''
FILES = {
    "script.py": SCRIPT,
    "pkg/__init__.py": '"""A package."""\n',
    "pkg/direct.py": DIRECT,
    "pkg/indirect.py": "from pkg import direct\n\nBASE = object\n",
    "pkg/sibling.py": "FACTOR = 2\n",
    "pkg/lazy.py": "late = 1\n",
    "pkg/named.py": "",
    "pkg/sub/__init__.py": "from .exported import x\n",
    "pkg/sub/exported.py": "x = 1\n",
    "pkg/sub/deep.py": "from ..cousin import y\n",
    "pkg/cousin.py": "y = 1\n",
    "pkg/chosen.py": "from pkg.behind import z\n",
    "pkg/behind.py": "z = 1\n",
    "pkg/unused.py": "u = 1\n",
}
NOT_IMPORTED = ["pkg/chosen.py", "pkg/behind.py", "pkg/unused.py"]
IMPORTED = [name for name in FILES if name not in NOT_IMPORTED]


@pytest.fixture
def digest(tmp_path):
    """Write a tree into a new folder, because parsed files are cached; return its digest."""
    numbers = itertools.count()

    def write_and_digest(files, modules=()):
        root = tmp_path / str(next(numbers))
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return code_digest(root / "script.py", modules, (root,))

    return write_and_digest


def edited(name, old="", new="\nEDITED = True\n"):
    assert old in FILES[name]
    text = FILES[name].replace(old, new) if old else FILES[name] + new
    return FILES | {name: text}


def test_equal_trees_have_one_digest_of_sixteen_hexadecimal_digits(digest):
    one, other = digest(FILES), digest(FILES)
    assert one == other
    assert len(one) == 16
    assert set(one) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("name", "modules", "counts"),
    [
        *((name, (), True) for name in IMPORTED),
        *((name, (), False) for name in NOT_IMPORTED),
        *((name, ("pkg.chosen",), True) for name in ("pkg/chosen.py", "pkg/behind.py")),
    ],
)
def test_an_edit_counts_behind_the_script_and_behind_modules_named_with_it(
    digest, name, modules, counts
):
    assert (digest(edited(name), modules) != digest(FILES, modules)) == counts


@pytest.mark.parametrize(
    ("name", "old", "new", "counts"),
    [
        # comments, docstrings and layout
        ("script.py", '"""Run."""', '"""Run it, now explained."""', False),
        ("script.py", '    """Do it."""\n', "", False),
        ("script.py", "json.dumps([", "json.dumps(\n        [  # why\n            ", False),
        ("pkg/direct.py", '"""A thing."""', "'''Another word.'''", False),
        ("pkg/direct.py", "    size = 3", "\n\n    size = (3)", False),
        ("pkg/__init__.py", '"""A package."""\n', "", False),
        ("pkg/sibling.py", "FACTOR = 2", "FACTOR=0x2;", False),
        # small edits
        ("script.py", "Thing(path)", "Thing(None)", True),
        ("script.py", "return", "yield", True),
        ("pkg/direct.py", "size = 3", "size = 3.0", True),
        ("pkg/direct.py", "async def", "def", True),
        ("pkg/sibling.py", "FACTOR = 2", 'FACTOR = "2"', True),
        ("pkg/lazy.py", "late = 1", "late = 1\nlate = 1", True),
    ],
)
def test_code_counts_and_layout_does_not(digest, name, old, new, counts):
    assert (digest(edited(name, old, new)) != digest(FILES)) == counts


@pytest.mark.parametrize(
    "around",
    [
        "if x:\n    pass\nelif y:\n    {}",
        "for x in y:\n    pass\nelse:\n    {}",
        "while x:\n    {}",
        "try:\n    pass\nexcept* KeyError:\n    {}",
        "try:\n    pass\nexcept KeyError:\n    pass\nelse:\n    {}",
        "try:\n    pass\nfinally:\n    {}",
        "with x:\n    {}",
        "match x:\n    case 1:\n        {}",
        "class X:\n    class Y:\n        {}",
        "async def f():\n    async with x:\n        async for y in z:\n            {}",
    ],
)
def test_an_import_counts_within_any_statement(digest, around):
    files = FILES | {"script.py": around.format("import pkg.unused") + "\n"}
    edit = {"pkg/unused.py": "u = 2\n"}
    assert digest(files | edit) != digest(files)


def test_it_matters_which_module_holds_which_code(digest):
    one, other = "pkg/sibling.py", "pkg/lazy.py"
    assert digest(FILES | {one: FILES[other], other: FILES[one]}) != digest(FILES)


@pytest.mark.parametrize("module", sorted(UNTRACKED))
def test_modules_that_never_compute_do_not_count_nor_what_only_they_import(digest, module):
    path = module.replace(".", "/") + ".py"
    files = {
        "script.py": f"import {module}\n",
        "labelinfo/__init__.py": "",
        "labelinfo/io/__init__.py": "",
        "labelinfo/helper.py": "",
        path: "import labelinfo.helper\n",
    }
    before = digest(files)
    assert digest(files | {path: "import labelinfo.helper\nEDITED = True\n"}) == before
    assert digest(files | {"labelinfo/helper.py": "EDITED = True\n"}) == before
    assert digest(files | {"labelinfo/__init__.py": "EDITED = True\n"}) == before


def test_a_module_that_does_not_exist_is_named(digest):
    with pytest.raises(ConfigError, match=r"'pkg\.nowhere' does not exist under"):
        digest(FILES, ("pkg.nowhere",))


@pytest.mark.parametrize("name", ["script.py", "pkg/sibling.py"])
def test_a_syntax_error_is_named_with_its_file_and_line(digest, name):
    with pytest.raises(ConfigError) as caught:
        digest(edited(name, new="\ndef :\n"))
    line = FILES[name].count("\n") + 2
    assert f"{name} is not valid Python: line {line}," in str(caught.value)


# --- the real tree ------------------------------------------------------------------------------

CHOSEN = tuple(path.partition(":")[0] for kind in COMPONENTS.values() for path in kind.values())
PACKAGE = WORKFLOW / "labelinfo"
ALL = [".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")]


def behind(script, modules=()):
    found = modules_behind(script, modules, (WORKFLOW,))
    return [name.partition(".")[2] for name in found]


@pytest.mark.parametrize("stage", ["train_vae", "measure_vae", "train_probe"])
def test_components_count_where_they_are_named_with_the_script(stage):
    script = WORKFLOW / "scripts" / f"{stage}.py"
    components = {path.partition(".")[2] for path in CHOSEN}
    assert components <= set(behind(script, CHOSEN))
    assert not components & set(behind(script))


@pytest.mark.parametrize(
    ("module", "stages"),
    [
        ("training.trainer", "cool_vae train_path train_vae"),
        ("training.run", "cool_vae train_vae"),
        ("measure.rate_distortion", "measure_vae"),
        ("models.registry", ""),
        ("config.sweep", ""),
        ("config.settings", ""),
        ("config.model_settings", ""),
        ("figures.planes", "plot_figure1 plot_figure2 plot_figure3 draw_explorer"),
        ("figures.layout", "plot_figure1 plot_figure2 draw_explorer"),
        ("figures.figure2", "plot_figure2"),
        ("figures.gallery", "draw_gallery draw_beta_gallery"),
        ("claims.balls", "plot_figure3 judge_claims"),
        ("claims.lines", "judge_claims"),
        ("claims.hulls", "compute_headlines"),
        ("explorer.records", "draw_explorer"),
        ("tables.bootstrap", "compare_runs"),
        ("tables.audit", "aggregate_runs compute_random_discard"),
        ("tables.summary", "check_runs write_summary"),
        ("probes.mlp", "measure_pca measure_random_encoder probe_images search_probe train_probe"),
        ("probes.encoding", "measure_random_encoder search_probe train_probe"),
        ("probes.run", "train_probe"),
        ("probes.prequential", "train_probe"),
        ("probes.search", "search_probe"),
        ("baselines.classifiers", "train_classifier train_candidate"),
        ("baselines.random_encoders", "measure_random_encoder"),
        ("baselines.choice", "choose_classifier choose_probe"),
        ("baselines.pca_selection", "select_dimension"),
        ("baselines.pca", "measure_pca"),
    ],
)
def test_an_edit_to_a_module_makes_these_stages_stale_alone(module, stages):
    assert module in ALL
    scripts = (WORKFLOW / "scripts").glob("*.py")
    assert {each.stem for each in scripts if module in behind(each)} == set(stages.split())


def test_the_package_does_not_know_snakemake():
    assert ALL
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) snakemake\b", text, re.MULTILINE), file
