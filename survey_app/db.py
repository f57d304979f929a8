"""One engine for every writer, and the one rule of commit: before the reply, or not at all.

A request that returns commits before its reply is sent; a request that raises leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
from flask import Flask, Response, current_app, g, request
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from instruments.faults import refuse

PATIENCE, HASTE = 15_000, 100
"""Milliseconds to wait for another writer, and for readers when the log is emptied."""
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


def make_engine(path: Path) -> Engine:
    """The engine that every process uses which writes to the site's file."""
    if not is_sound(sqlite.sqlite_version_info):
        raise refuse("site.sqlite_affected", detail=sqlite.sqlite_version)
    engine = create_engine(
        f"sqlite:///{path}", module=sqlite, hide_parameters=True, pool_size=32, max_overflow=32
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours alone
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A writing transaction for commands and jobs: committed at the end, or nothing."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def look(engine: Engine) -> Iterator[Session]:
    """A reading transaction: one consistent state, no lock taken from writers."""
    with Session(engine.execution_options(reading=True), expire_on_commit=False) as session:
        yield session


def bind(app: Flask, engine: Engine) -> None:
    """Give each request its transaction."""
    app.extensions["engine"] = engine
    app.after_request(_commit)
    app.teardown_appcontext(_close)


def engine() -> Engine:
    """The running site's engine."""
    found: Engine = current_app.extensions["engine"]
    return found


def current() -> Session:
    """This request's session; it takes the write lock at its first statement unless reading."""
    if "session" not in g:
        reading = request.method in ("GET", "HEAD", "OPTIONS")
        source = engine().execution_options(reading=True) if reading else engine()
        g.session = Session(source, expire_on_commit=False)
    session: Session = g.session
    return session


def abandon() -> None:
    """Undo what this request has written so far."""
    g.pop("actions", None)
    if "session" in g:
        g.session.rollback()


def afterwards(action: Callable[[], None]) -> None:
    """Do something once this request's transaction is committed, and only then."""
    g.setdefault("actions", []).append(action)


def _commit(response: Response) -> Response:
    if "session" in g:
        wrote = g.session.in_transaction() and request.method == "POST"
        g.session.commit()
        if wrote:
            forget_order(engine())
    for action in g.pop("actions", []):
        action()
    return response


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


def forget_layout(engine: Engine) -> None:
    """Write the file anew in key order: where a row lies on its page would tell when it came."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM")
    finally:
        connection.close()
    forget_order(engine)


def _close(_error: BaseException | None) -> None:
    session = g.pop("session", None)
    if session is not None:
        session.close()
