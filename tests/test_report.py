"""The captions of the report are valid markup for any names and titles."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils.core import publish_parts
from jinja2 import Environment

FOLDER = Path(__file__).parents[1] / "workflow" / "report"
BAD = "My *own* `data` |x| a_ \\ **b"
SUMMARY = f"""{BAD}
  1. The run that knows the digit best leaves C = 0.349 nats
     (*a*_b, |c|).
  2. Second.
  3. Third.
  4. Fourth.

Rows finished: 27 of 27.
"""


@dataclass
class Result:
    path: Path


@pytest.fixture
def files(tmp_path):
    (tmp_path / "summary.txt").write_text(SUMMARY, encoding="utf-8")
    (tmp_path / "figure1.svg").write_text('<svg xmlns="x">β "#</svg>', encoding="utf-8")
    return [Result(tmp_path / name) for name in ("summary.txt", "figure1.png")]


def rendered(name, files=()):
    snakemake = SimpleNamespace(
        config={"experiment": BAD},
        params=SimpleNamespace(panel={"title": BAD}, label_distortion_max_nats=0.5),
        wildcards=SimpleNamespace(encoder="a_", decoder="b_", marginal="c_", beta="1", seed="0"),
    )
    template = Environment(trim_blocks=True, lstrip_blocks=True).from_string(  # noqa: S701 - as Snakemake
        (FOLDER / name).read_text(encoding="utf-8")
    )
    settings = {"halt_level": 2, "report_level": 2}
    text = template.render(snakemake=snakemake, files=files)
    return publish_parts(text, writer_name="html", settings_overrides=settings)["html_body"]


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.rst")))
def test_captions_survive_every_name(name, files):
    assert "system-message" not in rendered(name, files)


def test_the_report_opens_on_figure_1_and_the_first_three_sentences(files):
    page = rendered("workflow.rst", files)
    assert (
        page.index("data:image/svg+xml,") < page.index("The run that knows") < page.index("Third.")
    )
    assert "Fourth." not in page
    assert "My *own* `data` |x| a_ \\ **b" in page
    assert "(*a*_b, |c|)" in page
