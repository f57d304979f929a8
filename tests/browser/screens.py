"""What every browser journey needs besides fixtures: screens, pictures, fit."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = {"phone": (320, 640), "desktop": (1280, 800)}


def shoot(page: Page, name: str) -> None:
    """Keep a picture when GUOPEI_SHOTS names a folder for them."""
    folder = os.environ.get("GUOPEI_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def fits(page: Page) -> bool:
    """Whether the page needs no sideways scrolling."""
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


def check_page(page: Page, name: str) -> None:
    """No axe violation, no sideways scroll at either width, and a picture of both."""
    for screen, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert fits(page), f"{name} at {width} px"
        shoot(page, f"{name}-{screen}")
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()
