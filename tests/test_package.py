"""The installed package: a wheel, one command, and a fast import."""

import os
import shutil
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import labelinfo
from labelinfo.cli import main
from processes import python

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "workflow" / "labelinfo"


def called(*words, folder, path):
    """Run Python in a folder, on the package in ``path``."""
    return python(*words, folder=folder, timeout=120, PYTHONPATH=path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return the folder that the wheel unpacks to."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(PACKAGE, source / "workflow" / "labelinfo")
    # a template of a page in a folder without modules
    (source / "workflow" / "labelinfo" / "explorer" / "deep").mkdir()
    for suffix in ("html", "css", "js", "j2"):
        (source / "workflow" / "labelinfo" / "explorer" / "deep" / f"file.{suffix}").touch()
    command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."]
    made = called(*command, folder=source, path="")
    assert made.returncode == 0, made.stderr
    (wheel,) = source.glob("labelinfo-*.whl")
    assert wheel.name.split("-")[1] == labelinfo.__version__
    with zipfile.ZipFile(wheel) as file:
        file.extractall(target)
    return target


def test_the_wheel_has_every_file_of_the_package(installed):
    names = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    names |= {f"explorer/deep/file.{suffix}" for suffix in ("html", "css", "js", "j2")}
    assert "columns.yaml" in names
    inside = installed / "labelinfo"
    assert names == {str(f.relative_to(inside)) for f in inside.rglob("*") if f.is_file()}


def test_the_wheel_works_in_an_empty_folder(installed, tmp_path):
    version = called("-m", "labelinfo", "--version", folder=tmp_path, path=installed)
    assert version.stdout == f"labelinfo {labelinfo.__version__}\n"
    page = called("-m", "labelinfo.columns", folder=tmp_path, path=installed)
    assert page.stdout == (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "demo"], "There is no Snakefile of labelinfo in this folder or above it"),
        (["progress"], "`labelinfo progress` reads the workflow next to the package"),
        (["config", "mine.yaml"], "`labelinfo config` reads the workflow next to the package"),
        (["verify", "folder"], "`labelinfo verify` reads the workflow next to the package"),
    ],
)
def test_what_needs_a_checkout_says_so_in_one_sentence(installed, tmp_path, words, said):
    done = called("-m", "labelinfo", *words, folder=tmp_path, path=installed)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {said}")
    assert done.stderr.count("\n") == 1


def test_the_import_loads_neither_torch_nor_snakemake(tmp_path):
    code = (
        "import sys, labelinfo; labelinfo.load, labelinfo.__version__; "
        "print({'torch', 'snakemake', 'numpy', 'pandas'} & set(sys.modules))"
    )
    done = called("-c", code, folder=tmp_path, path=PACKAGE.parent)
    assert done.stdout == "set()\n", done.stderr


def test_run_calls_snakemake_in_the_checkout_above():
    done = called(
        "-m", "labelinfo", "run", "demo", "--version", folder=ROOT / "docs", path=PACKAGE.parent
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().count(".") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["--cores=all"]),
        (["-n", "--", "make_report"], ["--cores=all", "-n", "--", "make_report"]),
        (["--cores", "2", "all"], ["--cores", "2", "all"]),
        (["--profile", "profiles/slurm"], ["--profile", "profiles/slurm"]),
    ],
)
def test_run_hands_arguments_on(monkeypatch, arguments, words):
    monkeypatch.chdir(ROOT / "docs")
    handed = []
    monkeypatch.setattr(os, "execve", lambda program, *rest: handed.append(rest))
    main(["run", "demo", *arguments])
    (command, environment), *_ = handed
    overlay = ROOT / "workflow" / "experiments" / "demo.yaml"
    assert command[1:] == ["-m", "snakemake", f"--configfile={overlay}", *words]
    assert environment["PYTHONPATH"].split(os.pathsep)[0] == str(PACKAGE.parent)
    assert Path.cwd() == ROOT


def test_an_unknown_experiment_is_answered_by_the_known_ones(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert main(["run", "dmeo"]) == 1
    assert capsys.readouterr().err == (
        "Error: There is no experiment 'dmeo': name one of demo, figure1, gpu, or a YAML file.\n"
    )


def test_the_tools_get_their_arguments_and_give_their_exit_codes(monkeypatch, capsys, tmp_path):
    (tmp_path / "own.yaml").write_text("experiment: mine\n", encoding="utf-8")
    assert main(["config", str(tmp_path / "own.yaml")]) == 0
    assert "A sound configuration of `mine`" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        main(["config", str(tmp_path / "missing.yaml")])
    assert "cannot be read" in str(left.value)
    with pytest.raises(SystemExit) as left:
        main(["verify", "--help"])
    assert left.value.code == 0
    assert "--rows" in capsys.readouterr().out


def test_the_citation_has_the_version_and_the_licence():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == labelinfo.__version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dynamic"] == ["version"]
