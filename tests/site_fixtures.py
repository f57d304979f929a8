"""Fixtures: a fresh site per test, open or in preparation."""

from __future__ import annotations

from pathlib import Path

import pytest

from site_for_tests import build


@pytest.fixture
def site(tmp_path: Path):
    """An open cycle."""
    made = build(tmp_path / "home")
    yield made
    made.engine.dispose()


@pytest.fixture
def preparing(tmp_path: Path):
    """A cycle in preparation."""
    made = build(tmp_path / "home", state="准备")
    yield made
    made.engine.dispose()


@pytest.fixture
def whole(tmp_path: Path):
    """An open cycle of the whole programme with small forms of every kind."""
    made = build(tmp_path / "home", whole=True)
    yield made
    made.engine.dispose()
