"""The commands, code and links of the README and the docs work."""

import os
import re
import shlex
import subprocess
import sys
from importlib import import_module

import pytest
import yaml
from checkouts import ROOT

from processes import python

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "results" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]

# options that are a plugin's
PLUGINS = {"--profile", "--executor", "--default-storage-provider"}

pytestmark = pytest.mark.workflow


def blocks(page, language):
    """Return the code blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands():
    """Yield page and command, with joined lines and without comments, each plan once."""
    seen = set()
    for page in PAGES:
        for block in blocks(page, "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                plan = re.sub(r" -n\b| --cores \d+", "", " ".join(words))
                if not words or plan in seen:
                    continue
                seen.add(plan)
                marks = [pytest.mark.cluster] if PLUGINS & set(words) else []
                name = f"{page.name}: {' '.join(words)}"[:70]
                yield pytest.param(page, words, id=name, marks=marks)


def write_pages_files(page, folder):
    """Write the blocks of a page whose first line is a comment with a file name."""
    for language in ("yaml", "python"):
        for block in blocks(page, language):
            name = re.match(r"# ([a-z_]+\.(?:yaml|py))\b", block)
            if name:
                (folder / name[1]).write_text(block, encoding="utf-8")


@pytest.mark.parametrize(("page", "words"), list(commands()))
def test_commands_can_be_planned_or_explain_themselves(checkout, page, words):
    write_pages_files(page, checkout.path)

    def call(*command):
        package = {"PYTHONPATH": str(checkout.path / "workflow")}
        environment = os.environ | package
        subprocess.run(command, cwd=checkout.path, env=environment, check=True, timeout=300)

    for script in checkout.path.glob("make_*.py"):
        call(sys.executable, script)
    match words:
        case ["snakemake", *rest]:
            outcome = checkout.snakemake("-n", *rest)
            assert outcome.code == 0, outcome.text
        case ["make", *rest]:
            call("make", "-n", *rest)
        case ["python", "-m", "labelinfo.config" | "labelinfo.progress", *files]:
            for name in files:
                (checkout.path / name).write_text("experiment: theirs\n", encoding="utf-8")
            call(sys.executable, *words[1:])
        case ["labelinfo", "run", experiment, *rest]:
            call(sys.executable, "-m", "labelinfo", "run", experiment, "-n", *rest)
        case ["git", "clone", _, "labelinfo"] | ["cd", "labelinfo"] | [".", ".venv/bin/activate"]:
            pass
        case ["python", script, *_] if script.startswith(("make_", "examples/")):
            # run above, and in tests/test_examples.py
            assert (checkout.path / script).exists()
        case ["python", script, *_] if script.startswith("benchmarks/"):
            call(sys.executable, script, "--help")
        case _:
            pytest.fail(f"{page.name} has the command {words}, and no test knows how to run it")


def runnable():
    for page in PAGES:
        for number, block in enumerate(blocks(page, "python")):
            if not re.match(r"# [a-z_]+\.py\b", block):
                yield pytest.param(block, id=f"{page.name}, {number}")


@pytest.mark.parametrize("block", list(runnable()))
def test_python_of_the_docs_runs_next_to_a_finished_demo(finished_demo, block):
    package = finished_demo.path / "workflow"
    done = python("-c", block, folder=finished_demo.path, PYTHONPATH=package, PATH="")
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_configurations_of_the_docs_are_yaml():
    for page in PAGES:
        for block in blocks(page, "yaml"):
            assert isinstance(yaml.safe_load(block), dict)


def test_no_page_has_a_gap_left_to_fill():
    for page in PAGES:
        assert not re.search(r"[A-Z]+_HERE|TODO|TBD", page.read_text(encoding="utf-8")), page


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            if not target.startswith(("http://", "https://")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_functions_and_tests_of_the_mathematics_exist():
    text = (ROOT / "docs" / "mathematics.md").read_text(encoding="utf-8")
    names = re.findall(r"`((?!test_)[a-z_]+(?:\.[a-z_]+)*\.[A-Za-z_]+)`", text)
    assert len(names) >= 15
    for name in names:
        module, _, attribute = name.rpartition(".")
        function = getattr(import_module(f"labelinfo.{module}"), attribute)
        assert function.__doc__
    for path in re.findall(r"`(tests/[a-z_/]+(?:\.py)?)/?`", text):
        assert (ROOT / path).exists(), path
