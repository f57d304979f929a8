"""A trainee with a phone: notice, form, receipt; with a script and without one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from screens import WIDTHS, check_page, fits, follow, shoot
from survey_app.demo.people import Slip


@pytest.fixture(scope="module")
def slips(open_site) -> list[Slip]:
    _, clerk = open_site
    return clerk.slips("classes")


def fill(page: Page, *, blank: str = "") -> None:
    """Tap 比较同意 (or its like) on every card but ``blank``, leave the optional traits alone."""
    for group in page.locator("fieldset:has(input[type=radio])").all():
        if not group.is_visible():
            continue
        name = group.locator("input[type=radio]").first.get_attribute("name") or ""
        if name == blank:
            continue
        value = {"q22": "2", "r01": "2", "r02": "2"}.get(name, "4")
        wanted = group.locator(f"input[type=radio][value='{value}']")
        (wanted if wanted.count() else group.locator("input[type=radio]").nth(1)).check(force=True)
    for select in page.locator("select[name=q21]").all():
        select.select_option("8")


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("screen", sorted(WIDTHS))
def test_trainee_answers_and_keeps_a_receipt(
    browser: Browser, open_site, slips: list[Slip], script: bool, screen: str
) -> None:
    site, _ = open_site
    slip = slips.pop()
    width, height = WIDTHS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=script
    )
    page = context.new_page()
    page.goto(f"{site.address}/c/{slip.class_code}#{slip.ticket}")
    if script:
        assert fits(page)
        shoot(page, f"trainee-notice-{screen}")
    follow(page.get_by_role("link", name="开始").or_(page.get_by_role("button", name="开始")).first)
    if script:
        assert page.locator("input[name=ticket]").input_value().replace("-", "").replace(
            " ", ""
        ) == slip.ticket.replace("-", "").replace(" ", "")
        assert fits(page)
    else:
        page.locator("input[name=ticket]").fill(slip.ticket)
    fill(page, blank="q01")
    kind = "script" if script else "plain"
    shoot(page, f"trainee-form-{screen}-{kind}")
    follow(page.locator("#send"))
    expect(page.locator(".confirm")).to_contain_text("还有1道计分的题未答")
    assert fits(page)
    shoot(page, f"trainee-blanks-{screen}-{kind}")
    assert page.locator("input[type=radio]:checked").count() > 10  # nothing is lost
    follow(page.locator("#send"))
    page.wait_for_url("**/receipt/*")
    assert fits(page)
    assert not context.cookies()
    shoot(page, f"trainee-receipt-{screen}")
    page.evaluate("history.go(-2)")  # past the confirmation, which no browser keeps
    page.wait_for_url("**/form")
    expect(page.locator("#send")).to_be_visible()
    assert not page.locator("input[type=radio]:checked").count()
    context.close()


@pytest.mark.browser
def test_errors_name_the_item_and_the_reason(browser: Browser, open_site, slips) -> None:
    site, _ = open_site
    context = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{site.address}/c/{slips[0].class_code}/form")
    page.locator("input[name=ticket]").fill("ABCD-EFGH-JKMN-PQRS")
    fill(page)
    follow(page.locator("#send"))
    alert = page.locator("[role=alert]")
    assert alert.first.is_visible()
    assert "答题码" in alert.first.inner_text()
    check_page(page, "trainee-wrong-ticket")
