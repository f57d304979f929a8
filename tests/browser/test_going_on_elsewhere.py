"""A teacher stops and goes on elsewhere: the draft is carried by hand, past the server; and every
phone's browser will do, the one that refuses cookies and storage among them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FLAGS
from plain_site import Plain
from playwright.sync_api import Browser, BrowserContext, Page, expect

from screens import DESKTOP_SIZE, PHONE_SIZE, follow

pytestmark = pytest.mark.browser

FORM = "/c/C1/form"
WECHAT = (
    "Mozilla/5.0 (Linux; Android 12; M2012K11AC) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/107.0.5304.141 Mobile Safari/537.36 MicroMessenger/8.0.30.2260 NetType/4G"
)


@pytest.fixture
def phones(browser: Browser) -> Iterator[list[BrowserContext]]:
    """A phone, and a computer that knows nothing of it."""
    contexts = [browser.new_context(viewport=size) for size in (PHONE_SIZE, DESKTOP_SIZE)]
    yield contexts
    for context in contexts:
        context.close()


def begun(context: BrowserContext, plain: Plain, ticket: str) -> Page:
    page = context.new_page()
    page.goto(f"{plain.address}{FORM}#{ticket}")
    page.locator("input[name=q02]").nth(3).check(force=True)
    page.locator("textarea[name=comment]").fill("讲得很细，“引号”也在")
    page.get_by_text("换一部手机或电脑接着填").click()
    return page


def saved(page: Page, folder: Path) -> str:
    with page.expect_download() as waiting:
        page.get_by_role("link", name="存为文件").click()
    waiting.value.save_as(folder / "draft.txt")
    return (folder / "draft.txt").read_text(encoding="utf-8")


def test_the_draft_is_carried_and_sent_from_elsewhere(phones, plain: Plain, tmp_path: Path) -> None:
    phone, computer = phones
    [ticket] = plain.site.tickets(count=1)
    page = begun(phone, plain, ticket)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    text = saved(page, tmp_path)
    assert not [url for url in asked if url.startswith("http")]  # nothing passes the server
    for own in ("response", "nonce", "ticket"):  # what would tell whose answer it becomes
        assert page.locator(f"#form input[name={own}]").input_value() not in text
    other = computer.new_page()
    other.goto(plain.address + FORM)
    mine = other.locator("input[name=response]").input_value()
    other.get_by_text("换一部手机或电脑接着填").click()
    other.get_by_label("在这里粘贴草稿").fill(f"我的草稿 {text}")
    other.get_by_role("button", name="接着填").click()
    expect(other.locator("#carry-told")).to_contain_text("共2项")
    assert other.locator("input[name=q02]").nth(3).is_checked()
    assert other.locator("textarea[name=comment]").input_value() == "讲得很细，“引号”也在"
    assert other.locator("input[name=response]").input_value() == mine
    other.locator("input[name=ticket]").fill(ticket)
    follow(other.locator("#send"))
    follow(other.locator("#send"))  # the other items are blank
    other.wait_for_url("**/receipt/*")
    assert other.evaluate("Object.keys(localStorage).length") == 0
    follow(page.locator("#send"))
    page.locator("#send").click()
    expect(page.locator("#error-ticket")).to_contain_text("已经用过")  # once is once


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "guopei-1:",
        "guopei-1:{}",
        'guopei-1:{"of":"/c/C2/form","values":{"q02":["1"]}}',
        'guopei-1:{"of":"/c/C1/form","values":null}',
        '{"of":"/c/C1/form"}',
    ],
)
def test_what_is_no_draft_of_this_page_changes_nothing(phones, plain: Plain, pasted: str) -> None:
    page = begun(phones[0], plain, "")
    page.get_by_label("在这里粘贴草稿").fill(pasted)
    page.get_by_role("button", name="接着填").click()
    expect(page.locator("#carry-told")).to_contain_text("没有改动")
    assert page.locator("input[name=q02]").nth(3).is_checked()


def test_a_hostile_draft_does_no_more_than_fill_fields(phones, plain: Plain) -> None:
    page = begun(phones[0], plain, "")
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    values = {
        "comment": ["</textarea><img src=x onerror=document.title='x'>"],
        "response": ["0" * 32],
        "token": ["x"],
        "q02": {"length": 3},
        "__proto__": ["1"],
        "q03": [["2"]],
    }
    hostile = "guopei-1:" + json.dumps({"of": FORM, "values": values})
    page.get_by_label("在这里粘贴草稿").fill(hostile)
    page.get_by_role("button", name="接着填").click()
    expect(page.locator("#carry-told")).to_contain_text("草稿已经填入")
    assert page.locator("input[name=response]").input_value() != "0" * 32
    assert page.locator("input[name=token]").input_value() != "x"
    assert page.locator("main img").count() == 0 and failures == []


def test_a_browser_that_refuses_cookies_and_storage(
    browser: Browser, chromium: str, plain: Plain, tmp_path: Path
) -> None:
    """WeChat's name and a Chromium told to refuse all that a site may leave: the form, the draft
    carried by hand, and the receipt work."""
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(settings))
    [ticket] = plain.site.tickets(count=1)
    context = browser.browser_type.launch_persistent_context(
        str(tmp_path), executable_path=chromium, args=FLAGS, user_agent=WECHAT, viewport=PHONE_SIZE
    )
    failures: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(f"{plain.address}{FORM}#{ticket}")
    refused = "() => { try { return !localStorage } catch (error) { return true } }"
    assert page.evaluate(refused)
    page.locator("input[name=q02]").nth(3).check(force=True)
    page.get_by_text("换一部手机或电脑接着填").click()
    page.get_by_role("button", name="复制草稿").click()
    expect(page.locator("#carry-told")).to_contain_text("草稿")
    follow(page.locator("#send"))
    follow(page.locator("#send"))
    page.wait_for_url("**/receipt/*")
    page.evaluate("history.go(-2)")  # past the confirmation, which no browser keeps
    page.wait_for_url("**/form")
    expect(page.locator("#send")).to_be_visible()
    assert page.locator("input[type=radio]:checked").count() == 0
    assert failures == []
    context.close()
