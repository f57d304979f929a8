"""The trainee's pages in English: chosen by a plain link, kept to the receipt, no cookie."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from screens import WIDTHS, check_page, fits, follow, shoot
from site_for_tests import Site, build
from survey_app.demo.server import free_port, running_site

LOCAL = "http://127.0.0.1:8000"
HAN = re.compile("[\u3000-\u9fff\uff00-\uffef]")
PHONE = {"width": 390, "height": 844}
"""A phone of today: the notice is read on it."""
ALL_BUT_NAMES = """() => {
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll("[lang=zh-CN], script").forEach(one => one.remove());
  return document.title.split(" · ")[0] + copy.textContent;
}"""
ANSWER = """(blank) => {
  const answers = [...document.querySelectorAll("input[type=radio]")];
  for (const name of new Set(answers.map(one => one.name))) {
    const own = answers.filter(one => one.name === name);
    if (name !== blank) (own.find(one => one.value === "4") || own[1]).checked = true;
  }
  document.querySelectorAll("select").forEach(one => { one.selectedIndex = 1; });
}"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[tuple[str, Site]]:
    """Address of a small open site, and the site."""
    made = build(tmp_path_factory.mktemp("english") / "home", base_url=LOCAL)
    with running_site(made.home, free_port(0)) as address:
        yield address, made
    made.engine.dispose()


def opened(browser: Browser, screen: str, *, script: bool = True) -> BrowserContext:
    width, height = WIDTHS[screen]
    size = {"width": width, "height": height}
    return browser.new_context(viewport=size, java_script_enabled=script, bypass_csp=True)


def is_english(page: Page) -> bool:
    """No Chinese but the names of the catalogue and of the site, which say that they are."""
    words = str(page.evaluate(ALL_BUT_NAMES))
    assert not HAN.search(words), HAN.findall(words)
    return page.locator("html").get_attribute("lang") == "en"


@pytest.mark.browser
@pytest.mark.parametrize(("screen", "script"), [("phone", False), ("desktop", True)])
def test_a_trainee_answers_in_english(
    browser: Browser, running: tuple[str, Site], script: bool, screen: str
) -> None:
    address, site = running
    [ticket] = site.tickets(count=1)
    context = opened(browser, screen, script=script)
    page = context.new_page()
    page.goto(f"{address}/c/C1#{ticket}")
    follow(page.get_by_role("link", name="English"))
    assert is_english(page) and fits(page)
    shoot(page, f"english-notice-{screen}")
    follow(page.get_by_role("link", name="Start"))
    assert is_english(page)
    field = page.get_by_label("Answer code")
    if script:
        assert field.input_value() == ticket  # it has come all the way after '#'
    else:
        field.fill(ticket)
    page.evaluate(ANSWER, "q01")
    shoot(page, f"english-form-{screen}")
    assert fits(page)
    follow(page.locator("#send"))
    expect(page.locator(".confirm")).to_contain_text("Scored questions not answered yet: 1")
    assert is_english(page) and fits(page)
    if script:  # the draft goes along; without a script a link would lose what was chosen
        for name in ("中文", "English"):
            follow(page.get_by_role("link", name=name))
            assert page.locator("input[name=q02]:checked").count()
            expect(page.locator("#ticket")).to_have_value(ticket)
        follow(page.locator("#send"))
    else:
        expect(page.locator("a[hreflang]")).to_be_hidden()
    follow(page.locator("#send"))
    page.wait_for_url("**/receipt/*?lang=en")
    assert is_english(page) and fits(page)
    assert not context.cookies()
    shoot(page, f"english-receipt-{screen}")
    context.close()


@pytest.mark.browser
def test_the_language_may_be_changed_half_way(browser: Browser, running: tuple[str, Site]) -> None:
    """The draft and the answer code come along, both ways; codes do not depend on words."""
    address, site = running
    [ticket] = site.tickets(count=1)
    context = opened(browser, "phone")
    page = context.new_page()
    page.goto(f"{address}/c/C1/form?lang=en#{ticket}")
    page.locator("input[name=q01][value='4']").check(force=True)
    for name, tag in (("中文", "zh-CN"), ("English", "en")):
        follow(page.get_by_role("link", name=name))
        assert page.locator("html").get_attribute("lang") == tag
        assert page.locator("input[name=q01][value='4']").is_checked()
        expect(page.locator("#ticket")).to_have_value(ticket)
        assert ("lang=en" in page.url) == (tag == "en") and "#" not in page.url
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        ("/c/C1", "dark"),
        ("/c/C1", "light"),
        ("/c/C1/form", "dark"),
        ("/s/S1/form", "light"),
        ("/receipts/", "light"),
        ("/receipt/0", "dark"),
    ],
)
def test_english_pages_have_no_axe_violation(
    browser: Browser, running: tuple[str, Site], path: str, scheme: str
) -> None:
    address, _ = running
    context = opened(browser, "phone")
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}{path}?lang=en")
    assert is_english(page)
    check_page(page, f"english{path.replace('/', '-').rstrip('-')}-{scheme}")
    context.close()


@pytest.mark.browser
def test_a_mistake_is_told_in_english(browser: Browser, running: tuple[str, Site]) -> None:
    address, _ = running
    context = opened(browser, "phone")
    page = context.new_page()
    page.goto(f"{address}/c/C1/form?lang=en")
    page.get_by_label("Answer code").fill("ABCD-EFGH-JKMN-PQRS")
    page.evaluate(ANSWER, "")
    follow(page.locator("#send"))
    expect(page.locator("#summary")).to_contain_text("Answer code: The answer code is not right.")
    assert is_english(page)
    check_page(page, "english-wrong-ticket")
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("language", "screens"), [("", 1.5), ("?lang=en", 1.7)])
def test_the_notice_is_soon_read(
    browser: Browser, running: tuple[str, Site], language: str, screens: float
) -> None:
    address, _ = running
    context = browser.new_context(viewport=PHONE, bypass_csp=True)
    page = context.new_page()
    reply = page.goto(f"{address}/c/C1{language}")
    assert reply is not None and reply.status == 200
    page.add_style_tag(content="html{font-family:'Noto Sans SC'}")  # as wide as a phone's own
    shoot(page, f"notice-{language[-2:] or 'zh'}-390")
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height <= screens * PHONE["height"]
    context.close()
