"""What every browser journey needs besides fixtures: screens, pictures, fit."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize

WIDTHS = {"phone": (320, 640), "desktop": (1280, 800)}
PHONE_SIZE, DESKTOP_SIZE = (
    ViewportSize(width=width, height=height) for width, height in WIDTHS.values()
)

TOP = 1200
"""Pixels of a long page that a guide shows: the rest is only more of the same."""


def shoot(page: Page, name: str) -> None:
    """Keep a picture, whole and its top, when GUOPEI_SHOTS names a folder for them."""
    folder = os.environ.get("GUOPEI_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.evaluate("scrollTo(0, 0)")  # what sticks to the top is where a reader looks first
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
        tall, wide = page.evaluate("document.documentElement.scrollHeight"), page.viewport_size
        top = {"x": 0, "y": 0, "width": wide["width"], "height": min(tall, TOP)}
        file = Path(folder) / "top" / f"{name}.png"
        page.screenshot(path=str(file), full_page=True, clip=top)


def fits(page: Page) -> bool:
    """Whether the page, once it is there, needs no sideways scrolling."""
    page.wait_for_load_state()
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


def follow(link: Locator) -> None:
    """Click what leads to another page, and be there: a bare click does not wait for it."""
    with link.page.expect_navigation():
        link.click()


def sign_in(context: BrowserContext, address: str, login: str, password: str) -> Page:
    """A page on which somebody has signed in by the form."""
    page = context.new_page()
    page.goto(f"{address}/login")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(password)
    follow(page.get_by_role("button", name="登录"))
    return page


def check_page(page: Page, name: str) -> None:
    """No axe violation, no sideways scroll at either width, and a picture of both. Pages whose
    name has an even number of letters are looked at in dark: both are seen, and none costs more."""
    for screen, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert fits(page), f"{name} at {width} px"
        shoot(page, f"{name}-{screen}")
    dark = len(name) % 2 == 0
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    found = Axe().run(page)
    page.emulate_media(color_scheme="light")
    assert found.response["violations"] == [], found.generate_report()
