"""What goes wrong between a device and the site, and how the expert mends it on the page: another
record there, another expert on the same phone, a number that is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from plain_site import Plain, running_plain_site
from playwright.sync_api import Browser, Page, expect
from test_field_journey import ready
from test_rescue_journey import device, rows
from test_whole_visit_journey import fill

from screens import check_page, sign_in
from site_for_tests import PASSWORD, hidden
from survey_app.models import ArrivalRow, ObservationRow

pytestmark = pytest.mark.browser
RECORD = "/expert/visits/V1/sessions/S1"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Plain]:
    with running_plain_site(tmp_path / "home") as made:
        for expert, visit in (("E1", "V1"), ("E2", "V2")):
            made.site.staff(expert).post(f"/expert/visits/{visit}/declaration", declaration="none")
        yield made


def due(page: Page, number: str) -> None:
    page.locator("input[name=due]").fill(number)
    expect(page.locator("#state")).to_have_text("草稿，已存在本机")


@pytest.mark.parametrize(("choice", "stands"), [("以这里的这份接着改", 31), ("改用站上的那份", 40)])
def test_the_expert_says_which_of_two_records_counts(
    browser: Browser, own: Plain, choice: str, stands: int
) -> None:
    page = device(browser, own)
    page.context.set_offline(True)
    ready(page, own.address, "#V1/S1")
    due(page, "30")
    page.locator("#finish").click()
    web = own.site.staff("E1")
    form = web.get(RECORD).text
    fields = {name: hidden(form, name) for name in ("response", "revision")}
    assert web.post(RECORD, fields, due="40").status_code == 303
    page.context.set_offline(False)
    expect(page.locator("#home .state")).to_contain_text("另存一份")
    check_page(page, "field-copy")
    page.get_by_role("button", name=choice).click()
    expect(page.get_by_role("button", name=choice)).to_have_count(0)
    ready(page, own.address, "#V1/S1")
    if stands == 31:
        expect(page.locator("input[name=due]")).to_have_value("30")
        due(page, "31")
        with page.expect_response("**/expert/field/records") as reply:
            page.locator("#finish").click()
        assert reply.value.json()["standing"] == "taken"
    expect(page.locator("input[name=due]")).to_have_count(0 if stands == 31 else 1)
    if stands == 40:
        expect(page.locator("input[name=due]")).to_have_value("40")
    [row] = [row for row in rows(own, ObservationRow) if row.status == "unsigned"]
    assert json.loads(row.answers)["due"] == stands
    seen = web.get(f"{RECORD}/file").text
    assert "另存的一份（没有采用）" in seen and '<td data-label="另存的一份">30</td>' in seen
    page.context.close()


def test_a_phone_serves_two_experts_and_mixes_nothing(browser: Browser, own: Plain) -> None:
    page = device(browser, own)
    page.context.set_offline(True)
    ready(page, own.address, "#V1/S1")
    due(page, "30")
    page.locator("#finish").click()
    expect(page.locator("#count-waiting")).to_have_text("1")
    context = page.context
    context.clear_cookies()
    context.set_offline(False)
    other = sign_in(context, own.address, "E2", PASSWORD)
    ready(other, own.address)
    expect(other.locator("#home .confirm")).to_contain_text("别的专家没有送达的记录1份")
    expect(other.locator("#count-waiting")).to_have_text("0")
    assert "从救援文件读入" not in other.locator("#home").inner_text()
    assert rows(own, ArrivalRow) == []
    context.clear_cookies()
    mine = sign_in(context, own.address, "E1", PASSWORD)
    ready(mine, own.address)
    expect(mine.locator("#count-delivered")).to_have_text("1")
    assert [row.expert for row in rows(own, ArrivalRow)] == ["E1"]
    context.close()


def test_a_number_that_is_none_is_told_where_it_stands_and_not_signed(
    browser: Browser, own: Plain
) -> None:
    page = device(browser, own)
    page.context.set_offline(True)
    ready(page, own.address, "#V1/S1")
    fill(page, "S1")
    due(page, "二十九")
    page.locator("input[name=due]").blur()
    expect(page.locator("#item-due .error")).to_have_text("请填整数，例如 42。")
    check_page(page, "field-number")
    page.locator("#finish").click()
    expect(page.locator(".sealed")).to_contain_text("还差：示例场次")
    assert page.get_by_role("button", name="签署本次调研").count() == 0
    page.context.set_offline(False)
    expect(page.locator("#home .error")).to_contain_text("有1处填得不对")
    ready(page, own.address, "#V1/S1")
    expect(page.locator("input[name=due]")).to_have_value("二十九")  # as it was typed
    page.locator("input[name=due]").fill("29")
    page.locator("input[name=due]").blur()
    expect(page.locator("#item-due .error")).to_have_count(0)
    page.locator("#finish").click()
    expect(page.get_by_role("button", name="签署本次调研")).to_be_visible()
    page.context.close()
