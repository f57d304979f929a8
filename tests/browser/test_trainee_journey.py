"""A trainee with a phone: notice, form, receipt; with a script and without one."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from screens import WIDTHS, fits, shoot
from survey_app.demo.people import Slip


@pytest.fixture(scope="module")
def slips(open_site) -> list[Slip]:
    _, clerk = open_site
    return clerk.slips("classes")


def fill(page: Page) -> None:
    """Tap 比较同意 (or its like) on every card, leave the optional traits alone."""
    for group in page.locator("fieldset:has(input[type=radio])").all():
        if not group.is_visible():
            continue
        name = group.locator("input[type=radio]").first.get_attribute("name") or ""
        value = {"q22": "2", "r02": "2", "q05b": "yes"}.get(name, "4")
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
    page.get_by_role("link", name="开始").or_(page.get_by_role("button", name="开始")).first.click()
    if script:
        assert page.locator("input[name=ticket]").input_value().replace("-", "").replace(
            " ", ""
        ) == slip.ticket.replace("-", "").replace(" ", "")
        assert fits(page)
    else:
        page.locator("input[name=ticket]").fill(slip.ticket)
    fill(page)
    shoot(page, f"trainee-form-{screen}-{'script' if script else 'plain'}")
    page.locator("#send").click()
    if "/receipt/" not in page.url:
        shoot(page, f"trainee-blanks-{screen}-{'script' if script else 'plain'}")
        page.locator("#send").click()
    page.wait_for_url("**/receipt/*")
    assert not context.cookies()
    shoot(page, f"trainee-receipt-{screen}")
    page.go_back()
    assert not page.locator("input[type=radio]:checked").count()
    context.close()


@pytest.mark.browser
def test_errors_name_the_item_and_the_reason(browser: Browser, open_site, slips) -> None:
    site, _ = open_site
    page = browser.new_context(viewport={"width": 320, "height": 640}).new_page()
    page.goto(f"{site.address}/c/{slips[0].class_code}/form")
    page.locator("input[name=ticket]").fill("ABCD-EFGH-JKMN-PQRS")
    fill(page)
    page.locator("#send").click()
    alert = page.locator("[role=alert]")
    assert alert.first.is_visible()
    assert "答题码" in alert.first.inner_text()
    shoot(page, "trainee-wrong-ticket-phone")


@pytest.mark.browser
@pytest.mark.parametrize(
    "path", ["/c/{code}", "/c/{code}/form", "/login", "/receipt/0", "/nowhere"]
)
def test_public_pages_have_no_axe_violation(
    browser: Browser, open_site, slips: list[Slip], path: str
) -> None:
    site, _ = open_site
    context = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    page = context.new_page()
    page.goto(site.address + path.format(code=slips[0].class_code))
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()
    assert fits(page)
    context.close()
