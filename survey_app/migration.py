"""Bring a store to the newest shape, or refuse to work on one that is behind."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from instruments.faults import Place, refuse
from survey_app import db
from survey_app.config import Settings

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run every migration that the store lacks, in one transaction."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def open_store(settings: Settings) -> Engine:
    """The engine of an instance's store; refuses one that is missing or unusable, makes none."""
    if not settings.database.is_file():
        raise refuse("site.no_store", Place(file=str(settings.database)))
    engine = db.make_engine(settings.database)
    check_current(engine)
    return engine


def check_current(engine: Engine) -> None:
    """Refuse a store that another version of the program has made, or that is none."""
    try:
        with engine.execution_options(reading=True).connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except DatabaseError as error:
        engine.dispose()
        raise refuse("site.store_unreadable", detail=error.orig) from error
    if found != ScriptDirectory.from_config(_config()).get_current_head():
        raise refuse("site.store_behind", detail=found or "")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config
