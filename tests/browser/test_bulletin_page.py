"""The bulletin in a real browser: no axe violation, no sideways scroll, trails that open."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from reports.bulletin import build_bulletin
from reports.material import gather
from reports.printing import SAMPLE, Printing
from reports.unit_sheets import unit_sheets
from reports.writers.html import render_html
from screens import WIDTHS, check_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bulletin beside the folder of its sheets, as they are published."""
    sys.path.append(str(Path(__file__).parents[1] / "reports"))
    from sample_results import sample_results

    folder = tmp_path_factory.mktemp("bulletin")
    bulletin = build_bulletin(sample_results(), Printing(mark=SAMPLE))
    (folder / "bulletin.html").write_text(render_html(bulletin), encoding="utf-8")
    (folder / "sheets").mkdir()
    for sheet in unit_sheets(gather(sample_results()), bulletin):
        file = folder / "sheets" / f"{sheet.stem}.html"
        file.write_text(render_html(sheet.document), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def page(browser: Browser, place: Path) -> Iterator[Page]:
    opened = browser.new_page()
    opened.goto((place / "bulletin.html").as_uri())
    opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    yield opened
    opened.close()


def test_the_bulletin_has_no_axe_violation(page: Page) -> None:
    check_page(page, "bulletin-sample")


@pytest.mark.parametrize("stem", ["I2", "140302"])
def test_a_sheet_has_no_axe_violation(browser: Browser, place: Path, stem: str) -> None:
    opened = browser.new_page()
    opened.goto((place / "sheets" / f"{stem}.html").as_uri())
    check_page(opened, f"sheet-{stem}")
    opened.close()


def test_a_score_leads_to_its_trail_without_scripts(browser: Browser, place: Path) -> None:
    """From the ranked table to annex 4, on to the sheet's open trail, and back."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    opened = context.new_page()
    opened.goto((place / "bulletin.html").as_uri())
    opened.locator("#group3 a", has_text="项目二").click()
    anchor = opened.url.partition("#")[2]
    row = opened.locator(f"[id={anchor}]")
    assert row.bounding_box() is not None
    row.locator("a").click()
    assert opened.url.endswith(f"sheets/I2.html#{anchor}")
    assert opened.locator(f"[id={anchor}]").is_visible()
    assert opened.get_by_text("T2.2.1 完成率").first.is_visible()
    opened.locator(".above a").click()
    assert opened.url.endswith("bulletin.html")
    context.close()


@pytest.mark.parametrize("name", ["bulletin.html", "sheets/I2.html"])
def test_nothing_runs_off_a_narrow_phone(browser: Browser, place: Path, name: str) -> None:
    """Wide tables scroll within their frame; cards bear their columns' labels."""
    opened = browser.new_page(viewport={"width": 320, "height": 640})
    opened.goto((place / name).as_uri())
    assert opened.evaluate("document.documentElement.scrollWidth") == 320
    labels = opened.evaluate(
        "[...document.querySelectorAll('.cards tr:not(.g) > td')]"
        ".map(e => getComputedStyle(e, '::before').content)"
    )
    assert len(labels) > 10
    assert all(label not in ("none", "normal", '""') for label in labels)
    opened.close()


def test_no_part_of_a_ranked_table_is_cut_off_on_a_desktop(page: Page) -> None:
    width, height = WIDTHS["desktop"]
    page.set_viewport_size({"width": width, "height": height})
    cut = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.getAttribute('aria-labelledby') || e.getAttribute('aria-label'))"
    )
    assert cut == []
