"""A draft stays on the phone, comes back after a reload, and is gone once the receipt is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from screens import check_page, follow
from survey_app.demo.people import Slip

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def slips(open_site) -> list[Slip]:
    _, clerk = open_site
    return [slip for slip in clerk.slips("classes") if slip.class_code == "C01"]


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    yield context
    context.close()


def begun(phone: BrowserContext, address: str, slip: Slip) -> Page:
    """A page on which some items are answered and something is written."""
    page = phone.new_page()
    page.goto(f"{address}{slip.door}/form#{slip.ticket}")
    for name in ("q02", "q03"):
        page.locator(f"input[type=radio][name={name}]").nth(3).check(force=True)
    page.locator("textarea").first.fill("讲得很细")
    return page


def stored(page: Page) -> str:
    return str(page.evaluate("JSON.stringify(Object.assign({}, localStorage))"))


def test_a_reload_goes_on_where_it_was_left(phone: BrowserContext, open_site, slips) -> None:
    site, _ = open_site
    page = begun(phone, site.address, slips[0])
    own = page.locator("input[name=response]").input_value()
    assert slips[0].ticket.replace("-", "") not in stored(page).replace("-", "")
    page.reload()
    expect(page.locator("#restored")).to_be_visible()
    assert page.locator("input[name=response]").input_value() == own  # a retry stays a retry
    assert page.locator("input[type=radio]:checked").count() == 2
    assert page.locator("textarea").first.input_value() == "讲得很细"
    assert page.locator("input[name=ticket]").input_value() == ""
    check_page(page, "trainee-draft")
    page.get_by_role("button", name="清空草稿").click()
    expect(page.locator("#restored")).to_be_hidden()
    assert page.locator("input[type=radio]:checked").count() == 0
    assert "讲得很细" not in stored(page)


def test_who_has_answered_nothing_or_changes_the_language_is_told_of_no_draft(
    phone: BrowserContext, open_site, slips
) -> None:
    site, _ = open_site
    page = phone.new_page()
    page.goto(f"{site.address}{slips[2].door}/form")
    follow(page.locator("#send"))  # no code, no answer
    expect(page.locator("#error-ticket")).to_contain_text("请输入")
    page.locator("#ticket").fill("abc d")
    follow(page.locator("#send"))
    expect(page.locator("#error-ticket")).to_contain_text("有误")
    follow(page.get_by_role("link", name="English"))
    expect(page.locator("#ticket")).to_have_value("abc d")  # to be corrected, and in no address
    assert "#" not in page.url and page.locator("#restored").is_hidden()
    page.locator("input[type=radio][name=q02]").nth(3).check(force=True)
    follow(page.get_by_role("link", name="中文"))
    assert page.locator("input[name=q02]:checked").count() and page.locator("#restored").is_hidden()
    page.reload()
    expect(page.locator("#restored")).to_be_visible()
    page.get_by_role("button", name="清空草稿").click()


def test_a_restored_answer_shows_what_hangs_on_it_and_a_bent_address_breaks_nothing(
    phone: BrowserContext, open_site, slips
) -> None:
    site, _ = open_site
    hanging = '<p id="later" data-if="q02=4">x</p><p class="send">'

    def with_hanging(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, body=reply.text().replace('<p class="send">', hanging))

    page = phone.new_page()
    page.route("**/form", with_hanging)
    address = f"{site.address}{slips[3].door}/form"
    page.goto(f"{address}#typed=%")
    expect(page.locator("#later")).to_be_hidden()
    page.locator("input[name=q02][value='4']").check(force=True)
    expect(page.locator("#later")).to_be_visible()
    page.reload()
    expect(page.locator("#restored")).to_be_visible()
    expect(page.locator("#later")).to_be_visible()
    page.get_by_role("button", name="清空草稿").click()


def test_the_receipt_wipes_it_and_the_way_back_shows_nothing(
    phone: BrowserContext, open_site, slips
) -> None:
    site, _ = open_site
    page = begun(phone, site.address, slips[1])
    follow(page.locator("#send"))
    follow(page.locator("#send"))  # most items are blank: once more
    page.wait_for_url("**/receipt/*")
    page.wait_for_function("Object.keys(localStorage).length === 0")
    page.evaluate("history.go(-2)")  # past the confirmation, which no browser keeps
    page.wait_for_url("**/form*")
    expect(page.locator("#send")).to_be_visible()
    assert page.locator("input[type=radio]:checked").count() == 0
    assert "讲得很细" not in page.content() + page.locator("textarea").first.input_value()


def test_a_browser_that_keeps_nothing_is_no_obstacle(browser: Browser, open_site, slips) -> None:
    site, _ = open_site
    context = browser.new_context(viewport={"width": 320, "height": 640})
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})"
    )
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(f"{site.address}{slips[2].door}/form#{slips[2].ticket}")
    page.locator("input[type=radio][name=q02]").nth(3).check(force=True)
    follow(page.locator("#send"))
    follow(page.locator("#send"))
    page.wait_for_url("**/receipt/*")
    assert failures == []
    context.close()
