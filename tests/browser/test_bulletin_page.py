"""The bulletin in a real browser: no axe violation, no sideways scroll, trails that open."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from reports.bulletin import build_bulletin
from reports.html import render_html
from screens import WIDTHS, check_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    sys.path.append(str(Path(__file__).parents[1] / "reports"))
    from sample_results import sample_results

    file = tmp_path_factory.mktemp("bulletin") / "bulletin.html"
    file.write_text(render_html(build_bulletin(sample_results(), sample=True)), encoding="utf-8")
    opened = browser.new_page()
    opened.goto(file.as_uri())
    opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    yield opened
    opened.close()


def test_the_bulletin_has_no_axe_violation(page: Page) -> None:
    check_page(page, "bulletin-sample")


def test_no_part_of_a_ranked_table_is_cut_off_on_a_desktop(page: Page) -> None:
    width, height = WIDTHS["desktop"]
    page.set_viewport_size({"width": width, "height": height})
    cut = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.getAttribute('aria-labelledby') || e.getAttribute('aria-label'))"
    )
    assert cut == []
