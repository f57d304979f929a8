"""A trainee looks for the own receipt: the phone recomputes the list and tells nobody which."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from screens import check_page, follow
from survey_app.demo.people import answer_form

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def receipts(open_site) -> list[str]:
    """Receipts of four answers to a cycle that is closed now."""
    site, clerk = open_site
    slips = [slip for slip in clerk.slips("classes") if slip.class_code == "C01"][:4]
    numbers = [answer_form(site.address, slip, {"q20": "4"}) for slip in slips]
    clerk.post("/province/close")
    return numbers


@pytest.fixture
def page(browser: Browser, open_site, receipts: list[str]) -> Iterator[Page]:
    site, _ = open_site
    context = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    opened = context.new_page()
    opened.goto(f"{site.address}/receipts/")
    yield opened
    context.close()


def look(page: Page, number: str) -> None:
    page.get_by_label("回执号（24位）").fill(number)
    page.get_by_role("button", name="核对").click()


def test_the_own_receipt_is_found_and_no_more_than_two_digits_are_told(
    page: Page, receipts: list[str]
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for number in receipts:
        look(page, f"{number[:4]} {number[4:]}")  # as it was noted, with gaps
        expect(page.locator("#found")).to_contain_text("那份作答原样进入评估数据")
        page.locator("#found").evaluate("one => one.textContent = ''")
    told = "".join(url.partition("/receipts/")[2] for url in asked)
    assert not any(number[:5] in told for number in receipts)
    assert {url.rpartition("/")[2] for url in asked} == {
        "heads.txt", *(f"{number[:2]}.txt" for number in receipts)
    }  # fmt: skip
    check_page(page, "receipts")


def test_a_number_that_is_not_listed_is_told_so(page: Page, receipts: list[str]) -> None:
    other = receipts[0][:10] + str((int(receipts[0][10]) + 1) % 10) + receipts[0][11:]
    look(page, other)
    expect(page.locator("#found")).to_contain_text("都没有这个回执号")
    look(page, "123")
    expect(page.locator("#found")).to_contain_text("现在是3位")


@pytest.mark.parametrize("file", ["part", "heads"])
def test_a_list_that_does_not_lead_to_its_head_is_called_broken(
    page: Page, receipts: list[str], file: str
) -> None:
    name = f"{receipts[0][:2]}.txt" if file == "part" else "heads.txt"

    def bend(route) -> None:
        lines = route.fetch().text().splitlines()
        route.fulfill(body="\n".join([*lines[:-1], "0" * 64]) + "\n", content_type="text/plain")

    page.route(f"**/{name}", bend)
    look(page, receipts[0])
    expect(page.locator("#found")).to_contain_text("与它的根值不符")


def test_the_page_s_own_rules_let_it_fetch_the_list(
    browser: Browser, open_site, receipts: list[str]
) -> None:
    """The other tests lift the content policy for axe; a phone does not."""
    site, _ = open_site
    context = browser.new_context(viewport={"width": 320, "height": 640})
    opened = context.new_page()
    opened.goto(f"{site.address}/receipts/")
    look(opened, receipts[0])
    expect(opened.locator("#found")).to_contain_text("那份作答原样进入评估数据")
    context.close()


def test_without_a_script_the_part_is_read(
    browser: Browser, open_site, receipts: list[str]
) -> None:
    site, _ = open_site
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{site.address}/receipts/")
    assert not opened.locator("#find").is_visible()
    opened.get_by_text("按回执号开头两位查看").click()
    follow(opened.get_by_role("link", name=receipts[0][:2], exact=True))
    number = receipts[0]
    shown = " ".join((number[:4], number[4:8], number[8:12], number[12:16], number[16:19]))
    expect(opened.locator("li", has_text=shown)).to_have_count(1)
    context.close()
