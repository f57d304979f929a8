"""A running site with a small sample programme, and a real Chromium to use it with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from chinese_fonts import with_fonts
from plain_site import Plain, running_plain_site
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from scored_site import plant_screening, score_whole

from instruments.catalogue_writer import write_catalogue
from instruments.programme import Catalogue
from screens import sign_in
from site_for_tests import PASSWORD, build
from survey_app.demo import server
from survey_app.demo.people import Clerk
from survey_app.demo.programme import sample_catalogue
from survey_app.demo.run import make_instance
from survey_app.demo.server import free_port, running_site

LOCAL = "http://127.0.0.1:8000"
DESKTOP = {"width": 1280, "height": 800}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=30_000)  # a machine that is busy is no fault of the page
server.START_SECONDS = 600  # nor of the site


@dataclass(frozen=True)
class Site:
    """Where the site runs and how its clerk signs in."""

    address: str
    home: Path
    login: str
    password: str


@pytest.fixture(scope="session")
def player() -> Iterator[Playwright]:
    """What opens browsers; there can be one in a process."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(
    player: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    fonts = with_fonts(tmp_path_factory.mktemp("fonts"))
    opened = player.chromium.launch(executable_path=chromium, args=FLAGS, env=fonts)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A fresh instance: nothing imported yet."""
    home = tmp_path_factory.mktemp("site") / "instance"
    login, password = make_instance(home)
    with running_site(home, free_port(0)) as address:
        yield Site(address, home, login, password)


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plain]:
    """A small open site whose expert E1 has declared no conflict for the visit V1."""
    with running_plain_site(tmp_path_factory.mktemp("declared") / "home") as made:
        made.site.staff("E1").post("/expert/visits/V1/declaration", declaration="none")
        yield made


@pytest.fixture(scope="session")
def small() -> Catalogue:
    """The sample programme with twelve classes, one of each module among them."""
    return sample_catalogue(np.random.default_rng(7), trainees=360, classes=12)


@pytest.fixture(scope="session")
def workbook(small: Catalogue) -> bytes:
    """The sample programme as the clerk's workbook."""
    return write_catalogue(small)


@pytest.fixture(scope="module")
def open_site(site: Site, workbook: bytes) -> tuple[Site, Clerk]:
    """The site with the programme imported and the cycle open."""
    clerk = Clerk(site.address, site.login, site.password)
    clerk.import_workbook("样例.xlsx", workbook)
    clerk.post("/province/open")
    return site, clerk


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running site whose small cycle is scored."""
    made = build(tmp_path_factory.mktemp("scored") / "home", base_url=LOCAL, whole=True)
    score_whole(made)
    plant_screening(made)
    made.engine.dispose()
    with running_site(made.home, free_port(0)) as address:
        yield address


@pytest.fixture
def boss(browser: Browser, scored: str) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP, bypass_csp=True)
    yield sign_in(context, scored, "boss", PASSWORD)
    context.close()


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Plain]:
    """A small open site, made without a browser in a second or two; it stays open."""
    with running_plain_site(tmp_path_factory.mktemp("plain") / "home") as made:
        yield made
