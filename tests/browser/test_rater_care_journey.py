"""An expert calibrates on described sessions, with and without a script; the province looks on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from plain_site import Plain, running_plain_site
from playwright.sync_api import Browser, Page, expect
from shared_visits import DIMENSIONS, level, see_together, stricter
from training_ratings import SET, rate

from screens import PHONE_SIZE, check_page, follow, sign_in
from site_for_tests import PASSWORD

pytestmark = pytest.mark.browser
TARGET = 48
"""Pixels that anything to be tapped is high at least."""


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plain]:
    """A site whose experts have seen twelve sessions together; E2 has calibrated, leniently."""

    def later(visit: int, session: int, dimension: int) -> int:
        return (level if visit < 3 else stricter)(visit, session, dimension)

    with running_plain_site(tmp_path_factory.mktemp("observed") / "home") as made:
        see_together(made.site, visits=6, first=later)
        other = made.site.staff("E2")
        for place, session in enumerate(SET.sessions[:7]):
            own = {n: str(min(4, int(v) + place % 2)) for n, v in session.levels.items()}
            assert rate(other, session.code, own).status_code == 303
        yield made


def low_targets(page: Page) -> list[str]:
    """What can be tapped in the page's body and is too low, by its words."""
    found: list[str] = page.evaluate(
        """least => [...document.querySelectorAll("main :is(.button, button, .option, summary)")]
        .filter(one => one.getBoundingClientRect().height < least).map(one => one.innerText)""",
        TARGET,
    )
    return found


@pytest.mark.parametrize("script", [True, False])
def test_an_expert_rates_a_described_session(
    browser: Browser, observed: Plain, script: bool
) -> None:
    context = browser.new_context(viewport=PHONE_SIZE, java_script_enabled=script, bypass_csp=True)
    page = sign_in(context, observed.address, "E1", PASSWORD)
    follow(page.get_by_role("link", name="培训场次"))
    task = SET.sessions[0 if script else 1]
    card = page.locator(".card").filter(has_text=task.title)
    follow(card.get_by_role("link", name="评这一场"))
    expect(page.locator(".described")).to_have_text(task.text)
    if script:
        check_page(page, "expert-training-session")
        page.set_viewport_size(PHONE_SIZE)
        assert low_targets(page) == []
    for name in DIMENSIONS:
        page.locator(f'input[name="{name}"][value="3"]').check()
    follow(page.get_by_role("button", name="交出，看参考级别"))
    expect(page.locator("main")).to_contain_text(task.references[0].reason)
    if script:
        check_page(page, "expert-training-reference")
        page.set_viewport_size(PHONE_SIZE)
        assert low_targets(page) == []
    follow(page.get_by_role("link", name="返回培训场次"))
    expect(page.locator(".card").filter(has_text=task.title)).to_contain_text("已评1次")
    if script:
        check_page(page, "expert-training")
        page.set_viewport_size(PHONE_SIZE)
        assert low_targets(page) == []
    context.close()


def test_the_province_sees_all_experts(browser: Browser, observed: Plain) -> None:
    context = browser.new_context(bypass_csp=True)
    page = sign_in(context, observed.address, "boss", PASSWORD)
    page.goto(f"{observed.address}/province/experts")
    follow(page.get_by_role("link", name="专家的一致性与漂移"))
    expect(page.get_by_role("heading", level=1)).to_have_text("专家的一致性与漂移")
    expect(page.get_by_role("article").first).to_contain_text("E1")
    check_page(page, "province-raters")
    page.get_by_text("怎样算，怎样读").click()
    assert low_targets(page) == []
    context.close()
