"""The project's own files agree with each other."""

import ast
import re
import sys
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


def imported(file):
    """Return all modules that a file imports, at any level."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


def test_all_that_the_workflow_imports_is_a_dependency():
    # these tests have more packages than a user
    files = (ROOT / "workflow").rglob("*.py")
    modules = {name.partition(".")[0] for file in files for name in imported(file)}
    packages = {
        "PIL": "pillow",
        "snakemake_interface_logger_plugins": "snakemake-interface-logger-plugins",
        "yaml": "pyyaml",
    }
    ours = {"labelinfo", "snakemake_logger_plugin_labelinfo"}
    foreign = modules - sys.stdlib_module_names - ours
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    dependencies = {requirement.partition(">")[0] for requirement in project["dependencies"]}
    assert {packages.get(name, name) for name in foreign} <= dependencies


def test_the_lock_has_every_dependency_and_meets_its_bound():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"]:
        package, bound = re.fullmatch(r"([a-z0-9-]+)>=([\d.]+)", requirement).groups()
        locked = [int(part) for part in re.findall(r"\d+", LOCK[package])]
        assert locked >= [int(part) for part in bound.split(".")], requirement


@pytest.mark.parametrize("extra", ["dev", "cluster"])
def test_the_tools_of_the_tests_and_of_clusters_are_locked_apart(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tools = pins(f"requirements-{extra}.txt")
    for package in project["optional-dependencies"][extra]:
        assert package in tools or package in LOCK
    assert not set(tools) & set(LOCK)


def test_the_container_has_what_the_locks_say_and_all_that_the_workflow_reads():
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert steps[0][0] == "FROM"
    assert re.search(r"/python:3\.11-slim-\w+$", steps[0][1])
    installs = [rest for step, rest in steps if step == "RUN" and "pip install" in rest]
    for lock in ("envs/requirements.txt", "envs/requirements-cluster.txt"):
        assert f"--requirement {lock}" in installs[0]
    assert "--no-deps" in installs[1]
    copied = {word for step, rest in steps if step == "COPY" for word in rest.split()[:-1]}
    assert {"Snakefile", "config.yaml", "pyproject.toml", "workflow/"} < copied
    kept = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}".rstrip("/") in {line.rstrip("/") for line in kept} or "envs/" in name
    # nobody in particular runs it
    assert [rest for step, rest in steps if step == "USER"][-1] not in ("root", "0")


def test_a_clone_without_symbolic_links_has_the_default_profile():
    # Snakemake looks for it here, and silently continues without it
    default = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text("utf-8"))
    assert {"rerun-triggers", "keep-going", "logger"} <= set(default)
    tracked = ("profiles", "workflow", "docs", "envs", "tests", "benchmarks")
    files = [path for folder in tracked for path in [ROOT / folder, *(ROOT / folder).rglob("*")]]
    assert [path for path in files if path.is_symlink()] == []


def test_profiles_of_clusters_share_allocations_alike():
    profiles = [
        yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text("utf-8"))
        for name in ("slurm", "cluster-generic")
    ]
    for key in ("groups", "group-components", "cores", "resources", "retries", "config"):
        assert profiles[0][key] == profiles[1][key]
    rules = {path.stem for path in (ROOT / "workflow" / "scripts").glob("*.py")}
    assert set(profiles[0]["groups"]) < rules
    assert set(profiles[0]["group-components"]) < set(profiles[0]["groups"].values())


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


def test_the_picture_of_the_workflow_names_every_rule():
    picture = (ROOT / "docs" / "flow.svg").read_text(encoding="utf-8")
    rules = {path.stem for path in (ROOT / "workflow" / "scripts").glob("*.py")}
    missing = {rule for rule in rules if f">{rule}<" not in picture}
    assert not missing, "run python docs/draw_flow.py"


def test_continuous_integration_makes_targets_that_exist():
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    (job,) = yaml.safe_load(text)["jobs"].values()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in job["strategy"]["matrix"]["job"]:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    # a version that moves would change what is tested
    for step in job["steps"]:
        assert re.search(r"@v\d+\.\d+\.\d+$", step.get("uses", "@v0.0.0"))


def test_published_files_are_small():
    for path in (ROOT / "results" / "published").rglob("*"):
        # the losses of single images keep the comparisons of a joined sweep paired
        limit = 2_000_000 if "losses" in path.name else 1_000_000
        assert path.is_dir() or path.stat().st_size < limit, path
    assert sum(path.stat().st_size for path in (ROOT / "workflow" / "sample").iterdir()) < 1_000_000
    for path in (ROOT / "docs").glob("*.svg"):
        assert path.stat().st_size < 100_000, path
