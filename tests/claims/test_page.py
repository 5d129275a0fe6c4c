"""The page of claims agrees with the tables, and loads nothing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from labelinfo.claims.headline_numbers import COLUMNS
from labelinfo.claims.page import write_page

ROOT = Path(__file__).parents[2]
CLAIMS = pd.DataFrame(
    [
        {
            "claim": number,
            "statement": f"Statement <{number}> & more.",
            "rule": f"Rule {number} ≤ 2.",
            "evidence": f"Evidence {number} > 1.",
            "verdict": verdict,
            "number": f"{number} of 9 runs",
            "runs": "panel=mnist/digit&rate=..20" if number == 1 else "",
        }
        for number, verdict in enumerate(["holds", "fails", "not enough data", "holds"], start=1)
    ]
)
NUMBERS = {
    "dataset": "mnist", "task": "digit", "decoders": "all", "probe": "strong", "runs": 40,
    "data_entropy_nats": 79.78, "data_entropy_kind": "best_of_sweep",
    "compression_factor_upper": 4.0, "compression_factor_upper_low": 3.75,
    "compression_factor_upper_high": 4.25,
    "crossing_rate_nats": 18.0, "crossing_rate_low_nats": 17.0, "crossing_rate_high_nats": 19.5,
    "preference_score_upper": 0.8, "preference_score_upper_low": 0.78,
    "preference_score_upper_high": 0.82,
}  # fmt: skip


class Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words = []

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def page():
    headlines = pd.DataFrame([NUMBERS]).reindex(columns=COLUMNS)
    return write_page(CLAIMS, headlines, "<mine>")


@pytest.fixture(scope="module")
def words(page):
    text = Text()
    text.feed(page)
    return " ".join(" ".join(text.words).split())


def test_the_page_has_every_verdict(words):
    for row in CLAIMS.to_dict("records"):
        for column in ("statement", "rule", "evidence"):
            assert row[column] in words
        assert words.count(row["statement"]) == 2
        assert row["number"] in words
    assert "holds 2, fails 1, not enough data 1" in words


def test_verdicts_link_to_the_runs_and_figures_there_are(page):
    headlines = pd.DataFrame([NUMBERS]).reindex(columns=COLUMNS)
    address = "#panel=mnist/digit&amp;rate=..20"
    assert page.count(f'href="../draw_explorer/explorer.html{address}"') == 1
    assert page.count("../figures/figure1.png") == 1
    lone = write_page(CLAIMS, headlines, "mine", {"explorer": "explorer.html"})
    assert f'href="explorer.html{address}"' in lone
    assert "figure" not in lone.partition("<h2>Rules")[0].replace("Figure", "")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "results" / "published").glob("*/claims.html")), ids=str
)
def test_links_of_a_published_page_lead_to_published_files(path):
    for address in re.findall(r'href="([^"#]+)', path.read_text(encoding="utf-8")):
        assert (path.parent / address).is_file(), f"{address}: give `write_page` the places"


def test_headlines_are_sentences_that_cannot_be_misread():
    row = NUMBERS | {"dataset": "sample", "tolerance_nats": 0.05, "ceiling_nats": 0.1, "runs": 9}
    row |= {"rate_nats": 17.0, "rate_nats_se": 0.1, "difference_nats": -0.06}
    row |= {"difference_low_nats": -0.09, "difference_high_nats": -0.03}
    page = write_page(CLAIMS, pd.DataFrame([row]).reindex(columns=COLUMNS), "mine")
    assert "On sample (digit, 9 runs), by the strong probe" in page
    assert "C is 0.060 nats below the classifier’s" in page
    assert "-0.060 (-0.090 to -0.030)" in page
    assert "“sample” is a small sample of the paper" in page


def test_what_both_probes_say_is_said_once():
    same = "By the paper's probe, fails: Few. By the strong probe, fails: Few. (on sample)"
    other = same.replace("fails: Few. (", "holds: Many. (")
    for text, parts in ((same, 1), (other, 2)):
        claims = CLAIMS.iloc[:1].assign(evidence=text)
        page = write_page(claims, pd.DataFrame(columns=COLUMNS), "mine")
        assert page.count("Few.") == 1
        assert page.partition("<dt>Evidence</dt>")[2].count("<p>") == parts


def test_headline_numbers_are_named_with_their_bounds_and_kinds(words):
    assert "H(X) ≤ 79.78 nats (best of sweep)" in words
    for number in ("4.0 (3.8 to 4.2)", "18.0 (17.0 to 19.5)", "0.800 (0.780 to 0.820)"):
        assert number in words
    for head in ("compression at most", "preference score at most", "probe"):
        assert head in words
    assert "strong" in words


def test_the_page_loads_nothing(page):
    assert "<mine>" not in page
    assert not any(word in page for word in ("http://", "https://", "src=", "@import"))
