"""The clerk and the experts in a real browser: one cycle from import to bulletin, step by step."""

from __future__ import annotations

import re
from collections.abc import Iterator

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from screens import WIDTHS, check_page, follow, sign_in
from survey_app.demo.people import Clerk, answer_form

pytestmark = pytest.mark.browser
SCORING_MILLISECONDS = 120_000


@pytest.fixture(scope="module")
def clerk_page(browser: Browser, site) -> Iterator[Page]:
    """The clerk, signed in through the form."""
    context = browser.new_context(
        viewport=dict(zip(("width", "height"), WIDTHS["desktop"], strict=True)), bypass_csp=True
    )
    page = sign_in(context, site.address, site.login, site.password)
    yield page
    context.close()


def test_1_a_faulty_workbook_changes_nothing(clerk_page: Page, site, workbook, tmp_path) -> None:
    bad = tmp_path / "坏.xlsx"
    bad.write_bytes(workbook)
    book = openpyxl.load_workbook(bad)
    book["班级"].cell(row=2, column=5).value = "三十"
    book["机构"].cell(row=3, column=1).value = book["机构"].cell(row=2, column=1).value
    book.save(bad)
    clerk_page.goto(f"{site.address}/province/import")
    check_page(clerk_page, "province-import")
    clerk_page.locator("#workbook").set_input_files(bad)
    follow(clerk_page.get_by_role("button", name="检查"))
    alert = clerk_page.locator("[role=alert]")
    expect(alert).to_contain_text("没有改动任何数据")
    expect(alert).to_contain_text("班级")
    expect(alert).to_contain_text("第2行")
    check_page(clerk_page, "province-import-faults")
    clerk_page.goto(f"{site.address}/province/")
    expect(clerk_page.locator("h1")).to_have_text("还没有年度")


def test_2_import_open_and_issue(clerk_page: Page, site, workbook, tmp_path) -> None:
    good = tmp_path / "样例.xlsx"
    good.write_bytes(workbook)
    clerk_page.goto(f"{site.address}/province/import")
    clerk_page.locator("#workbook").set_input_files(good)
    follow(clerk_page.get_by_role("button", name="检查"))
    check_page(clerk_page, "province-import-checked")
    follow(clerk_page.get_by_role("button", name="导入"))
    clerk_page.get_by_role("link", name="工具与方案").or_(
        clerk_page.locator("a[href$='/province/programme']")
    ).first.click()
    check_page(clerk_page, "province-programme")
    clerk_page.goto(f"{site.address}/province/")
    clerk_page.get_by_text("开放作答…").click()
    follow(clerk_page.get_by_role("button", name="确认开放"))
    expect(clerk_page.locator("#state")).to_have_text("开放")
    check_page(clerk_page, "province-board")
    follow(clerk_page.locator("#responses a").first)
    check_page(clerk_page, "province-class")
    clerk_page.locator("input[name=count]").first.fill("2")
    with clerk_page.expect_download() as slips:
        clerk_page.get_by_role("button", name="发放答题码").first.click()
    assert re.fullmatch(r"纸条-C\d+-[-\d]+\.pdf", slips.value.suggested_filename)


def test_3_an_expert_observes_and_signs(browser: Browser, clerk_page: Page, site) -> None:
    clerk = Clerk(site.address, site.login, site.password)
    accounts = clerk.invite("expert")
    context = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    page = sign_in(context, site.address, *accounts["E01"])
    check_page(page, "expert-visits")
    page.goto(f"{site.address}/province/")
    check_page(page, "expert-wrong-role")
    page.goto(f"{site.address}/expert/")
    page.set_viewport_size({"width": 320, "height": 640})
    follow(page.locator(".card a").first)
    visit = page.url
    check_page(page, "expert-declaration")
    page.get_by_label("没有").check()
    follow(page.get_by_role("button", name="声明"))
    count = page.locator(".card").count()
    for number in range(count):
        follow(page.locator(".card").nth(number).get_by_role("link"))
        if number == 0:
            check_page(page, "expert-record")
            page.set_viewport_size({"width": 320, "height": 640})
        fill_rubric(page)
        follow(page.locator("#send"))
        page.goto(visit)
    check_page(page, "expert-visit")
    follow(page.get_by_role("button", name="签署"))
    expect(page.locator("#signed")).to_be_visible()
    check_page(page, "expert-signed")
    context.close()


