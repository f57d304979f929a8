"""Bring a store to the newest shape, or refuse to work on one that is behind."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, OperationalError

from instruments.faults import Place, refuse
from survey_app import db
from survey_app.config import Settings
from survey_app.stores import store_of

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run every migration that the store lacks, in one transaction; refuses a server that is not
    fit for answers."""
    config = _config()
    _check_server(engine)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def open_store(settings: Settings) -> Engine:
    """The engine of an instance's store; refuses one that is missing or unusable, makes none."""
    if not (settings.database or settings.file.is_file()):
        raise refuse("site.no_store", Place(file=str(settings.file)))
    engine = db.make_engine(settings.address)
    _check_server(engine)
    check_current(engine)
    return engine


def _check_server(engine: Engine) -> None:
    try:
        store_of(engine).check_server(engine)
    except OperationalError as error:
        engine.dispose()
        raise refuse("site.store_unreachable", detail=_first_line(error)) from error


def _first_line(error: DatabaseError) -> str:
    return next(iter(str(error.orig).strip().splitlines()), "")


def check_current(engine: Engine) -> None:
    """Refuse a store that another version of the program has made, or that is none."""
    try:
        with engine.execution_options(access="reading").connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except DatabaseError as error:
        engine.dispose()
        raise refuse("site.store_unreadable", detail=_first_line(error)) from error
    if found != ScriptDirectory.from_config(_config()).get_current_head():
        raise refuse("site.store_behind", detail=found or "")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config
