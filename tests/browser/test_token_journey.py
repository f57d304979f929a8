"""A remote trainee's phone: fetches a token by name, comes back when that is over, answers."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from screens import check_page, follow, sign_in

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 640}
ROSTER = "/province/rosters/class/C01"
PEOPLE = [(f"学员{place}", f"{place:04d}") for place in range(8)]
UNTIL = "2099-12-31"


@pytest.fixture(scope="module")
def listed(open_site) -> str:
    """The site's address, a class's roster being listed there."""
    site, clerk = open_site
    pasted = "\n".join("\t".join(person) for person in PEOPLE)
    clerk.post(ROSTER, do="list", members=pasted, until=UNTIL)
    return site.address


@pytest.fixture(scope="module")
def shut(listed: str, open_site, browser: Browser) -> tuple[str, BrowserContext, str]:
    """The address after the window has closed, a phone that holds a token, and another token."""
    _, clerk = open_site
    context = browser.new_context(viewport=PHONE)
    token = fetch(opened(context, listed), 6)
    other = browser.new_context(viewport=PHONE)
    spare = fetch(opened(other, listed), 7)
    other.close()
    clerk.post(ROSTER, do="close")
    assert token != spare
    return listed, context, spare


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A phone under the site's own content policy."""
    context = browser.new_context(viewport=PHONE)
    yield context
    context.close()


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(f"{address}/c/C01/token")
    return page


def ask(page: Page, name: str, secret: str) -> None:
    page.get_by_label("姓名").fill(name)
    page.get_by_label("手机号后四位").fill(secret)
    page.get_by_role("button", name="领取").click()


def fetch(page: Page, place: int) -> str:
    """Somebody of the roster fetches; the token as the page shows it."""
    ask(page, *PEOPLE[place])
    expect(page.get_by_label("姓名")).to_be_hidden()
    return page.get_by_label("令牌", exact=True).input_value()


def kept(page: Page) -> str:
    return str(page.evaluate("JSON.stringify(Object.assign({}, localStorage))"))


def test_the_pages_are_accessible_and_fit(browser: Browser, listed: str, open_site) -> None:
    site, _ = open_site
    context = browser.new_context(viewport=PHONE, bypass_csp=True)  # axe is put into the page
    page = opened(context, listed)
    check_page(page, "token-fetch")
    ask(page, "查无此人", "1234")
    expect(page.get_by_role("alert")).to_contain_text("名单上没有这个姓名")
    check_page(page, "token-refused")
    fetch(page, 0)
    check_page(page, "token-kept")
    boss = sign_in(context, listed, site.login, site.password)
    boss.goto(f"{listed}{ROSTER}")
    check_page(boss, "province-roster")
    boss.get_by_label("名单").fill("张三")
    boss.get_by_role("button", name="登记").click()
    expect(boss.get_by_role("alert")).to_contain_text("第1行")
    check_page(boss, "province-roster-faults")
    boss.goto(f"{listed}/province/classes/C01")
    check_page(boss, "province-class-remote")
    context.close()


def test_a_lost_reply_costs_nobody_the_token(phone: BrowserContext, listed: str) -> None:
    page = opened(phone, listed)
    sent: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.post_data or "")
        if len(sent) == 1 and not route.request.is_navigation_request():
            route.fetch()  # the site has signed; its answer does not arrive
            route.abort()
        else:
            route.continue_()

    page.route("**/token", lose)
    ask(page, *PEOPLE[1])
    expect(page.get_by_role("alert")).to_contain_text("重试不会多领")
    page.reload()
    token = fetch(page, 1)
    assert len(sent) == 2 and sent[0] == sent[1]
    assert token in kept(page) and "begun" not in kept(page)
    assert PEOPLE[1][0] not in kept(page)


def test_one_phone_for_two_and_one_token_for_each(phone: BrowserContext, listed: str) -> None:
    page = opened(phone, listed)
    first = fetch(page, 2)
    page.reload()
    assert page.get_by_label("令牌", exact=True).input_value() == first
    expect(page.get_by_label("姓名")).to_be_hidden()
    page.get_by_text("凭姓名领取，每人一个").click()
    second = fetch(page, 3)
    assert first != second and first in kept(page) and second in kept(page)
    page.get_by_text("凭姓名领取，每人一个").click()
    ask(page, *PEOPLE[3])
    expect(page.get_by_role("alert")).to_contain_text("已经领过令牌")
    assert not phone.cookies()


def test_a_phone_that_keeps_nothing_says_so(browser: Browser, listed: str) -> None:
    context = browser.new_context(viewport=PHONE)
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})"
    )
    page = opened(context, listed)
    assert len(fetch(page, 4)) == 641
    expect(page.locator("#told")).to_contain_text("现在就复制")
    with page.expect_download() as saved:
        page.get_by_role("link", name="存为文件").click()
    assert len(saved.value.path().read_text(encoding="utf-8")) == 641
    context.close()


@pytest.mark.parametrize("lacking", ["script", "cryptography"])
def test_without_means_the_way_out_is_told(browser: Browser, listed: str, lacking: str) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=lacking != "script")
    context.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    page = opened(context, listed)
    expect(page.locator("#without")).to_contain_text("向班主任要一张纸条")
    expect(page.get_by_label("姓名")).to_be_hidden()
    context.close()


def answer(page: Page) -> None:
    page.locator("input[type=radio][name=q02]").nth(3).check(force=True)
    follow(page.locator("#send"))
    follow(page.locator("#send"))  # most items are blank: once more
    page.wait_for_url("**/receipt/*")


def test_back_when_it_is_shut_the_phone_answers_with_its_token(shut) -> None:
    address, context, _ = shut
    page = opened(context, address)
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.post_data or ""))
    follow(page.get_by_role("link", name="用令牌作答"))
    expect(page.locator("#filled")).to_be_visible()
    expect(page.locator("#held")).to_be_hidden()
    answer(page)
    expect(page.locator("#receipt")).to_be_visible()
    page.wait_for_function("Object.keys(localStorage).length === 0")
    assert not context.cookies()
    answers = [parse_qs(body) for body in posted if "held=" in body]
    assert len(answers) == 2  # once more for the blanks
    assert not {"name", "secret", "ticket"} & set(answers[0]) and PEOPLE[6][0] not in str(answers)
    context.close()


def test_a_token_is_taken_along_to_another_browser(browser: Browser, shut) -> None:
    address, _, spare = shut
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = opened(context, address)
    follow(page.get_by_role("link", name="粘贴令牌"))
    page.get_by_label("令牌").fill(spare[:-1] + ("0" if spare[-1] != "0" else "1"))
    follow(page.locator("#send"))
    expect(page.get_by_role("alert")).to_contain_text("令牌有误")
    page.get_by_label("令牌").fill(spare)
    answer(page)
    context.close()


def test_the_form_for_tokens_is_accessible(browser: Browser, shut) -> None:
    context = browser.new_context(viewport=PHONE, bypass_csp=True)
    page = opened(context, shut[0])
    check_page(page, "token-over")
    follow(page.get_by_role("link", name="粘贴令牌"))
    check_page(page, "token-form")
    context.close()
