"""Options and fixtures shared by every test."""

from __future__ import annotations

import os
import shutil
import warnings

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--prove", action="store_true", help="run the long proofs at full count")


@pytest.fixture(scope="session")
def full_count(request: pytest.FixtureRequest) -> bool:
    """Whether long proofs run at their full count (`make prove`)."""
    return bool(request.config.getoption("--prove"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a real Chromium. CI must have one; elsewhere the skip says so loudly."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path:
        return path
    if os.environ.get("GUOPEI_REQUIRE_BROWSER"):
        pytest.fail("GUOPEI_REQUIRE_BROWSER is set and there is no chromium on PATH")
    warnings.warn("NO CHROMIUM: the browser journeys were NOT tested", UserWarning, stacklevel=1)
    return pytest.skip("no chromium on PATH: install Debian's package `chromium`")
