"""The bulletin's words and documents in a real browser: a text changed, printed anew, read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from screens import check_page, follow, shoot

pytestmark = pytest.mark.browser
JOB_MILLISECONDS = 120_000
DESKTOP = {"width": 1280, "height": 800}


def checked(page: Page, name: str) -> None:
    check_page(page, name)
    page.set_viewport_size(DESKTOP)


def ended(page: Page, state: str) -> None:
    expect(page.locator("#job")).to_have_attribute("data-state", state, timeout=JOB_MILLISECONDS)


def test_1_a_wrong_name_is_told_and_nothing_has_changed(boss: Page, scored: str) -> None:
    boss.goto(f"{scored}/province/")
    follow(boss.get_by_role("link", name="通报文件"))
    checked(boss, "province-documents-first")
    follow(boss.get_by_role("link", name="印发与文字"))
    boss.locator("#facts summary").click()
    checked(boss, "province-printing-facts")
    boss.locator("#facts summary").click()
    checked(boss, "province-printing")
    boss.get_by_label("概况（overview.md）").fill("本期评估顺利。\n\n共{{ 项目书 }}个项目。")
    follow(boss.get_by_role("button", name="保存，并重出通报"))
    ended(boss, "失败")
    expect(boss.locator("#job")).to_contain_text("overview.md 第3行：没有名为“项目书”的数")
    expect(boss.locator("#job")).to_contain_text("是否要写：项目数")
    checked(boss, "province-printing-fault")
    boss.goto(f"{scored}/province/bulletin")
    expect(boss.locator("main")).not_to_contain_text("本期评估顺利。")


def test_2_a_text_is_changed_printed_and_read(boss: Page, scored: str) -> None:
    boss.goto(f"{scored}/province/printing/")
    text = boss.get_by_label("概况（overview.md）")
    expect(text).to_have_value("本期评估顺利。\n\n共{{ 项目书 }}个项目。")  # nothing typed is lost
    text.fill("本期评估顺利。\n\n共{{ 项目数 }}个项目。")
    boss.get_by_label("发文字号").fill("示教函〔2021〕60号")
    follow(boss.get_by_role("button", name="保存，并重出通报"))
    ended(boss, "完成")
    follow(boss.get_by_role("link", name="查看通报"))
    expect(boss.locator("main")).to_contain_text("本期评估顺利。")
    expect(boss.locator("main")).to_contain_text("共3个项目。")
    shoot(boss, "bulletin-own-text")
    boss.goto(f"{scored}/province/printing/")
    expect(boss.get_by_text("已换成自己的文字")).to_have_count(1)
    checked(boss, "province-printing-own")


def test_3_an_issued_status_is_refused_without_loss(boss: Page, scored: str) -> None:
    boss.goto(f"{scored}/province/printing/")
    boss.get_by_label("印发", exact=False).and_(boss.get_by_role("radio")).last.check()
    boss.get_by_label("抄送机关").fill("各市教育局")
    follow(boss.get_by_role("button", name="保存", exact=True))
    expect(boss.get_by_role("alert")).to_contain_text("数据是样例，不能印发")
    expect(boss.get_by_label("抄送机关")).to_have_value("各市教育局")
    checked(boss, "province-printing-refused")


def test_4_documents_are_opened_and_taken_away(boss: Page, scored: str) -> None:
    boss.goto(f"{scored}/province/documents")
    follow(boss.get_by_role("button", name="生成送审稿"))
    ended(boss, "完成")
    follow(boss.get_by_role("link", name="通报文件"))
    expect(boss.locator("#meeting")).to_contain_text("样例·送审稿")
    boss.locator("#now summary").click()
    checked(boss, "province-documents")
    with boss.expect_download() as taken:
        boss.locator("#now").get_by_role("link", name="通报PDF").click()
    assert taken.value.suggested_filename.endswith("通报.pdf")
    with boss.expect_download() as taken:
        boss.locator("#meeting").get_by_role("link", name="全部文件").click()
    assert taken.value.suggested_filename.endswith("送审稿-全部文件.zip")
    follow(boss.locator("#now").get_by_role("link", name="示例院校甲网页"))
    expect(boss.locator("h1")).to_contain_text("示例院校甲")
    follow(boss.locator('a[href^="../bulletin.html"]').first)
    expect(boss).to_have_url(f"{scored}/province/bulletin/now/bulletin.html")
    follow(boss.locator('a[href^="sheets/I2.html"]').first)
    expect(boss.locator("h1")).to_contain_text("示例院校乙")
