"""Every public page, in every state: nothing for axe, nothing too wide, light and dark; prove: at
all widths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from plain_site import Plain, running_plain_site
from playwright.sync_api import Browser, Page
from test_routes import ACCESS, PUBLIC

from screens import fits, follow, shoot
from survey_app import db
from survey_app.services import board_links
from survey_app.services.places import find_class

pytestmark = pytest.mark.browser

ROSTER = "/province/rosters/class/C2"
WIDTHS = {320: 640, 390: 844, 1280: 800}
SCHEMES = ("light", "dark")
WIDE = {"form-compact", "form-errors"}
"""States of which a normal run looks at the desktop in light, of all others at the phone in dark:
the journeys look at phones in light."""
FILES = {"receipts.part_file", "receipts.heads_file"}
"""Public addresses that are no pages."""
ELSEWHERE = {"auth.index", "auth.accept", "tokens.sign"}
"""Those that lead to another page, or answer a script."""


def go(path: str) -> Callable[[Page, Plain], None]:
    def opened(page: Page, plain: Plain) -> None:
        page.goto(plain.address + path)

    return opened


def _send(page: Page, plain: Plain, ticket: str, *, compact: bool = False) -> None:
    page.goto(f"{plain.address}/c/C1/form{'?compact=1' if compact else ''}")
    page.locator("input[name=ticket]").fill(ticket)
    page.locator("input[name=q02]").nth(3).check(force=True)
    follow(page.locator("#send"))


def wrong_ticket(page: Page, plain: Plain) -> None:
    _send(page, plain, "ABCD", compact=True)


def blanks(page: Page, plain: Plain) -> None:
    _send(page, plain, plain.site.tickets(count=1)[0])


def opened_parts(page: Page, plain: Plain) -> None:
    page.goto(f"{plain.address}/c/C2/form")
    page.locator("input[name=q02]").nth(3).check(force=True)
    page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
    page.locator("#carry-on").click()


def receipt(page: Page, plain: Plain) -> None:
    page.goto(plain.address + plain.receipt())


def wrong_password(page: Page, plain: Plain) -> None:
    page.goto(f"{plain.address}/login")
    page.get_by_label("登录名").fill("boss")
    page.get_by_label("密码").fill("x" * 12)
    follow(page.get_by_role("button", name="登录"))


def window(page: Page, plain: Plain) -> None:
    staff = plain.site.staff("boss")
    people = "\n".join(f"学员{n}\t{n:04d}" for n in range(6))
    staff.post(ROSTER, do="list", members=people, until="2099-12-31")
    page.goto(f"{plain.address}/c/C2/token")


def window_over(page: Page, plain: Plain) -> None:
    plain.site.staff("boss").post(ROSTER, do="close")
    page.goto(f"{plain.address}/c/C2/token")


def invitation(page: Page, plain: Plain) -> None:
    staff = plain.site.staff("boss")
    sent = staff.post("/province/invitations", role="institution", format="csv").get_data(True)
    [secret] = re.findall(r"/invite/([^,\s]+)", sent)[:1]
    page.goto(f"{plain.address}/invite/{secret}")


def class_board(page: Page, plain: Plain) -> None:
    given = {"key": plain.site.settings.secret("board"), "base_url": "", "renew": False}
    with db.transaction(plain.site.engine) as session:
        places = [find_class(session, "C1")]
        [link] = board_links.give_links(session, places=places, by="boss", **given)
    page.goto(plain.address + link.address)


def closed(page: Page, plain: Plain) -> None:
    plain.site.staff("boss").post("/province/close")
    page.goto(f"{plain.address}/c/C1")


def receipt_part(page: Page, plain: Plain) -> None:
    page.goto(f"{plain.address}/receipts/")
    page.locator("summary").first.click()
    follow(page.locator("a.part").first)


PAGES: list[tuple[str, str, Callable[[Page, Plain], None]]] = [
    ("trainee.notice", "notice", go("/c/C1")),
    ("trainee.notice", "notice-session", go("/s/S1")),
    ("trainee.form", "form", go("/c/C2/form")),
    ("trainee.form", "form-compact", go("/c/C2/form?compact=1")),
    ("trainee.form", "form-session", go("/s/S1/form")),
    ("trainee.form", "form-opened", opened_parts),
    ("trainee.submit", "form-errors", wrong_ticket),
    ("trainee.submit", "form-blanks", blanks),
    ("trainee.show_receipt", "receipt", receipt),
    ("tokens.page", "token", window),
    ("tokens.page", "token-over", window_over),
    ("trainee.form", "form-token", go("/c/C2/form?by=token")),
    ("auth.sign_in_page", "login", go("/login")),
    ("auth.sign_in", "login-failed", wrong_password),
    ("auth.invitation", "invitation", invitation),
    ("trainee.form", "form-english", go("/c/C2/form?lang=en")),
    ("trainee.notice", "notice-english", go("/c/C1?lang=en")),
    ("boards.class_board", "class-board", class_board),
    ("receipts.listing", "receipts-none", go("/receipts/")),
    ("failure", "nowhere", go("/nowhere")),
    ("failure", "closed", closed),
    ("receipts.listing", "receipts", go("/receipts/")),
    ("receipts.part_page", "receipts-part", receipt_part),
]
"""Endpoint, name of its picture, the way there. In this order: the cycle closes on the way."""


def test_every_public_route_is_walked() -> None:
    """A new one must be added to PAGES; ``tests/test_routes.py`` holds ACCESS to the site's own."""
    public = {name for name, rule in ACCESS.items() if rule == PUBLIC}
    walked = {endpoint for endpoint, _, _ in PAGES} - {"failure"}
    assert walked | FILES | ELSEWHERE == public
    assert not walked & (FILES | ELSEWHERE)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Plain]:
    """A site of its own, for it closes on the way."""
    with running_plain_site(tmp_path_factory.mktemp("walked") / "home") as made:
        yield made


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    # axe is put into the page; colours are looked at once they have changed
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.mark.prove
@pytest.mark.parametrize(("endpoint", "name", "way"), PAGES, ids=[name for _, name, _ in PAGES])
def test_it_is_accessible_and_fits(
    page: Page,
    plain: Plain,
    full_count: bool,
    proven: Callable[[str], None],
    endpoint: str,
    name: str,
    way: Callable[[Page, Plain], None],
) -> None:
    way(page, plain)
    looked = 0
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert fits(page), f"{name} at {width} px"
        for scheme in SCHEMES:
            quick = (1280, "light") if name in WIDE else (320, "dark")
            if full_count or (width, scheme) == quick:
                page.emulate_media(color_scheme=scheme)
                shoot(page, f"public-{name}-{width}-{scheme}")
                found = Axe().run(page)
                assert found.response["violations"] == [], found.generate_report()
                looked += 1
    proven(f"{endpoint}: {looked} screens, 0 axe violations")


def test_axe_would_find_what_is_wrong(page: Page, plain: Plain) -> None:
    page.goto(f"{plain.address}/login")
    page.locator("label").first.evaluate("one => one.remove()")
    page.add_style_tag(content="h1{color:#bbb}")
    page.emulate_media(color_scheme="light")
    rules = {one["id"] for one in Axe().run(page).response["violations"]}
    assert {"label", "color-contrast"} <= rules
