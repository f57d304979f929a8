"""The rubric in sunlight and with gloves: contrast of 7:1 for every word, targets of 48 px."""

from __future__ import annotations

from typing import Any

import pytest
from plain_site import Plain
from playwright.sync_api import Browser, Page, expect

from screens import sign_in
from site_for_tests import PASSWORD

pytestmark = pytest.mark.browser
LEAST_CONTRAST, LEAST_SIZE = 7.0, 48
FAINT = """least => {
  const part = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const colour = (text) => text.match(/[0-9.]+/g).map(Number);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), wrong = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    if (!node.data.trim() || !one.checkVisibility() || one.closest('.skip')) continue;
    const pair = [colour(getComputedStyle(one).color), ground(one)].map(light);
    const [a, b] = pair.sort((x, y) => x - y);
    const found = (b + 0.05) / (a + 0.05);
    if (found < least) wrong.push([node.data.trim().slice(0, 20), found.toFixed(2)]);
  }
  return wrong;
}"""
TIGHT = """least => Array.from(document.querySelectorAll(
  'a, button, summary, select, textarea, .option, label.photo, input[type=text]'))
  .filter((one) => one.checkVisibility() && !one.closest('.skip'))
  .map((one) => [one.textContent.trim().slice(0, 20) || one.name, one.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < least)
  .map(([name, box]) => [name, box.width, box.height])"""


@pytest.fixture
def page(browser: Browser, declared: Plain) -> Any:
    context = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    yield sign_in(context, declared.address, "E1", PASSWORD)
    context.close()


def check(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate(FAINT, LEAST_CONTRAST) == []
    assert page.evaluate(TIGHT, LEAST_SIZE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_and_targets_hit(page: Page, declared: Plain, scheme: str) -> None:
    page.goto(f"{declared.address}/expert/field/")
    expect(page.locator("body[data-ready]")).to_be_attached()
    page.locator("summary").click()
    check(page, scheme)
    page.get_by_role("link", name="示例场次").first.click()
    page.locator("input[name=e1][value='4']").check(force=True)
    expect(page.locator("#state")).to_have_text("草稿，已存在本机")
    check(page, scheme)


def test_the_measure_finds_what_is_faint_and_small(page: Page, declared: Plain) -> None:
    page.goto(f"{declared.address}/expert/field/")
    expect(page.locator("body[data-ready]")).to_be_attached()
    page.add_style_tag(content="#pack{color:#777!important;min-height:0;padding:0}")
    assert [name for name, _ in page.evaluate(FAINT, LEAST_CONTRAST)] == ["装到本机，并上传"]
    assert [name for name, *_ in page.evaluate(TIGHT, LEAST_SIZE)] == ["装到本机，并上传"]
