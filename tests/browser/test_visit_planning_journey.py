"""The visit plan in a real browser: proposed, one seat changed, accepted; then without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from instruments.programme import Catalogue
from project_root import ROOT
from screens import DESKTOP_SIZE, PHONE_SIZE, check_page, fits, follow, sign_in
from survey_app.demo.people import Clerk

pytestmark = pytest.mark.browser
JOB_MILLISECONDS = 60_000


@pytest.fixture(scope="module")
def address(site, small: Catalogue) -> str:
    """A site in preparation, whose thirteen experts visit twelve classes."""
    clerk = Clerk(site.address, site.login, site.password)
    clerk.import_sample(replace(small, experts=small.experts[:13], reviews=()))
    return site.address


@pytest.fixture
def planner(browser: Browser, site, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP_SIZE, bypass_csp=True)
    yield sign_in(context, address, site.login, site.password)
    context.close()


def looked_at(page: Page, name: str) -> None:
    check_page(page, name)
    page.set_viewport_size(DESKTOP_SIZE)


def proposal(page: Page) -> None:
    """Ask for one and wait for it."""
    follow(page.get_by_role("button", name="求一份建议"))
    expect(page.locator("#job")).to_have_attribute("data-state", "完成", timeout=JOB_MILLISECONDS)
    follow(page.get_by_role("link", name="查看建议"))


def test_1_a_plan_is_proposed_changed_and_accepted(planner: Page, address: str) -> None:
    planner.goto(f"{address}/province/experts")
    follow(planner.get_by_role("link", name="调研计划"))
    looked_at(planner, "province-visits")
    proposal(planner)
    expect(planner.locator("#answer")).to_contain_text("建议的计划")
    expect(planner.locator("#sound")).to_contain_text("连成一体")
    looked_at(planner, "province-visits-proposed")
    follow(planner.get_by_role("button", name=re.compile("^换下")).first)
    expect(planner.locator("#candidates tbody tr")).to_have_count(11)
    looked_at(planner, "province-visits-choose")
    follow(planner.get_by_role("button", name=re.compile("^选用")).first)
    expect(planner.locator("#figures")).to_contain_text("这份计划（未存）")
    planner.get_by_text("采用这份计划…").click()
    looked_at(planner, "province-visits-changed")
    follow(planner.get_by_role("button", name="确认采用"))
    expect(planner.get_by_role("status")).to_contain_text("已采用")
    with planner.expect_download() as taken:
        planner.get_by_role("button", name="下载为目录的").click()
    assert taken.value.suggested_filename == "实地调研.csv"


def test_2_it_is_planned_on_a_phone_without_a_script(browser: Browser, site, address: str) -> None:
    context = browser.new_context(
        viewport=PHONE_SIZE, java_script_enabled=False, has_touch=True, is_mobile=True
    )
    page = sign_in(context, address, site.login, site.password)
    page.goto(f"{address}/province/visits/plan/")
    page.get_by_text("处可选").click()
    page.locator("input[name=stop]").first.uncheck()
    follow(page.get_by_role("button", name="用这些调研点"))
    expect(page.locator("#seats tbody tr")).to_have_count(11)
    proposal(page)
    expect(page.locator("#answer")).to_be_visible()
    page.get_by_text("采用这份计划…").click()
    follow(page.get_by_role("button", name="确认采用"))
    expect(page.get_by_role("status")).to_contain_text("已采用")
    expect(page.locator("#seats tbody tr")).to_have_count(11)
    context.close()


def test_3_what_cannot_be_planned_is_said(planner: Page, site, address: str) -> None:
    """Eleven stops of four seats, thirteen experts who may go twice: too few, told as a number."""
    rules = (ROOT / "instruments/library/visit_planning.yaml").read_text(encoding="utf-8")
    own = rules.replace("visits_most: 8", "visits_most: 2")
    (site.home / "visit_planning.yaml").write_text(own, encoding="utf-8")
    planner.goto(f"{address}/province/visits/plan/")
    planner.get_by_label("每处席位").select_option("4")
    proposal(planner)
    expect(planner.locator("#answer")).to_have_attribute("data-verdict", "infeasible")
    expect(planner.locator("#answer")).to_contain_text(
        "共有44个席位，13名专家每人至多2处，合计只能去26处"
    )
    looked_at(planner, "province-visits-impossible")
    assert fits(planner)
