"""The site: collects answers anonymously and once, keeps them, and hands them on sealed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app(home: Path) -> Flask:
    """Assemble the site of the instance folder ``home``."""
    from survey_app.assembly import assemble

    return assemble(home)
