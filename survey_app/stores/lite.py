"""SQLite: one file, one writer at a time, an emptied log."""

from __future__ import annotations

from typing import Any

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects.sqlite import insert as insert  # noqa: PLC0414

from instruments.faults import Fault, refuse
from survey_app.stores import PATIENCE

HASTE = 100
"""Milliseconds to wait for readers when the log is emptied."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={PATIENCE}",
    "secure_delete=ON",
)


def is_sound(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset fault (back-ported to 3.44.6 and 3.50.7;
    3.52 was withdrawn)."""
    if version[:2] == (3, 52):
        return False
    ported = any(version[:2] == line[:2] and version >= line for line in ((3, 44, 6), (3, 50, 7)))
    return ported or version >= (3, 51, 3)


def make_engine(address: str) -> Engine:
    """The engine that every process uses which writes to the site's file."""
    if not is_sound(sqlite.sqlite_version_info):
        raise refuse("site.sqlite_affected", detail=sqlite.sqlite_version)
    engine = create_engine(
        address, module=sqlite, hide_parameters=True, pool_size=32, max_overflow=32
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def check_server(_engine: Engine) -> None:
    """Nothing to refuse: every setting is made by the connection itself."""


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours alone
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("access") == "reading"
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def forget_order(engine: Engine) -> None:
    """Empty the write-ahead log: its frames would tell which ticket was spent with which answer.

    Readers may hold it up for a moment; then the next commit empties it.
    """
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={HASTE}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.cursor().execute(f"PRAGMA busy_timeout={PATIENCE}")
        connection.close()


def forget_layout(engine: Engine) -> list[Fault]:
    """Write the file anew in key order: where a row lies on its page would tell when it came."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM")
    finally:
        connection.close()
    forget_order(engine)
    return []
