"""An expert's phone in the field: packed, filled and killed without a signal, delivered."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest
from chinese_fonts import with_fonts
from plain_site import Plain
from playwright.sync_api import BrowserContext, Page, Playwright, expect
from sqlalchemy import select

from screens import check_page, sign_in
from site_for_tests import PASSWORD
from survey_app import db
from survey_app.models import ArrivalRow, ObservationRow

pytestmark = pytest.mark.browser
FIELD = "/expert/field/"
LEVELS = ("e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8a", "e8b")


def phone(player: Playwright, chromium: str, folder: Path, fonts: dict[str, str]) -> BrowserContext:
    """A browser with a profile of its own, which outlives its death."""
    return player.chromium.launch_persistent_context(
        str(folder),
        executable_path=chromium,
        args=["--no-sandbox", "--disable-gpu"],
        env=fonts,
        viewport={"width": 320, "height": 640},
    )


def kill(folder: Path) -> None:
    """Kill the browser of this profile with all its processes, as an empty battery does."""
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in part for part in process.info["cmdline"] or ()):
            os.kill(process.pid, signal.SIGKILL)


def ready(page: Page, address: str, place: str = "") -> None:
    page.goto(f"{address}{FIELD}{place}")
    expect(page.locator("body[data-ready]")).to_be_attached()


def arrivals(declared: Plain) -> list[ArrivalRow]:
    with db.look(declared.site.engine) as session:
        return list(session.scalars(select(ArrivalRow)))


def test_a_session_filled_without_a_signal_survives_a_kill_and_is_delivered_once(
    player: Playwright, chromium: str, declared: Plain, tmp_path: Path
) -> None:
    fonts = with_fonts(tmp_path)
    folder = tmp_path / "profile"
    context = phone(player, chromium, folder, fonts)
    page = sign_in(context, declared.address, "E1", PASSWORD)
    ready(page, declared.address)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    check_page(page, "field-home")
    page.set_viewport_size({"width": 320, "height": 640})

    context.set_offline(True)
    page.reload()
    expect(page.locator("#said")).to_contain_text("没有连上网")
    page.get_by_role("link", name="示例场次").first.click()
    page.locator("input[name=due]").fill("40")
    page.locator("input[name=e1][value='3']").check(force=True)
    expect(page.locator("#state")).to_have_text("草稿，已存在本机")
    kill(folder)

    context = phone(player, chromium, folder, fonts)
    context.set_offline(True)
    page = context.new_page()
    ready(page, declared.address, "#V1/S1")
    assert page.locator("input[name=due]").input_value() == "40"
    assert page.locator("input[name=e1][value='3']").is_checked()
    page.locator("input[name=present]").fill("39")
    page.locator("input[name=lecturer_as_planned][value=yes]").check(force=True)
    for level in LEVELS:
        page.locator(f"input[name={level}][value='3']").check(force=True)
        page.locator(f"input[name={level}_evidence]").fill("看到学员分组试讲")
    page.locator("#finish").click()
    expect(page.locator("#count-waiting")).to_have_text("1")
    assert arrivals(declared) == []
    context.set_offline(False)
    expect(page.locator("#said")).to_contain_text("登录已过期")  # it died with the browser
    page.close()
    page = sign_in(context, declared.address, "E1", PASSWORD)
    ready(page, declared.address)
    expect(page.locator("#count-delivered")).to_have_text("1")
    [arrival] = arrivals(declared)
    assert arrival.standing == "taken" and json.loads(arrival.content)["answers"]["due"] == ["40"]
    with db.look(declared.site.engine) as session:
        [row] = session.scalars(select(ObservationRow))
        assert json.loads(row.answers)["e8b_evidence"] == "看到学员分组试讲"
    context.close()
