"""The page of classes to look at again, as the province sees it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from screens import check_page, follow

pytestmark = pytest.mark.browser


def test_raised_classes_are_found_from_the_board(boss: Page, scored: str) -> None:
    boss.goto(f"{scored}/province/")
    follow(boss.get_by_role("link", name="班级复核"))
    expect(boss.get_by_role("heading", level=1)).to_have_text("班级复核")
    expect(boss.get_by_role("article")).to_contain_text("多题相近")
    expect(boss.locator("main")).to_contain_text("提请复核不等于有人造假")
    check_page(boss, "province-class-screens")
    boss.emulate_media(color_scheme="dark")
    check_page(boss, "province-class-screens-dark")
    boss.emulate_media(color_scheme="light")
    follow(boss.get_by_role("article").get_by_role("link"))
    expect(boss.get_by_role("heading", level=1)).to_contain_text("示例一班")
