"""How every command comes to the instance that it works on."""

from __future__ import annotations

from sqlalchemy import Engine

from survey_app.config import Settings, load_settings
from survey_app.instance import instance_home, keep_private
from survey_app.migration import open_store


def open_instance() -> tuple[Engine, Settings]:
    """Store and settings of the instance that GUOPEI_HOME names; refuses one that is not usable.

    From then on nobody but the owner may read what this process writes.
    """
    keep_private()
    settings = load_settings(instance_home())
    return open_store(settings), settings
