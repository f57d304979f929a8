"""The form under a thumb and under a keyboard: cards on a phone, a table by choice on a desktop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from plain_site import Plain
from playwright.sync_api import Browser, BrowserContext, Page, expect

from screens import DESKTOP_SIZE, PHONE_SIZE, follow, shoot

pytestmark = pytest.mark.browser

FORM = "/c/C2/form"
TARGET = 44
"""CSS pixels that a target measures at least, either way."""
SMALL_TARGETS = """all => all.map(one => [one.innerText, one.getBoundingClientRect()])
  .filter(([_, box]) => box.height && (box.height < 44 || box.width < 44)).map(([text]) => text)"""
SEEN = """one => { const box = one.getBoundingClientRect();
  return box.width > 8 && box.height > 8 && getComputedStyle(one).visibility === 'visible' }"""
COVERED = """all => all.filter(one => { const box = one.getBoundingClientRect();
  const middle = box.x + box.width / 2;
  return [box.top + 2, (box.top + box.bottom) / 2, box.bottom - 2].some(y =>
    !one.parentElement.contains(document.elementFromPoint(middle, y))) })
  .map(one => one.textContent)"""
"""Words above a table over which something else lies."""
MIDDLES = """all => all.map(one => one.getBoundingClientRect()).map(box => box.x + box.width / 2)"""
FOCUSED = """() => { const one = document.activeElement, style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const bar = document.getElementById('progress').getBoundingClientRect();
  return [one.name || one.id || one.tagName, style.outlineStyle !== 'none', box.top >= 0 &&
    box.bottom <= innerHeight + 1 && (box.top >= bar.bottom || box.bottom <= bar.top)]}"""


@pytest.fixture
def desk(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DESKTOP_SIZE)
    yield context
    context.close()


def table(page: Page) -> dict[str, str]:
    """How the first items are laid out."""
    return page.evaluate(
        """() => ({
          words: getComputedStyle(document.querySelector('.matrix .option span')).position,
          heads: getComputedStyle(document.querySelector('.heads')).display,
          item: getComputedStyle(document.querySelector('.matrix .item')).display})"""
    )


CARDS = {"words": "static", "heads": "none", "item": "block"}
TABLE = {"words": "absolute", "heads": "grid", "item": "grid"}


def test_on_a_phone_every_target_is_large_and_every_word_shows(
    browser: Browser, plain: Plain
) -> None:
    context = browser.new_context(viewport=PHONE_SIZE, has_touch=True)
    page = context.new_page()
    page.goto(f"{plain.address}{FORM}?compact=1")
    assert table(page) == CARDS  # the table is for wide screens alone
    page.emulate_media(color_scheme="dark")
    shoot(page, "trainee-dark-phone")
    expect(page.locator("label.view")).to_be_hidden()
    targets = page.locator("label.option, select, input[type=text], textarea, button, summary")
    assert targets.count() > 100
    assert targets.evaluate_all(SMALL_TARGETS) == []
    assert page.locator(".option span").evaluate_all(f"all => all.every({SEEN})")
    page.locator(".option").first.evaluate("one => { one.style.minHeight = one.style.height = 0 }")
    page.locator(".option").first.evaluate("one => { one.style.padding = 0 }")
    assert targets.evaluate_all(SMALL_TARGETS) != []  # the measure would find a small one
    context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_the_table_is_chosen_and_survives_what_the_site_sends_back(
    browser: Browser, plain: Plain, script: bool
) -> None:
    context = browser.new_context(viewport=DESKTOP_SIZE, java_script_enabled=script)
    page = context.new_page()
    page.goto(plain.address + FORM)
    assert table(page) == CARDS
    page.locator("input[name=q02]").nth(3).check()
    page.get_by_label("紧凑的表格").check()
    assert table(page) == TABLE
    if script:
        shoot(page, "trainee-table-desktop")
    assert page.locator("input[name=q02]").nth(3).is_checked()  # nothing is loaded anew
    page.locator("input[name=ticket]").fill("ABCD")
    follow(page.locator("#send"))
    expect(page.locator("#error-ticket")).to_be_visible()
    assert table(page) == TABLE and page.locator("input[name=q02]").nth(3).is_checked()
    expect(page.get_by_role("group", name="我清楚培训结束后")).to_be_visible()
    radio = page.get_by_role("group", name="我清楚培训结束后").get_by_role("radio", name="一般")
    radio.check()  # role and name are the cards'
    assert not context.cookies()
    page.goto(plain.address + FORM)
    assert table(page) == CARDS  # and nothing is kept
    context.close()


def test_the_words_of_the_scale_stay_in_sight(desk: BrowserContext, plain: Plain) -> None:
    page = desk.new_page()
    page.goto(f"{plain.address}{FORM}?compact=1")
    page.set_viewport_size({"width": 1280, "height": 260})
    last = page.locator(".matrix").nth(2).locator(".item").last
    last.scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 30)")
    heads = page.locator(".matrix").nth(2).locator(".heads")
    expect(heads).to_be_in_viewport(ratio=0.9)
    assert heads.locator("span").evaluate_all(COVERED) == []
    columns = heads.locator("span").evaluate_all(MIDDLES)
    cells = last.locator(".option").evaluate_all(MIDDLES)
    assert len(columns) == 6
    assert all(abs(one - other) <= 2 for one, other in zip(columns, cells, strict=True))


@pytest.mark.parametrize("compact", ["", "?compact=1"], ids=["cards", "table"])
def test_the_keyboard_alone_fills_and_sends(
    desk: BrowserContext, plain: Plain, compact: str
) -> None:
    """Tab goes from item to item in their order, arrows inside one, Enter sends; what has the
    focus is seen, outlined and not covered."""
    page, [ticket] = desk.new_page(), plain.site.tickets(code="C2", count=1)
    page.goto(f"{plain.address}{FORM}{compact}#{ticket}")
    order = page.evaluate("Array.from(document.querySelectorAll('#form [name]'), one => one.name)")
    reached: list[str] = []
    page.locator(".skip").focus()
    while not reached or reached[-1] != "send":
        page.keyboard.press("Tab")
        name, outlined, clear = page.evaluate(FOCUSED)
        assert outlined and clear, name
        reached.append(name)
        if name == "q02":
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowRight")
        assert len(reached) < 80
    asked = [name for name in dict.fromkeys(order) if name in reached]
    assert [name for name in dict.fromkeys(reached) if name in order] == asked
    assert {"ticket", "q01", "q02", "q21", "comment"} <= set(asked)
    assert len(reached) == len(set(reached))  # one stop for each item
    assert page.locator("input[name=q02]:checked").get_attribute("value") == "3"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "summary"  # what is missing comes first
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "直接提交"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash").startswith("#item-q0")


def test_an_error_names_the_item_and_the_reason_and_leads_there(
    desk: BrowserContext, plain: Plain
) -> None:
    page = desk.new_page()
    page.goto(plain.address + FORM)
    page.locator("textarea[name=comment]").fill("好" * 1001)
    follow(page.locator("#send"))
    summary = page.locator("#summary")
    expect(summary).to_be_focused()
    expect(summary.locator("li")).to_have_count(2)  # the ticket, and the text that is too long
    expect(summary.locator("li").first).to_contain_text("答题码")  # in the page's order
    expect(summary).to_contain_text("一句话意见（选填）：最多1000字，请缩短。")
    field = page.locator("textarea[name=comment]")
    assert field.get_attribute("aria-invalid") == "true"
    told = (field.get_attribute("aria-describedby") or "").split()
    words = [page.locator(f"#{one}").inner_text() for one in told]
    assert "最多1000字，请缩短。" in words and any("先隐去再保存" in one for one in words)
    summary.get_by_role("link", name="一句话意见").click()
    expect(field).to_be_in_viewport()


def test_how_far_one_is_is_seen(desk: BrowserContext, plain: Plain) -> None:
    page = desk.new_page()
    page.goto(plain.address + FORM)
    told = page.locator("#progress span")
    first = told.inner_text()
    assert first.startswith("已答0题")
    page.locator("input[name=q02]").nth(3).check()
    page.locator("textarea[name=comment]").fill("好")
    expect(told).to_have_text(first.replace("已答0题", "已答2题"))
