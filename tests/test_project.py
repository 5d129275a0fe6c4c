"""The project's own files agree with each other."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def pins(name):
    lines = (ROOT / "envs" / name).read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {package.lower().replace("_", "-"): version for package, version in pairs}


LOCK = pins("requirements.txt")


@pytest.mark.parametrize("environment", ["cpu", "cuda"])
def test_conda_environments_have_the_locks_versions(environment):
    content = yaml.safe_load((ROOT / "envs" / f"{environment}.yaml").read_text(encoding="utf-8"))
    names = {"matplotlib-base": "matplotlib", "pytorch": "torch"}
    for entry in content["dependencies"]:
        package, _, rest = entry.partition("=")
        if package in ("python", "pip"):
            continue
        version, _, build = rest.partition("=")
        assert LOCK[names.get(package, package)] == version, entry
        assert build == ({"pytorch": f"{environment}*"}.get(package, "")), entry


def test_the_lock_has_every_dependency_and_meets_its_bound():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"]:
        package, bound = re.fullmatch(r"([a-z0-9-]+)>=([\d.]+)", requirement).groups()
        locked = [int(part) for part in re.findall(r"\d+", LOCK[package])]
        assert locked >= [int(part) for part in bound.split(".")], requirement


def test_the_tools_of_the_tests_are_locked_apart():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tools = pins("requirements-dev.txt")
    for package in project["optional-dependencies"]["dev"]:
        assert package in tools or package in LOCK
    assert not set(tools) & set(LOCK)


def test_rules_scripts_and_logs_share_one_name():
    files = (ROOT / "workflow" / "rules").glob("*.smk")
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    rules = dict(re.findall(r"^rule (\w+):\n((?:    .*\n|\n)+)", text, re.MULTILINE))
    scripts = {path.stem for path in (ROOT / "workflow" / "scripts").glob("*.py")}
    assert set(rules) == scripts
    for name, body in rules.items():
        assert f"scripts/{name}.py" in body, name
        if name != "fetch_file":
            assert f"logs/{name}" in body, name


def test_published_files_are_small():
    for path in (ROOT / "results" / "published").rglob("*"):
        assert path.is_dir() or path.stat().st_size < 1_000_000, path
    assert sum(path.stat().st_size for path in (ROOT / "workflow" / "sample").iterdir()) < 1_000_000
