"""Every form that trainees and schools get, filled on a phone: each module, sessions, follow-up.

Records, reviews and visits are filled in the journeys of those who hand them in.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from instruments.builtin import instrument_sources, load_instruments
from instruments.programme import Catalogue
from instruments.types import labels_of, module_for
from screens import check_page, follow, sign_in
from survey_app.demo.people import Slip

pytestmark = pytest.mark.browser
PHONE = {"width": 320, "height": 640}
RATER = "school_rater"
MOST = 30
"""Items that one trainee is asked at most."""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def slips(open_site) -> dict[str, Slip]:
    """One code for a class of each module."""
    _, clerk = open_site
    return {slip.class_code: slip for slip in clerk.slips("classes")}


def answer(page: Page, slip: Slip, address: str, name: str) -> int:
    """Fill what is asked of whoever holds ``slip`` and send it; returns how many items it was."""
    page.goto(f"{address}{slip.door}/form#{slip.ticket}")
    page.locator("input[name=ticket]").fill(slip.ticket)
    asked = 0
    for group in page.locator("fieldset:has(input[type=radio], input[type=checkbox])").all():
        if group.is_visible():
            group.locator("label").nth(1).click()
            asked += 1
    for select in page.locator("select:visible").all():
        select.select_option(index=2)
        asked += 1
    check_page(page, name)
    page.set_viewport_size(PHONE)
    follow(page.locator("#send"))
    if page.locator(".confirm").count():  # free text may stay empty
        follow(page.locator("#send"))
    page.wait_for_url("**/receipt/*")
    return asked


@pytest.mark.parametrize("module", sorted(labels_of("modules")))
def test_1_a_trainee_of_every_module(
    module: str, page: Page, open_site, slips: dict[str, Slip], small: Catalogue
) -> None:
    site, _ = open_site
    projects = {p.code for p in small.projects if module_for(p.type, p.mode) == module}
    own = next(c.code for c in small.classes if c.project in projects)
    asked = answer(page, slips[own], site.address, f"trainee-module-{module.replace('_', '-')}")
    assert 20 < asked <= MOST


def test_2_a_session_just_over(page: Page, open_site) -> None:
    site, clerk = open_site
    slip = clerk.slips("sessions")[0]
    assert answer(page, slip, site.address, "trainee-session") >= 5


def test_3_months_later_trainees_and_their_schools(browser: Browser, page: Page, open_site) -> None:
    site, clerk = open_site
    for step in ("close", "extract"):
        clerk.post(f"/province/{step}")
    clerk.score(lambda _: None)
    clerk.post("/province/open")
    answer(page, clerk.slips("followups")[0], site.address, "trainee-followup")
    code, known = next(iter(clerk.invite("school").items()))
    context = browser.new_context(viewport=PHONE, bypass_csp=True)
    mine = sign_in(context, site.address, *known)
    mine.goto(f"{site.address}/records/")
    title = next(one.title for one in load_instruments(instrument_sources()) if one.code == RATER)
    follow(mine.locator(".card", has_text=title).first.get_by_role("link"))
    for group in mine.locator("form#form fieldset:has(input[type=radio])").all():
        if group.is_visible():
            group.locator("label").first.click()
    check_page(mine, "school-rater")
    mine.set_viewport_size(PHONE)
    follow(mine.locator("#send"))
    if mine.locator("#send").count() and "/view" not in mine.url:
        follow(mine.locator("#send"))
    expect(mine.locator("#state")).to_contain_text("已提交"), code
    context.close()
