"""The trainee's pages in English: chosen by a plain link, kept to the receipt, no cookie."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from test_trainee_journey import fill

from screens import WIDTHS, check_page, fits, follow, shoot
from survey_app.demo.people import Slip

HAN = re.compile("[\u3000-\u9fff\uff00-\uffef]")
PHONE = {"width": 390, "height": 844}
"""A phone of today: the notice is read on it."""
ALL_BUT_NAMES = """() => {
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll("[lang=zh-CN], script").forEach(one => one.remove());
  return document.title.split(" · ")[0] + copy.textContent;
}"""


@pytest.fixture(scope="module")
def slips(open_site) -> list[Slip]:
    _, clerk = open_site
    return clerk.slips("classes")


def opened(browser: Browser, screen: str, script: bool) -> BrowserContext:
    width, height = WIDTHS[screen]
    size = {"width": width, "height": height}
    return browser.new_context(viewport=size, java_script_enabled=script, bypass_csp=True)


def is_english(page: Page) -> bool:
    """No Chinese but the names of the catalogue and of the site, which say that they are."""
    words = str(page.evaluate(ALL_BUT_NAMES))
    assert not HAN.search(words), HAN.findall(words)
    return page.locator("html").get_attribute("lang") == "en"


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("screen", sorted(WIDTHS))
def test_a_trainee_answers_in_english(
    browser: Browser, open_site, slips: list[Slip], script: bool, screen: str
) -> None:
    site, _ = open_site
    slip, name = slips.pop(), f"english-{screen}-{'script' if script else 'plain'}"
    context = opened(browser, screen, script)
    page = context.new_page()
    page.goto(f"{site.address}/c/{slip.class_code}#{slip.ticket}")
    follow(page.get_by_role("link", name="English"))
    assert is_english(page) and fits(page)
    shoot(page, f"{name}-notice")
    follow(page.get_by_role("link", name="Start"))
    assert is_english(page)
    ticket = page.get_by_label("Answer code")
    if script:
        assert ticket.input_value() == slip.ticket  # it has come all the way after '#'
    else:
        ticket.fill(slip.ticket)
    fill(page, blank="q01")
    shoot(page, f"{name}-form")
    assert fits(page)
    follow(page.locator("#send"))
    expect(page.locator(".confirm")).to_contain_text("Questions not answered yet: 1")
    assert is_english(page) and fits(page)
    shoot(page, f"{name}-blanks")
    assert not page.locator("a[hreflang]").count()  # a link would lose what was chosen
    follow(page.locator("#send"))
    page.wait_for_url("**/receipt/*?lang=en")
    assert is_english(page) and fits(page)
    assert not context.cookies()
    shoot(page, f"{name}-receipt")
    context.close()


@pytest.mark.browser
def test_the_language_may_be_changed_half_way(browser: Browser, open_site, slips) -> None:
    """The draft and the answer code come along, both ways; codes do not depend on words."""
    site, _ = open_site
    slip = slips.pop()
    context = opened(browser, "phone", True)
    page = context.new_page()
    page.goto(f"{site.address}/c/{slip.class_code}/form?lang=en#{slip.ticket}")
    page.locator("input[name=q01][value='4']").check(force=True)
    follow(page.get_by_role("link", name="中文"))
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator("input[name=q01][value='4']").is_checked()
    expect(page.locator("#ticket")).to_have_value(slip.ticket)
    assert "lang" not in page.url and "#" not in page.url
    follow(page.get_by_role("link", name="English"))
    assert page.locator("input[name=q01][value='4']").is_checked()
    expect(page.locator("#ticket")).to_have_value(slip.ticket)
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/c/{code}", "/c/{code}/form", "/receipts/", "/receipt/0"])
def test_english_pages_have_no_axe_violation(browser: Browser, open_site, slips, path: str) -> None:
    site, _ = open_site
    context = opened(browser, "phone", True)
    page = context.new_page()
    page.goto(f"{site.address}{path.format(code=slips[0].class_code)}?lang=en")
    assert is_english(page)
    page.emulate_media(color_scheme="dark")
    check_page(page, f"english{path.format(code='class').replace('/', '-')}-dark")
    page.emulate_media(color_scheme="light")
    check_page(page, f"english{path.format(code='class').replace('/', '-')}")
    context.close()


@pytest.mark.browser
def test_a_mistake_is_told_in_english(browser: Browser, open_site, slips) -> None:
    site, _ = open_site
    context = opened(browser, "phone", True)
    page = context.new_page()
    page.goto(f"{site.address}/c/{slips[0].class_code}/form?lang=en")
    page.get_by_label("Answer code").fill("ABCD-EFGH-JKMN-PQRS")
    fill(page)
    follow(page.locator("#send"))
    expect(page.locator("#summary")).to_contain_text("Answer code: The answer code is not right.")
    assert is_english(page)
    check_page(page, "english-wrong-ticket")
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("language", "screens"), [("", 1.5), ("?lang=en", 1.7)])
def test_the_notice_is_soon_read(
    browser: Browser, open_site, slips, language: str, screens: float
) -> None:
    site, _ = open_site
    context = browser.new_context(viewport=PHONE, bypass_csp=True)
    page = context.new_page()
    reply = page.goto(f"{site.address}/c/{slips[0].class_code}{language}")
    assert reply is not None and reply.status == 200
    page.add_style_tag(content="html{font-family:'Noto Sans SC'}")  # as wide as a phone's own
    shoot(page, f"notice-{language[-2:] or 'zh'}-390")
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height <= screens * PHONE["height"]
    context.close()
