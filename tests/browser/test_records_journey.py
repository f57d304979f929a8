"""Everybody who hands in a record, in a real browser: invited, filling, submitting, reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from instruments.catalogue_writer import write_catalogue
from screens import WIDTHS, check_page, fits, follow, shoot, sign_in
from site_for_tests import whole_programme
from survey_app.demo.people import Clerk

pytestmark = pytest.mark.browser
PHONE = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 800}
PASSWORD = "my-own-long-password"
TABLE = "题目\t学时\t主讲人类别\t课程类别\t对应的九项专题\t对应的课程重点\t必修\n" + "".join(
    f"专题讲座{n}\t4\t高校教师\t{kind}\t不属于\t不属于\t是\n"
    for n, kind in enumerate(("师德师风", "思想政治", "学科"), 1)
)


@pytest.fixture(scope="module")
def clerk(site) -> Clerk:
    """The province's clerk, with the whole programme imported and open."""
    clerk = Clerk(site.address, site.login, site.password)
    clerk.import_workbook("样例.xlsx", write_catalogue(whole_programme()))
    clerk.post("/province/open")
    return clerk


@pytest.fixture(scope="module")
def people(clerk: Clerk) -> dict[str, tuple[str, str]]:
    """Everybody's login and password, each set by the own link."""
    roles = ("locality", "school", "recorder", "expert")
    return {unit: pair for role in roles for unit, pair in clerk.invite(role).items()}


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport=PHONE, bypass_csp=True)  # axe is put into the page
    yield opened
    opened.close()


def fill(page: Page) -> None:
    """Something that fits into every field that is shown and still empty."""
    form = page.locator("form#form")
    for group in form.locator("fieldset:has(input[type=radio], input[type=checkbox])").all():
        if group.is_visible() and not group.locator("input:checked").count():
            group.locator("label").first.click()
    for field in form.locator("select, input[type=text], textarea:not([name$=-paste])").all():
        if field.is_visible() and not field.input_value():
            give(field)


def give(field: Locator) -> None:
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(index=1)
    elif field.get_attribute("inputmode"):
        field.fill("3")
    else:
        field.fill("2021-09-01" if field.get_attribute("placeholder") else "样例内容")


def submit(page: Page) -> None:
    """Fill and submit; once more for what was asked only because of an answer just given."""
    for _ in range(2):
        fill(page)
        follow(page.locator("#send"))
        if "/view" in page.url:
            break
    expect(page.locator("#state")).to_contain_text("已提交")


def open_record(page: Page, address: str, words: str) -> None:
    page.goto(f"{address}/records/")
    follow(page.locator(".card", has_text=words).get_by_role("link"))


def test_1_the_province_invites_and_an_institution_comes_in(context, clerk, site) -> None:
    page = sign_in(context, site.address, site.login, site.password)
    page.goto(f"{site.address}/province/invitations")
    check_page(page, "province-invitations")
    follow(page.get_by_role("button", name="承训机构：生成打印页"))
    expect(page.locator(".slip")).to_have_count(2)
    check_page(page, "province-invitation-sheet")
    link = page.locator(".address").first.inner_text()
    follow(page.get_by_role("button", name="退出"))
    page.set_viewport_size(PHONE)
    page.goto(site.address + link[link.index("/invite/") :])
    expect(page.locator("h1")).to_have_text("示例院校甲")
    check_page(page, "invite")
    for label in ("密码（至少10位）", "再输一次密码"):
        page.get_by_label(label).fill(PASSWORD)
    follow(page.get_by_role("button", name="设置密码并登录"))
    expect(page.locator("h1")).to_have_text("我的填报")
    check_page(page, "institution-records")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("screen", sorted(WIDTHS))
def test_2_an_institution_fills_rows_pastes_and_attaches(
    browser: Browser, clerk, site, tmp_path: Path, script: bool, screen: str
) -> None:
    width, height = WIDTHS[screen]
    size = {"width": width, "height": height}
    context = browser.new_context(viewport=size, java_script_enabled=script)
    page = sign_in(context, site.address, "I1", PASSWORD)
    open_record(page, site.address, "示例项目一")
    assert fits(page)
    rows = page.locator("[id^=timetable-][role=group]")
    while left := rows.count():  # what the journey before this one has saved
        page.get_by_role("button", name="删除课程表（F7）第1行").click()
        expect(rows).to_have_count(left - 1)
    page.get_by_role("button", name="课程表（F7）加一行").click()
    expect(rows).to_have_count(1)
    page.locator("[name='timetable-0-lesson_title']").fill("开班第一课")
    page.locator("[name='timetable-0-hours']").fill("许多")
    paste = page.locator("details", has=page.locator("[name=timetable-paste]"))
    paste.locator("summary").click()
    page.locator("[name=timetable-paste]").fill(TABLE)
    paste.get_by_role("button", name="加在后面").click()
    expect(rows).to_have_count(4)
    expect(page.locator(".errors").first).to_contain_text("第1行 学时")
    assert fits(page)
    page.locator("[name='timetable-0-hours']").fill("2")
    file = tmp_path / "实施方案.pdf"
    file.write_bytes(b"%PDF-1.4 sample")
    page.locator("[name='plan_file-file']").set_input_files(file)
    follow(page.get_by_role("button", name="保存草稿").last)
    expect(page.get_by_role("status")).to_contain_text("已保存")
    expect(page.get_by_role("link", name="实施方案.pdf")).to_be_visible()
    expect(page.locator("[name='timetable-3-lesson_title']")).to_have_value("专题讲座3")
    assert fits(page)
    shoot(page, f"institution-form-{screen}-{'script' if script else 'plain'}")
    context.close()


