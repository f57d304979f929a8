"""One engine for every writer, and the one rule of commit: before the reply, or not at all.

A request that returns commits before its reply is sent; a request that raises leaves nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy import Engine, Executable, inspect
from sqlalchemy.orm import Session

from survey_app.models.base import Base
from survey_app.stores import store_of
from survey_app.together import Together

_ACCESS = ("reading", "writing")
_LOG = logging.getLogger(__name__)


def make_engine(address: str) -> Engine:
    """The engine of the store at this address, as every process uses it."""
    return store_of(address).make_engine(address)


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A writing transaction for commands and jobs: committed at the end, or nothing."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def look(engine: Engine) -> Iterator[Session]:
    """A reading transaction: one consistent state, no lock taken from writers."""
    with Session(engine.execution_options(access="reading"), expire_on_commit=False) as session:
        yield session


def add_new(session: Session, table: type[Base], /, **values: object) -> bool:
    """Add a row unless its keys are taken, as the store's own constraints decide; whether it is
    new."""
    connection = session.connection()
    added = _addition(connection.dialect.name, table)
    return connection.execute(added, values).first() is not None


@cache
def _addition(dialect: str, table: type[Base]) -> Executable:
    """The statement of ``add_new``, built once: building takes longer than the store does."""
    added = store_of(f"{dialect}://").insert(table).on_conflict_do_nothing()
    statement: Executable = added.returning(*inspect(table).primary_key)
    return statement


def bind(app: Flask, engine: Engine, door: Together[Any, Any]) -> None:
    """Give each request its transaction, and answers the door that they share."""
    app.extensions["engine"], app.extensions["together"] = engine, door
    app.extensions["engines"] = {a: engine.execution_options(access=a) for a in _ACCESS}
    app.after_request(_commit)
    app.teardown_appcontext(_close)


def engine() -> Engine:
    """The running site's engine."""
    found: Engine = current_app.extensions["engine"]
    return found


def current() -> Session:
    """This request's session; it takes the write lock at its first statement unless reading."""
    if "session" not in g:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            only_read()
        source = current_app.extensions["engines"][g.get("access", "writing")]
        g.session = Session(source, expire_on_commit=False)
    session: Session = g.session
    return session


def only_read() -> None:
    """This request's own session only reads; what it adds goes through ``together``. To be said
    before the first statement."""
    g.access = "reading"


def together(brought: Any) -> Any:
    """Store what is ``brought`` by one sync with what others bring in this moment; returns what
    came of it after that. See ``Together.do``.

    What this request has read is let go before: a reader keeps SQLite's log from being emptied.
    """
    if "session" in g:
        g.session.commit()
    door: Together[Any, Any] = current_app.extensions["together"]
    return door.do(brought)


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
        wrote = g.session.in_transaction() and "access" not in g
        g.session.commit()
        if wrote:
            store_of(engine()).forget_order(engine())
    for action in g.pop("actions", []):
        action()
    return response


def forget_layout(engine: Engine) -> None:
    """Let the store forget in which order trainees' rows came; for the moment a cycle closes. What
    its server keeps all the same is warned of, in the site's log or where the command runs."""
    for kept in store_of(engine).forget_layout(engine):
        _LOG.warning("%s", kept)


def _close(_error: BaseException | None) -> None:
    session = g.pop("session", None)
    if session is not None:
        session.close()
