"""Options and fixtures shared by every test; `make prove` and its record."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

from reports.commands import pin_kernel

pin_kernel()  # as every command does, before anything imports numpy: several tests run at once

import hypothesis
import pytest
from disk import NO_COMPILER
from forms_of_others import NO_EXAMPLES
from postgres_server import NO_SERVER

import proofs

hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine is no fault
hypothesis.settings.load_profile("untimed")
LONGEST = "test_straight_line.py", "test_newcomers_item.py"
ONE_STORE = ("sqlite", "once")
PROVED_AT = pytest.StashKey[str]()
NO_BROWSER = "no chromium on PATH: install Debian's package `chromium`"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--prove", action="store_true", help="run the long proofs at full count")


def pytest_configure(config: pytest.Config) -> None:
    """Note at the beginning which code is proved: commits may follow while it runs."""
    if config.getoption("--prove"):
        config.stash[PROVED_AT] = proofs.commit()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first, so that no core waits for them at the end. With --prove: the proofs
    alone, without those already done at this commit. On another store than SQLite: without what is
    about SQLite's file, or the same whatever the store."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
    if os.environ.get("GUOPEI_TEST_STORE", "sqlite") != "sqlite":
        items[:] = [item for item in items if not any(map(item.get_closest_marker, ONE_STORE))]
    if config.getoption("--prove"):
        known, now = proofs.read_all(), config.stash[PROVED_AT]
        proving = [item for item in items if item.get_closest_marker("prove")]
        kept = [i for i in proving if not proofs.is_done(i.nodeid, known=known, now=now)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Who is marked `once` gets no site on the store of the run (``site_for_tests.build``)."""
    os.environ["GUOPEI_TEST_ONCE"] = "1" if item.get_closest_marker("once") else ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly, name by name, what a machine that lacks something did not test."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason in (NO_BROWSER, NO_SERVER, NO_COMPILER, NO_EXAMPLES):
        missed = [one.nodeid for one in skipped if reason in str(one.longrepr)]
        if missed:
            terminalreporter.section("NOT TESTED", sep="!", red=True)
            for name in missed:
                terminalreporter.line(name, red=True)
            terminalreporter.line(f"{len(missed)} tests: {reason}", red=True)


@pytest.fixture(autouse=True)
def ordinary_umask() -> Iterator[None]:
    """Every test begins with the usual one, whatever a command in another test has set."""
    former = os.umask(0o022)
    yield
    os.umask(former)


@pytest.fixture(scope="session")
def full_count(request: pytest.FixtureRequest) -> bool:
    """Whether long proofs run at their full count (`make prove`)."""
    return bool(request.config.getoption("--prove"))


@pytest.fixture
def proven(request: pytest.FixtureRequest, full_count: bool) -> Callable[[str], None]:
    """Called at the end of a proof with its figures, which docs/proof.md then shows."""

    def record(figures: str) -> None:
        if full_count:
            proofs.record(request.node.nodeid, figures, at=request.config.stash[PROVED_AT])

    return record


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a real Chromium. CI must have one; elsewhere the skip says so loudly."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path:
        return path
    if os.environ.get("GUOPEI_REQUIRE_BROWSER"):
        pytest.fail("GUOPEI_REQUIRE_BROWSER is set and there is no chromium on PATH")
    return pytest.skip(NO_BROWSER)