def test_3_the_form_has_no_barrier_and_is_submitted(context, clerk, site) -> None:
    page = sign_in(context, site.address, "I1", PASSWORD)
    open_record(page, site.address, "示例项目一")
    follow(page.locator("#send"))
    expect(page.locator("#summary")).to_contain_text("需要更改")
    check_page(page, "institution-form-errors")
    submit(page)
    check_page(page, "institution-view")


def test_4_two_browsers(browser: Browser, clerk, site) -> None:
    contexts = [browser.new_context(viewport=DESKTOP, bypass_csp=True) for _ in range(2)]
    pages = [sign_in(one, site.address, "I1", PASSWORD) for one in contexts]
    for page in pages:
        open_record(page, site.address, "示例项目二")
    for page, number in zip(pages, ("30", "31"), strict=True):
        page.locator("[name=planned]").fill(number)
        follow(page.get_by_role("button", name="保存草稿").last)
    expect(pages[1].locator("[role=alert]")).to_contain_text("没有覆盖现有记录")
    check_page(pages[1], "institution-copies")
    for one in contexts:
        one.close()


@pytest.mark.parametrize(
    ("unit", "form", "name"),
    [
        ("140105", "市县管理填报", "locality"),
        ("X1", "县校问卷", "school"),
        ("J1", "座谈记录表", "recorder"),
    ],
)
def test_5_localities_schools_and_recorders(context, people, site, unit, form, name) -> None:
    page = sign_in(context, site.address, *people[unit])
    check_page(page, f"{name}-records")
    page.set_viewport_size(PHONE)
    open_record(page, site.address, form)
    check_page(page, f"{name}-form")
    page.set_viewport_size(PHONE)
    submit(page)
    check_page(page, f"{name}-view")


def test_6_an_expert_reviews_a_scheme_and_homework(context, people, site) -> None:
    page = sign_in(context, site.address, *people["E1"])
    check_page(page, "expert-tasks")
    for words, name in (("方案案头评阅表", "plan"), ("作业抽评表", "homework")):
        page.set_viewport_size(PHONE)
        page.goto(f"{site.address}/expert/")
        follow(page.locator(".card a", has_text=words).first)
        page.get_by_label("没有").check()
        follow(page.get_by_role("button", name="声明"))
        check_page(page, f"expert-review-{name}")
        follow(page.get_by_role("link", name="填写评阅"))
        check_page(page, f"expert-review-{name}-form")
        page.set_viewport_size(PHONE)
        submit(page)


def test_7_the_province_reminds_checks_and_returns(context, people, site) -> None:
    page = sign_in(context, site.address, site.login, site.password)
    page.goto(f"{site.address}/province/duties")
    check_page(page, "province-duties")
    page.set_viewport_size(DESKTOP)
    follow(page.get_by_role("button", name="催报全部到期未交的"))
    expect(page.get_by_role("status")).to_contain_text("条催报")
    follow(page.get_by_role("link", name="查看示例院校甲的承训机构项目填报").last)
    check_page(page, "province-record")
    page.set_viewport_size(DESKTOP)
    page.get_by_label("计划人数（人）的核查").select_option("confirmed")
    follow(page.get_by_role("button", name="保存核查"))
    expect(page.get_by_label("计划人数（人）的核查")).to_have_value("confirmed")
    page.get_by_text("退回…").click()
    page.get_by_label("退回原因（对方能看到）").fill("课程表与学时不符")
    follow(page.get_by_role("button", name="确认退回"))
    expect(page.locator("#state")).to_contain_text("已退回")
    other = sign_in(context, site.address, "I1", PASSWORD)
    open_record(other, site.address, "示例项目一")
    expect(other.locator(".errors")).to_contain_text("课程表与学时不符")
    check_page(other, "institution-form-returned")
