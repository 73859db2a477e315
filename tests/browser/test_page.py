"""The page in a real browser: every width, light and dark, keyboard and screen reader."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from lockstep.evaluate.evaluate_blocks import Judging, ValueSlice
from tests.browser.chromium import Scheme, chromium_or_skip, opened
from tests.pipeline.project import Project
from tests.unit.modelling import table
from tests.unit.reporting import page as made_page

# The pipeline and the browser once, in one test process.
MOST_BYTES = 3_000_000
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium_or_skip() as running:
        yield running


@pytest.fixture(scope="module")
def pages(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of a finished pipeline, and one of classes with names that try to break out."""
    folder = tmp_path_factory.mktemp("pages") / "classes"
    train, test = (frame.assign(**{EVIL: frame["word"].replace("x", EVIL)}) for frame in (table(), table(60, seed=9)))
    judging = Judging(slices=(ValueSlice(by="value", column=EVIL),), coordinates=None)
    made_page(folder, 3, train=train, test=test, judging=judging, repeated={"protocol": "single"})
    return {"number": finished.folder / "reports/index.html", "classes": folder / "index.html"}


@pytest.mark.parametrize("kind", ["number", "classes"])
@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_the_page_fits_every_width_without_error_or_request(
    browser: Browser, pages: dict[str, Path], kind: str, width: int
) -> None:
    with opened(browser, pages[kind], width) as page:
        for details in page.query_selector_all("details"):
            details.evaluate("each => each.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0 && image.alt.length > 20)")
    assert pages[kind].stat().st_size < MOST_BYTES


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("kind", "width"), [("number", 390), ("classes", 1280)])
def test_axe_finds_no_serious_violation(
    browser: Browser, pages: dict[str, Path], kind: str, width: int, scheme: Scheme
) -> None:
    with opened(browser, pages[kind], width, scheme) as page:
        for details in page.query_selector_all("details"):
            details.evaluate("each => each.open = true")
        violations = Axe().run(page).response["violations"]
    grave = [each for each in violations if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"]) for each in grave] == []


def _column(page: Page, number: int) -> list[str]:
    cells = f"[...document.querySelector('table.sortable').tBodies[0].rows].map(row => row.cells[{number}].textContent)"
    found: list[str] = page.evaluate(cells)
    return found


def test_tables_are_sorted_with_the_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    with opened(browser, pages["number"], 1280) as page:
        before = [float(cell) for cell in _column(page, 1)]
        header = page.locator("table.sortable").first.locator("thead th").nth(1)
        header.locator("button").focus()
        page.keyboard.press("Enter")
        assert header.get_attribute("aria-sort") == "ascending"
        assert [float(cell) for cell in _column(page, 1)] == sorted(before)
        page.keyboard.press("Space")
        assert header.get_attribute("aria-sort") == "descending"
        assert [float(cell) for cell in _column(page, 1)] == sorted(before, reverse=True)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert header.get_attribute("aria-sort") is None


def test_the_keyboard_skips_to_the_content_and_reaches_wide_tables(browser: Browser, pages: dict[str, Path]) -> None:
    with opened(browser, pages["number"], 390) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        wide = "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth)"
        assert page.evaluate(f"{wide}.length") > 0
        assert page.evaluate(f"{wide}.every(box => box.tabIndex === 0 && box.ariaLabel.length > 0)")


def test_names_never_become_elements(browser: Browser, pages: dict[str, Path]) -> None:
    with opened(browser, pages["classes"], 1280) as page:
        assert EVIL in page.inner_text("main")
        assert page.evaluate("document.scripts.length") == 1
        assert page.locator("img:not([src^='data:'])").count() == 0


def test_a_printed_page_is_light_and_shows_what_was_folded(browser: Browser, pages: dict[str, Path]) -> None:
    with opened(browser, pages["number"], 1280, "dark") as page:
        page.emulate_media(media="print")
        page.pdf()
        assert page.evaluate("[...document.querySelectorAll('details')].every(each => each.open)")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.querySelector('figure img')).filter") == "none"
