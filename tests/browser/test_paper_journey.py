"""Paper forms typed in a real browser: by keyboard alone, twice, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from screens import check_page, follow, sign_in
from site_for_tests import HASHED, PASSWORD, build
from survey_app import db
from survey_app.demo.server import free_port, running_site
from survey_app.services import accounts
from survey_app.services.audit import COMMAND

pytestmark = pytest.mark.browser
DESKTOP = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """Address of a site with two clerks, and the codes on two sheets."""
    made = build(tmp_path_factory.mktemp("paper") / "home")
    with db.transaction(made.engine) as session:
        account = {"name": "乙", "role": "province", "hashed": HASHED, "by": COMMAND}
        accounts.create_account(session, login="clerk", unit="", **account)
    tickets = made.tickets(count=2)
    made.engine.dispose()
    with running_site(Path(made.home), free_port(0)) as address:
        yield address, tickets


def signed_in(browser: Browser, address: str, login: str, *, script: bool = True) -> Page:
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True, java_script_enabled=script)
    page = sign_in(context, address, login, PASSWORD)
    page.goto(f"{address}/province/paper/class/C1")
    return page


def type_sheet(page: Page, ticket: str, *answers: str) -> None:
    """Type code and answers, Enter after each, with no hand on the mouse."""
    expect(page.locator("#ticket")).to_be_focused()
    for said in (ticket, *answers):
        page.keyboard.type(said)
        page.keyboard.press("Enter")


def test_1_a_sheet_is_typed_by_keyboard_and_waits(browser: Browser, opened) -> None:
    address, (ticket, _) = opened
    page = signed_in(browser, address, "boss")
    check_page(page, "province-paper")
    page.set_viewport_size(DESKTOP)
    count = page.locator("#paper input[type=text]").count()
    type_sheet(page, ticket, "4", "5", "3", *[""] * (count - 4))
    expect(page.get_by_role("button", name="保存", exact=True)).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("还不计入")
    page.context.close()


def test_2_another_types_it_again_and_is_shown_where_they_differ(browser: Browser, opened) -> None:
    address, (ticket, _) = opened
    page = signed_in(browser, address, "clerk")
    type_sheet(page, ticket, "4", "2", "3")
    follow(page.get_by_role("button", name="保存", exact=True))
    expect(page.get_by_role("alert")).to_contain_text("有1处不同，没有计入")
    expect(page.locator("#typed-q02")).to_have_value("2")
    check_page(page, "province-paper-differs")
    page.set_viewport_size(DESKTOP)
    page.get_by_role("alert").get_by_role("link").click()
    page.locator("#typed-q02").fill("5")
    follow(page.get_by_role("button", name="保存", exact=True))
    expect(page.get_by_role("status")).to_contain_text("已经计入")
    page.goto(f"{address}/province/classes/C1")
    expect(page.locator("main")).to_contain_text("待第二次录入0份")
    check_page(page, "province-class-paper")
    page.context.close()


def test_3_without_a_script_enter_checks_and_saves_nothing(browser: Browser, opened) -> None:
    address, (_, ticket) = opened
    page = signed_in(browser, address, "boss", script=False)
    page.locator("#ticket").fill(ticket)
    page.locator("#typed-q01").fill("4")
    with page.expect_navigation():
        page.locator("#typed-q01").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("还没有保存")
    expect(page.locator("#item-q01 .said")).to_have_text("比较同意")
    page.goto(f"{address}/province/")
    expect(page.locator("body")).not_to_contain_text("只录入了一次")
    page.context.close()


def test_4_the_phone_s_form_holds_the_recipe_folded(browser: Browser, opened) -> None:
    address, _ = opened
    context = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{address}/c/C1/form")
    expect(page.locator("#self_code-day")).to_be_hidden()
    page.locator("#own-code summary").click()
    page.locator("#self_code-mother").fill("芳")
    page.locator("#self_code-day").fill("7")
    check_page(page, "trainee-own-code")
    page.locator("label:has(input[name=q01])").nth(3).click()
    page.reload()
    expect(page.locator("input[name=q01]:checked")).to_have_count(1)  # the draft is there
    expect(page.locator("#self_code-mother")).to_have_value("")  # without the code
    context.close()
