"""The three response boards in a real browser: of a class by its link, of an institution, of the
province; and the reminder of a whole class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from screens import check_page, follow, sign_in
from site_for_tests import PASSWORD, answer, build
from survey_app import clock, db
from survey_app.demo.server import free_port, running_site
from survey_app.services import board_links
from survey_app.services.places import find_class

pytestmark = pytest.mark.browser
DESKTOP = {"width": 1280, "height": 800}
ANSWERED = {"C1": {3: 11, 2: 2, 1: 9}, "C2": {3: 20, 2: 18}, "C3": {1: 3}}
"""Class → days ago → answers."""


@pytest.fixture(scope="module")
def collecting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address of a site in which two classes have answered for some days; link of the first."""
    made = build(tmp_path_factory.mktemp("boards") / "home", whole=True)
    today = date.fromisoformat(clock.today())
    for code, days in ANSWERED.items():
        for ago, count in days.items():
            answer(made, code, count)
            with db.transaction(made.engine) as session:
                day = (today - timedelta(days=ago)).isoformat()
                late = text("UPDATE responses SET day = :day WHERE day = '2021-07-09'")
                session.execute(late, {"day": day})
                session.execute(text("UPDATE classes SET enrolled = 40"))
    with db.transaction(made.engine) as session:
        given = {"key": made.settings.secret("board"), "base_url": "", "renew": False}
        places = [find_class(session, "C1")]
        [link] = board_links.give_links(session, places=places, by="boss", **given)
    made.engine.dispose()
    with running_site(Path(made.home), free_port(0)) as address:
        yield address, link.address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_1_a_class_teacher_reads_the_board_without_account_cookie_or_script(
    browser: Browser, collecting: tuple[str, str], scheme: str
) -> None:
    address, link = collecting
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, bypass_csp=True, color_scheme=scheme
    )
    page = context.new_page()
    page.goto(address + link)
    expect(page.locator("main")).to_contain_text("22 / 40人 · 55%")
    expect(page.locator(".days tbody tr")).to_have_count(2)
    assert context.cookies() == [] and page.locator("script").count() == 0
    check_page(page, f"class-board-{scheme}")
    context.close()


def test_2_an_institution_reminds_a_whole_class(
    browser: Browser, collecting: tuple[str, str]
) -> None:
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True)
    page = sign_in(context, collecting[0], "I1", PASSWORD)
    follow(page.get_by_role("link", name="各班参评"))
    expect(page.locator("#responses")).to_contain_text("36以上")
    check_page(page, "institution-board")
    follow(page.get_by_role("link", name="C1 示例一班"))
    expect(page.locator("#reminder-text")).to_contain_text("不必告诉任何人")
    follow(page.get_by_role("button", name="记下：今天已提醒全班"))
    expect(page.locator(".card").first).to_contain_text("已提醒全班1次")
    check_page(page, "institution-class")
    context.close()


def test_3_the_province_sees_all_classes_and_gives_links(
    browser: Browser, collecting: tuple[str, str]
) -> None:
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True)
    page = sign_in(context, collecting[0], "boss", PASSWORD)
    expect(page.locator("#responses")).to_contain_text("少于5份")
    check_page(page, "province-responses")
    follow(page.get_by_role("link", name="C1 示例一班"))
    check_page(page, "province-class")
    with page.expect_download() as sheet:
        page.get_by_role("button", name="打印链接（PDF）").click()
    assert re.fullmatch(r"班级看板链接-C1-[-\d]+\.pdf", sheet.value.suggested_filename)
    follow(page.get_by_role("button", name="作废链接"))
    expect(page.locator("main")).to_contain_text("还没有链接")
    refused = context.new_page()
    refused.goto("".join(collecting))
    expect(refused.locator("body")).to_contain_text("网址已经作废")
    context.close()
