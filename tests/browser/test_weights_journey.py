"""The evening before the meeting, in a real browser: one weight changed, seen, saved, printed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from screens import WIDTHS, check_page, fits, follow, shoot, sign_in

pytestmark = pytest.mark.browser
JOB_MILLISECONDS = 120_000
DESKTOP = {"width": 1280, "height": 800}


@pytest.fixture
def clerk_page(browser: Browser, site) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True)
    yield sign_in(context, site.address, site.login, site.password)
    context.close()


def finished(page: Page) -> None:
    expect(page.locator("#job")).to_have_attribute("data-state", "完成", timeout=JOB_MILLISECONDS)


def test_1_before_opening_the_points_are_seen(clerk_page: Page, open_site) -> None:
    site, _ = open_site
    clerk_page.goto(f"{site.address}/province/")
    follow(clerk_page.get_by_role("link", name="分值", exact=True))
    expect(clerk_page.locator("#A h2")).to_contain_text("评分表A")
    clerk_page.locator("#A summary").first.click()
    check_page(clerk_page, "province-weights-first")
    clerk_page.set_viewport_size(DESKTOP)
    follow(clerk_page.locator("#A").get_by_role("link", name="改分值"))
    expect(clerk_page.locator("#early")).to_contain_text("之后才能预览")
    expect(clerk_page.get_by_role("button", name="预览影响")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("screen", sorted(WIDTHS))
def test_2_a_wrong_sum_is_told(browser: Browser, open_site, screen: str, script: bool) -> None:
    site, _ = open_site
    width, height = WIDTHS[screen]
    size = {"width": width, "height": height}
    context = browser.new_context(viewport=size, java_script_enabled=script)
    page = sign_in(context, site.address, site.login, site.password)
    page.goto(f"{site.address}/province/weights/A")
    page.get_by_label("A6.1.1 总体满意").fill("6.5")
    if script:
        expect(page.locator("#total")).to_contain_text("合计 102.5 分，应为100分，多2.5分")
    follow(page.get_by_role("button", name="核对合计"))
    expect(page.get_by_role("alert")).to_contain_text("合计102.5分，应为100分，多2.5分")
    expect(page.get_by_label("A6.1.1 总体满意")).to_have_value("6.5")
    assert fits(page)
    shoot(page, f"province-weights-sum-{screen}-{'script' if script else 'plain'}")
    page.get_by_label("A6.1.1 总体满意").fill("5")
    page.get_by_label("A4.3.1 食宿与平台").fill("1")
    follow(page.get_by_role("button", name="核对合计"))
    expect(page.locator("#checked")).to_contain_text("相符")
    expect(page.locator("#checked")).to_contain_text("分值调整随之")
    assert fits(page)
    context.close()


def test_3_comparisons_by_pairs(clerk_page: Page, open_site) -> None:
    site, _ = open_site
    clerk_page.goto(f"{site.address}/province/weights/A/compare")
    clerk_page.get_by_label("比较的是").select_option(label="A2 思政与专题的下级指标")
    follow(clerk_page.get_by_role("button", name="换一组"))
    expect(clerk_page.locator("#comparisons .item")).to_have_count(3)
    for number, judged in enumerate(("9", "1/9", "9"), 1):
        clerk_page.locator(f"#pair-{number}").select_option(judged)
    follow(clerk_page.get_by_role("button", name="得出分值"))
    expect(clerk_page.get_by_role("alert")).to_contain_text("最不一致的是")
    check_page(clerk_page, "province-weights-inconsistent")
    clerk_page.set_viewport_size(DESKTOP)
    for number, judged in enumerate(("2", "3", "2"), 1):
        clerk_page.locator(f"#pair-{number}").select_option(judged)
    follow(clerk_page.get_by_role("button", name="得出分值"))
    expect(clerk_page.locator("#derived")).to_contain_text("一致性比例")
    check_page(clerk_page, "province-weights-compared")
    follow(clerk_page.get_by_role("button", name="带入这些分值"))
    expect(clerk_page.get_by_label("理由")).to_have_value(
        "由两两比较得出：A2 思政与专题的下级指标，一致性比例0.008。"
    )
    expect(clerk_page.locator("#total")).to_contain_text("合计 100 分")


def test_4_change_preview_save_and_read_the_bulletin(boss: Page, scored: str) -> None:
    boss.goto(f"{scored}/province/weights/A")
    boss.get_by_label("A1.1 满意").fill("10")
    boss.get_by_label("A1.2 合规").fill("90")
    check_page(boss, "province-weights-change")
    boss.set_viewport_size(DESKTOP)
    follow(boss.get_by_role("button", name="预览影响"))
    finished(boss)
    check_page(boss, "province-weights-preview-job")
    boss.set_viewport_size(DESKTOP)
    follow(boss.get_by_role("link", name="查看影响"))
    expect(boss.locator("#preview tr.moved").first).to_contain_text("位")
    check_page(boss, "province-weights-preview")
    boss.set_viewport_size(DESKTOP)
    boss.get_by_label("提出者").fill("省评估工作组")
    boss.get_by_label("理由").fill("收费必须从严")
    begun = time.monotonic()
    follow(boss.get_by_role("button", name="保存，并用于通报"))
    finished(boss)
    assert time.monotonic() - begun < 120, "the new bulletin is there within two minutes"
    follow(boss.get_by_role("link", name="查看通报"))
    told = boss.locator("#indicators-A")
    for words in ("1.0-1版", "省评估工作组", "收费必须从严", "已经可见"):
        expect(told).to_contain_text(words)
    expect(boss.locator("#reweighted")).to_contain_text("个名次有变化")
    expect(boss.locator("#reweighted")).to_contain_text("降1位")
    shoot(boss, "bulletin-reweighted")


def test_5_adopted_and_withdrawn(boss: Page, scored: str) -> None:
    boss.goto(f"{scored}/province/weights/")
    version = boss.locator("#A .version").first
    version.get_by_text("登记采用…").click()
    version.get_by_label("采用机关").fill("省教育厅")
    version.get_by_label("文号").fill("教师〔2021〕9号")
    version.get_by_label("日期").fill("2021-12-01")
    follow(version.get_by_role("button", name="登记采用"))
    expect(version).to_contain_text("已采用（省教育厅，教师〔2021〕9号，2021-12-01）")
    check_page(boss, "province-weights")
    boss.set_viewport_size(DESKTOP)
    version.get_by_text("撤回…").click()
    version.get_by_label("撤回的理由").fill("会上没有通过")
    follow(version.get_by_role("button", name="撤回", exact=True))
    expect(version.locator(".status")).to_have_text("撤回")
    expect(boss.locator("#A .in-use")).to_contain_text("第1.0版")
