"""The explorer in a real browser: it opens from disk, loads nothing, and does what it says."""

import csv
import shutil

import numpy as np
import pytest
from PIL import Image

from labelinfo.explorer.page import write_explorer
from labelinfo.explorer.records import RUN
from test_figures import PANELS, make_baselines, make_runs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium: apt install chromium"),
]
MARKS = "#planes svg path[aria-label*='encoder']"
ROWS = "#table tbody tr"


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    """Write a page whose runs all have a picture; return it and its runs."""
    folder = tmp_path_factory.mktemp("explorer")
    picture = folder / "picture.png"
    Image.fromarray(np.full((20, 40), 128, dtype=np.uint8)).save(picture)
    runs = make_runs()
    keys = runs[list(RUN)].itertuples(index=False, name=None)
    page = write_explorer(
        runs, make_baselines(), PANELS, {tuple(key): picture for key in keys},
        experiment="mine",
    )  # fmt: skip
    path = folder / "explorer.html"
    path.write_text(page, encoding="utf-8")
    return path, runs


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # in a container there may be neither a sandbox nor much shared memory
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, explorer):
    """Open the page; at the end nothing was complained of and nothing was asked for."""
    contexts = []

    def go(width=1100, height=1000):
        context = chromium.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        faults, requests = [], []
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(explorer[0].as_uri())
        page.wait_for_selector("body[data-ready=true]", timeout=30_000)
        contexts.append((context, faults, requests))
        return page

    yield go
    for context, faults, requests in contexts:
        context.close()
        assert faults == []
        assert [url for url in requests if not url.startswith(("data:", "blob:"))] == [
            explorer[0].as_uri()
        ]


def finished(runs, **values):
    table = runs[(runs["status"] == "ok") & (runs["dataset"] == "mnist_static")]
    for name, value in values.items():
        table = table[table[name] == value]
    return table


def test_every_run_is_a_mark_in_both_planes_and_a_row(opened, explorer):
    page = opened()
    count = len(finished(explorer[1]))
    assert page.locator(MARKS).count() == 2 * count
    assert page.locator(ROWS).count() == count
    assert page.locator("#count").inner_text() == f"{count} of {count}"


def test_hovering_shows_a_runs_numbers_and_its_picture(opened, explorer):
    page = opened()
    mark = page.locator(MARKS + "[aria-label*='decoder: pixelcnn'][aria-label*='marginal: vamp']")
    mark.nth(1).hover(force=True)
    tooltip = page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    text = tooltip.inner_text()
    row = finished(explorer[1], decoder="pixelcnn", marginal="vamp").iloc[1]
    assert f"{row['rate_nats']:.2f} ± {row['rate_nats_se']:.2f} nats" in text
    c, error = row["label_distortion_nats"], row["label_distortion_nats_se"]
    assert f"{c:.3f} ± {error:.3f} nats" in text
    assert tooltip.locator("img").evaluate("image => image.naturalWidth") == 40


def test_a_click_on_the_legend_filters_both_planes_and_the_table(opened, explorer):
    page = opened()
    page.locator("#planes svg text", has_text="(−, +)").first.click()
    count = len(finished(explorer[1], decoder="deconv", marginal="maf"))
    page.wait_for_function(f"document.querySelectorAll('{ROWS}').length == {count}")
    assert page.locator(MARKS).count() == 2 * count
    page.locator("#reset").click()
    page.wait_for_function(
        f"document.querySelectorAll('{ROWS}').length == {len(finished(explorer[1]))}"
    )


def test_controls_choose_the_panel_the_parts_and_the_range_of_beta(opened, explorer):
    page = opened()
    page.select_option("#decoder", "pixelcnn")
    shown = len(finished(explorer[1], decoder="pixelcnn"))
    assert page.locator(ROWS).count() == shown
    page.select_option("#decoder", "")
    page.locator("#lowest").evaluate(
        "input => { input.value = 2; input.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    large = finished(explorer[1])
    large = large[large["beta"] >= sorted(set(large["beta"]))[2]]
    page.wait_for_function(f"document.querySelectorAll('{ROWS}').length == {len(large)}")
    assert page.locator("#lowest_text").inner_text() == "3"
    page.wait_for_function(f'document.querySelectorAll("{MARKS}").length == {2 * len(large)}')
    page.select_option("#panel", "Omniglot, alphabet")
    page.wait_for_function("document.querySelector('#caveat').textContent.includes('Rebuilt')")


def test_the_table_sorts_and_downloads(opened, explorer, tmp_path):
    page = opened()
    names = page.locator("#table th button").all_inner_texts()
    column = next(index for index, name in enumerate(names) if name.startswith("rate_nats"))

    def column_of_numbers():
        cells = page.locator(f"#table tbody tr td:nth-child({column + 1})").all_inner_texts()
        return [float(cell) for cell in cells]

    page.locator("#table th button").nth(column).click()
    assert column_of_numbers() == sorted(column_of_numbers())
    page.locator("#table th button").nth(column).click()
    assert column_of_numbers() == sorted(column_of_numbers(), reverse=True)
    assert page.locator("#table th").nth(column).get_attribute("aria-sort") == "descending"
    page.select_option("#marginal", "maf")
    with page.expect_download() as download:
        page.locator("#download").click()
    download.value.save_as(tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = finished(explorer[1], marginal="maf")["rate_nats"]
    found = [float(row["rate_nats"]) for row in rows]
    assert found == pytest.approx(sorted(expected, reverse=True), rel=1e-5)
    assert {row["marginal"] for row in rows} == {"maf"}


def test_all_of_it_works_by_keyboard(opened, explorer):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "panel"
    page.keyboard.press("ArrowDown")
    assert page.locator("#panel").input_value() == "Omniglot, alphabet"
    page.locator("#lowest").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#lowest_text").inner_text() == "2"
    page.locator("#table tbody tr").first.focus()
    page.wait_for_selector("#detail img")
    first = page.locator("#detail").inner_text()
    assert "R = " in first
    page.keyboard.press("Tab")
    page.wait_for_function("text => document.querySelector('#detail').innerText != text", arg=first)
    # the run is the large mark
    page.wait_for_timeout(200)
    heights = page.locator(MARKS).evaluate_all(
        "marks => marks.map(mark => mark.getBoundingClientRect().height)"
    )
    assert sum(height > 1.5 * min(heights) for height in heights) == 2


def test_it_is_usable_400_pixels_wide(opened, explorer, tmp_path):
    page = opened(width=400, height=800)
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    boxes = [svg.bounding_box() for svg in page.locator("#planes svg").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 400 for box in boxes)
    # the planes stand one below the other
    marks = page.locator(MARKS)
    tops = [marks.nth(at).bounding_box()["y"] for at in (0, marks.count() - 1)]
    assert tops[1] > tops[0] + 200
    marks.first.hover(force=True)
    page.wait_for_selector("#detail img")
    assert not page.locator("#vg-tooltip-element.visible").count()
    page.screenshot(path=tmp_path / "narrow.png", full_page=True)
    assert (tmp_path / "narrow.png").stat().st_size > 20_000


def test_a_window_that_changes_is_drawn_anew_with_the_choices_kept(opened, explorer):
    page = opened()
    page.select_option("#decoder", "deconv")
    page.set_viewport_size({"width": 500, "height": 900})
    count = 2 * len(finished(explorer[1], decoder="deconv"))
    page.wait_for_function("document.querySelector('#planes svg').clientWidth < 500")
    page.wait_for_function(f'document.querySelectorAll("{MARKS}").length == {count}')
    assert page.locator("#decoder").input_value() == "deconv"
