"""The page of `lockstep compare --html` in a real browser."""

from pathlib import Path

import pandas as pd
from axe_playwright_python.sync_playwright import Axe

from lockstep.compare.comparison import compare
from lockstep.compare.html import html
from tests.browser.chromium import Scheme, chromium_or_skip, opened
from tests.pipeline.planted import exported, plant
from tests.pipeline.project import Project

EVIL = "<img src=x onerror=alert(1)>"
WINDOWS: list[tuple[int, Scheme]] = [(390, "light"), (1280, "dark")]


def test_a_comparison_fits_a_phone_asks_no_network_and_axe_finds_nothing(finished: Project, tmp_path: Path) -> None:
    plant(exported(finished, tmp_path / "b"), 0.9)
    table = pd.read_csv(tmp_path / "b/reports/evaluate/feature_importance.csv")
    table.loc[0, "feature"] = EVIL
    table.to_csv(tmp_path / "b/reports/evaluate/feature_importance.csv", index=False)
    a = exported(finished, tmp_path / "a")
    file = tmp_path / "comparison.html"
    file.write_text(html(compare(str(a), str(tmp_path / "b"))), encoding="utf-8")
    with chromium_or_skip() as browser:
        for width, scheme in WINDOWS:
            with opened(browser, file, width, scheme) as page:
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert page.evaluate("document.images.length") == 4
                assert page.get_by_text(EVIL).count() > 0
                assert Axe().run(page).response["violations"] == []