def fill_rubric(page: Page) -> None:
    for group in page.locator("fieldset:has(input[type=radio])").all():
        wanted = group.locator("input[value='3']")
        (wanted if wanted.count() else group.locator("input[type=radio]").first).check(force=True)
    for field in page.locator("form#form input[type=text]").all():
        numeric = field.get_attribute("inputmode") == "numeric"
        field.fill("30" if numeric else "学员当场完成教案修改并互评。")
    for field in page.locator("form#form textarea").all():
        field.fill("现场记录。")


def test_4_close_seal_score_and_read(clerk_page: Page, site) -> None:
    clerk = Clerk(site.address, site.login, site.password)
    slips = clerk.slips("classes")
    for slip in slips[:: max(1, len(slips) // 40)]:
        answer_form(site.address, slip, {"q20": "4", "q07": "4", "q21": "8", "q22": "2"})
    clerk_page.goto(f"{site.address}/province/")
    clerk_page.get_by_text("关闭作答…").click()
    follow(clerk_page.get_by_role("button", name="确认关闭"))
    expect(clerk_page.locator("#state")).to_have_text("关闭")
    follow(clerk_page.get_by_role("button", name="封存数据快照"))
    expect(clerk_page.locator("#state")).to_have_text("已封存")
    check_page(clerk_page, "province-sealed")
    follow(clerk_page.get_by_role("button", name="计分并生成通报"))
    expect(clerk_page.locator("#job")).to_have_attribute(
        "data-state", "完成", timeout=SCORING_MILLISECONDS
    )
    check_page(clerk_page, "province-job")
    follow(clerk_page.get_by_role("link", name="查看通报"))
    expect(clerk_page.locator("h1")).to_contain_text("通报")
    check_page(clerk_page, "bulletin")
    page = clerk_page.context.new_page()
    page.goto(f"{site.address}/c/{slips[0].class_code}")
    expect(page.locator("main")).to_contain_text("截止")
    check_page(page, "trainee-closed")
    page.close()


def test_5_the_clerk_looks_back_and_changes_the_password(clerk_page: Page, site) -> None:
    clerk_page.goto(f"{site.address}/province/")
    follow(clerk_page.get_by_role("link", name="操作记录"))
    expect(clerk_page.locator("tbody tr").first).to_contain_text("计分并生成通报")
    check_page(clerk_page, "province-audit")
    follow(clerk_page.get_by_role("link", name="修改密码"))
    check_page(clerk_page, "staff-password")
    for attempt in range(4):
        clerk_page.get_by_label("现在的密码").fill(f"guess-{attempt}")
        for field in ("#new", "#again"):
            clerk_page.locator(field).fill("a-longer-password")
        if attempt == 1:
            expect(clerk_page.locator("#error-old")).to_contain_text("不对")
            check_page(clerk_page, "staff-password-wrong")
        follow(clerk_page.get_by_role("button", name="修改", exact=True))
    expect(clerk_page.locator("#failure")).to_have_attribute("data-status", "429")
    check_page(clerk_page, "staff-password-wait")
    follow(clerk_page.get_by_role("link", name="返回首页"))
    expect(clerk_page.locator("#state")).to_have_text("已评分")


def test_6_wrong_passwords_are_told_and_slowed(browser: Browser, site) -> None:
    context = browser.new_context(bypass_csp=True)
    page = sign_in(context, site.address, "nobody", "guess")
    expect(page.locator("[role=alert]")).to_contain_text("不对")
    check_page(page, "login-failed")
    for _ in range(3):
        page = sign_in(context, site.address, "nobody", "guess")
    expect(page.locator("#failure")).to_have_attribute("data-status", "429")
    expect(page.locator("#failure")).to_contain_text("秒后再试")
    check_page(page, "login-wait")
    follow(page.get_by_role("link", name="返回登录"))
    expect(page.locator("#login")).to_be_visible()
    context.close()
