"""The explorer in a real browser: it opens from disk, loads nothing, and its controls work."""

import csv
import shutil
import time
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from labelinfo.explorer.page import write_explorer
from labelinfo.explorer.records import RUN
from labelinfo.io.tables import write_table
from test_figures import PANELS, make_baselines, make_runs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium: apt install chromium"),
]
MARKS = "#planes path.mark"
ROWS = "#table tbody tr"
MANY = 5000


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    """Write a page on runs with pictures and learning curves; return the page and the runs."""
    folder = tmp_path_factory.mktemp("explorer")
    picture, curve = folder / "picture.png", folder / "curve.parquet"
    Image.fromarray(np.full((20, 40), 128, dtype=np.uint8)).save(picture)
    epochs = {
        "epoch": [1, 2, 3],
        "valid_rate_nats": [3.0, 5, 6],
        "valid_distortion_nats": [9.0, 7, 6],
    }
    write_table(curve, pd.DataFrame(epochs), {})
    runs = make_runs()
    keys = [tuple(key) for key in runs[list(RUN)].itertuples(index=False, name=None)]
    page = write_explorer(
        runs, make_baselines(), PANELS, dict.fromkeys(keys, picture),
        curves=dict.fromkeys(keys, curve), experiment="mine",
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
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=arguments, ignore_default_args=["--hide-scrollbars"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, explorer):
    """Open the page; at the end, check that it logged no error and made no request."""
    contexts = []

    def go(width=1100, height=1000, address="", **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        page = context.new_page()
        faults, requests = [], []
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(explorer[0].as_uri() + address)
        page.wait_for_selector("body[data-ready=true]", timeout=30_000)
        contexts.append((context, faults, requests))
        return page

    yield go
    for context, faults, requests in contexts:
        context.close()
        assert faults == []
        asked = {
            url.partition("#")[0] for url in requests if not url.startswith(("data:", "blob:"))
        }
        assert asked == {explorer[0].as_uri()}


def finished(runs, **values):
    table = runs[(runs["status"] == "ok") & (runs["dataset"] == "mnist_static")]
    for name, value in values.items():
        table = table[table[name] == value]
    return table


def mark_of(page, row):
    """Return the place of a run's mark in the plane of R, as page coordinates."""
    name = "-".join(row[["encoder", "decoder", "marginal"]])
    index = page.evaluate(
        "([panel, id]) => runs.find((run) => run.panel === panel && run.id === id).index",
        ["mnist_static/digit", f"{name}/{row['beta']:g}/{row['seed']}"],
    )
    box = page.locator(f"{MARKS}[data-run='{index}']").first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_every_run_is_a_mark_in_both_planes_and_a_row(opened, explorer):
    page = opened()
    count = len(finished(explorer[1]))
    assert page.locator(MARKS).count() == 2 * count
    assert page.locator(ROWS).count() == count
    assert page.locator("#count").inner_text() == f"{count} of {count}"
    left, right = (svg.bounding_box() for svg in page.locator("#planes svg.plane").all())
    assert left["y"] == right["y"]
    # the only row that breaks an inequality has a ring in each plane
    assert page.locator("#planes circle.ring").count() == 2


def test_hovering_shows_a_runs_numbers_and_its_picture(opened, explorer):
    page = opened()
    row = finished(explorer[1], decoder="pixelcnn", marginal="vamp").iloc[1]
    page.mouse.move(*mark_of(page, row))
    text = page.locator("#tip").inner_text()
    assert f"{row['rate_nats']:.2f} ± {row['rate_nats_se']:.2f} nats" in text
    c, error = row["label_distortion_nats"], row["label_distortion_nats_se"]
    assert f"{c:.3f} ± {error:.3f} nats" in text
    assert row["violations"] in text
    assert page.locator("#tip img").evaluate("image => image.naturalWidth") == 40


def test_hovering_names_a_baseline(opened):
    page = opened()
    level = page.locator("#planes path.baseline").first.bounding_box()
    page.mouse.move(level["x"] + 0.93 * level["width"], level["y"])
    assert "complex image classifier" in page.locator("#tip").inner_text()
    assert "R\nunbounded" in page.locator("#tip").inner_text()


def test_the_legend_filters_by_click_and_by_keyboard(opened, explorer):
    page = opened()
    page.locator("#kinds button", has_text="deconv · maf").click()
    count = len(finished(explorer[1], decoder="deconv", marginal="maf"))
    assert page.locator(ROWS).count() == count
    assert page.locator(MARKS).count() == 2 * count
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert page.locator(ROWS).count() == count + len(
        finished(explorer[1], decoder="pixelcnn", marginal="maf")
    )
    page.locator("#reset").click()
    assert page.locator(ROWS).count() == len(finished(explorer[1]))


def test_number_fields_answer_which_run_is_best_below_a_rate(opened, explorer):
    page = opened()
    page.locator("#rate_high").fill("10")
    page.locator("#rate_high").press("Enter")
    below = finished(explorer[1])
    below = below[below["rate_nats"] <= 10]
    assert page.locator(ROWS).count() == len(below)
    best = below.loc[below["label_distortion_nats"].idxmin()]
    said = page.locator("#best").inner_text()
    assert f"{best['label_distortion_nats']:.3f} ±" in said
    assert f"{best['decoder']}-{best['marginal']}, β = {best['beta']:g}" in said
    page.select_option("#decoder", "pixelcnn")
    assert page.locator(ROWS).count() == len(below[below["decoder"] == "pixelcnn"])


def test_a_rectangle_in_a_plane_keeps_the_runs_inside(opened, explorer):
    page = opened()
    row = finished(explorer[1], decoder="deconv", marginal="gaussian").iloc[1]
    x, y = mark_of(page, row)
    page.mouse.move(x - 40, y - 40)
    page.mouse.down()
    page.mouse.move(x, y)
    page.mouse.move(x + 40, y + 40)
    page.mouse.up()
    low, high = (float(page.locator(f"#rate_{end}").input_value()) for end in ("low", "high"))
    assert low < row["rate_nats"] < high
    c_low, c_high = (float(page.locator(f"#label_{end}").input_value()) for end in ("low", "high"))
    inside = finished(explorer[1])
    inside = inside[inside["rate_nats"].between(low, high)]
    inside = inside[inside["label_distortion_nats"].between(c_low, c_high)]
    assert 0 < len(inside) < len(finished(explorer[1]))
    assert page.locator(ROWS).count() == len(inside)


def test_two_runs_are_compared_and_the_address_keeps_them(opened, explorer):
    page = opened()
    first = finished(explorer[1], decoder="deconv", marginal="maf").iloc[1]
    second = finished(explorer[1], decoder="deconv", marginal="vamp").iloc[2]
    page.mouse.click(*mark_of(page, first))
    page.keyboard.down("Shift")
    page.mouse.click(*mark_of(page, second))
    page.keyboard.up("Shift")
    page.select_option("#decoder", "deconv")
    page.locator("#rate_high").fill("30")
    page.locator("#rate_high").press("Enter")
    cells = page.locator("#detail tbody tr").first.locator("td").all_inner_texts()
    gap = second["rate_nats"] - first["rate_nats"]
    assert cells[0].startswith(f"{first['rate_nats']:.2f}")
    assert cells[2] == f"{gap:+.2f}"
    # both have a learning curve, and pictures along β
    assert page.locator("#detail figure svg").count() == 2
    assert page.locator("#detail .strip").count() == 2
    shown = page.locator(ROWS).count()
    again = opened(address=page.evaluate("location.hash"))
    for kept in (again, page):
        kept.reload()
        kept.wait_for_selector("body[data-ready=true]")
        assert kept.locator("#detail tbody tr").first.locator("td").all_inner_texts() == cells
        assert kept.locator(ROWS).count() == shown < len(finished(explorer[1], decoder="deconv"))


def test_an_address_with_nonsense_is_read_as_far_as_it_goes(opened, explorer):
    page = opened(address="#panel=none/such&rate=x..9&decoder=deconv&colour=red&kinds=a,b&sort=who")
    assert page.locator("#panel").input_value() == "mnist_static/digit"
    table = finished(explorer[1], decoder="deconv")
    assert page.locator(ROWS).count() == (table["rate_nats"] <= 9).sum()


def test_another_panel_shows_its_own_runs_and_notes(opened, explorer):
    page = opened()
    page.select_option("#panel", "omniglot/alphabet")
    assert "Rebuilt" in page.locator("#note").inner_text()
    runs = explorer[1]
    ours = runs[(runs["status"] == "ok") & (runs["task"] == "alphabet")]
    assert page.locator(ROWS).count() == len(ours)


def test_the_table_sorts_and_downloads(opened, explorer, tmp_path):
    page = opened()

    def rates():
        cells = page.locator("#table tbody td:nth-child(2)").all_inner_texts()
        return [float(cell.split()[0]) for cell in cells]

    head = page.locator("#table th button[data-sort=rate]")
    head.click()
    assert rates() == sorted(rates())
    head.click()
    assert rates() == sorted(rates(), reverse=True)
    assert page.locator("#table th[aria-sort=descending]").inner_text().startswith("R (nats)")
    page.select_option("#marginal", "maf")
    with page.expect_download() as download:
        page.locator("#csv").click()
    download.value.save_as(tmp_path / "runs.csv")
    with (tmp_path / "runs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = finished(explorer[1], marginal="maf")["rate_nats"]
    found = [float(row["rate_nats"]) for row in rows]
    assert found == pytest.approx(sorted(expected, reverse=True), rel=1e-5)
    assert {row["marginal"] for row in rows} == {"maf"}


def test_the_picture_downloads_as_svg_and_png(opened, explorer, tmp_path):
    page = opened(color_scheme="dark")
    for kind in ("svg", "png"):
        with page.expect_download() as download:
            page.locator(f"#{kind}").click()
        download.value.save_as(tmp_path / f"planes.{kind}")
    text = (tmp_path / "planes.svg").read_text(encoding="utf-8")
    marks = ElementTree.fromstring(text).iterfind(".//*[@class='mark']")  # noqa: S314 - our own
    assert len(list(marks)) == 2 * len(finished(explorer[1]))
    # any program can read the colours, and the background is white
    assert "light-dark" not in text
    with Image.open(tmp_path / "planes.png") as image:
        assert image.size[0] == 2160
        assert image.convert("RGB").getpixel((2, 2)) == (255, 255, 255)


def test_arrow_keys_step_through_the_rows(opened):
    page = opened()
    page.locator("#table tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    first = page.locator("#detail").inner_text()
    assert "A: " in first
    page.keyboard.press("ArrowDown")
    assert page.locator("#detail").inner_text() != first
    assert page.locator("#table tbody tr").nth(2).get_attribute("aria-selected") == "true"
    page.keyboard.press("b")
    assert "B: " in page.locator("#detail").inner_text()
    # the table is one stop of the Tab key
    assert page.locator("#table tbody tr[tabindex='0']").count() == 1
    assert page.locator("#planes .picked").count() == 4


def test_it_is_usable_400_pixels_wide(opened):
    page = opened(width=400, height=800)
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth === {root}.clientWidth")
    boxes = [svg.bounding_box() for svg in page.locator("#planes svg.plane").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 400 for box in boxes)
    assert boxes[1]["y"] > boxes[0]["y"] + 200
    # the names of runs stay in view when the table is scrolled sideways
    name = page.locator("#table tbody th").first
    before = name.bounding_box()["x"]
    page.locator(".tall").evaluate("box => { box.scrollLeft = 200 }")
    assert name.bounding_box()["x"] == pytest.approx(before, abs=1)


def test_a_window_that_changes_is_drawn_again_with_the_choices_kept(opened, explorer):
    page = opened()
    page.select_option("#decoder", "deconv")
    page.set_viewport_size({"width": 500, "height": 900})
    page.wait_for_function("document.querySelector('#planes svg.plane').clientWidth < 500")
    assert page.locator(MARKS).count() == 2 * len(finished(explorer[1], decoder="deconv"))
    assert page.locator("#decoder").input_value() == "deconv"


def test_a_dark_page_is_dark_and_is_printed_light(opened):
    page = opened(color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) != "rgb(255, 255, 255)"
    page.emulate_media(media="print")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"


def test_5000_runs_are_ready_soon_and_print_whole(chromium, tmp_path):
    one = finished(make_runs())
    copies = range(-(-MANY // len(one)))
    runs = pd.concat([one.assign(seed=seed) for seed in copies]).iloc[:MANY]
    path = tmp_path / "many.html"
    path.write_text(
        write_explorer(runs, make_baselines(), PANELS[:1], {}, experiment="many"), encoding="utf-8"
    )
    page = chromium.new_page()
    seconds = []
    for _ in range(3):
        start = time.monotonic()
        page.goto(path.as_uri())
        page.wait_for_selector("body[data-ready=true]")
        seconds.append(time.monotonic() - start)
    # 2 seconds are the goal on a free machine; here other tests run at the same time
    assert min(seconds) <= 4, seconds
    assert page.locator("#count").inner_text() == f"{MANY} of {MANY}"
    assert page.locator(ROWS).count() == 200
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(ROWS).count() == MANY
    # Chromium repeats the head on every printed page only without buttons
    assert page.locator("#table thead button").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#table thead button").count() == 10
    page.close()
