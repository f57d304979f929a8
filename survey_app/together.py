"""Answers that come in the same moment are committed by one sync, each of them whole or not at all.

Of the threads that wait, one at a time takes the lock, does the work of all that are queued by then
in one transaction, and commits; the others find their work done. No reply is sent before the sync.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from survey_app.stores import store_of

T = TypeVar("T")
MOST = 64
"""Pieces of work in one transaction: those behind them must not wait for long."""


class _Piece:
    """One caller's work, and what came of it."""

    def __init__(self, work: Callable[[Session], Any]) -> None:
        self.work, self.done = work, False
        self.result: Any = None
        self.error: BaseException | None = None

    def attempt(self, session: Session) -> bool:
        """Do the work; whether it was done. What it raises is raised where its caller waits."""
        self.error = None
        try:
            self.result = self.work(session)
        except Exception as error:
            self.error = error
        return self.error is None


class Together:
    """One store's door for work that many bring at once and that only adds rows which the store's
    constraints keep apart."""

    def __init__(self, engine: Engine) -> None:
        self._store, self._engine = store_of(engine), engine.execution_options(access="sharing")
        self._queue: deque[_Piece] = deque()
        self._lock = Lock()

    def do(self, work: Callable[[Session], T]) -> T:
        """Do ``work`` in a writing transaction and return its result once that is committed.

        ``work`` may run in another thread than the caller's, and more than once: it knows no
        request, only the session. Raises what ``work`` raises; then nothing of it is stored.
        """
        piece = _Piece(work)
        self._queue.append(piece)
        with self._lock:
            if not piece.done:
                self._commit([self._queue.popleft() for _ in range(min(MOST, len(self._queue)))])
        if piece.error is not None:
            raise piece.error
        result: T = piece.result
        return result

    def _commit(self, pieces: list[_Piece]) -> None:
        try:
            self._settle(pieces)
        finally:
            for piece in pieces:
                piece.done = True

    def _settle(self, pieces: list[_Piece]) -> None:
        """Commit all in one transaction. Where some raise, all is undone, the others are done anew
        together, and then each of those alone, so that it meets what the others have stored."""
        raised = self._transact(pieces)
        if raised and len(pieces) > 1:
            if others := [piece for piece in pieces if piece not in raised]:
                self._settle(others)
            for piece in raised:
                self._transact([piece])

    def _transact(self, pieces: list[_Piece]) -> list[_Piece]:
        """Those that raised: then nothing of this transaction is stored."""
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin() as whole:
                raised = [piece for piece in pieces if not piece.attempt(session)]
                if raised:
                    whole.rollback()
                    return raised
        except Exception as error:
            for piece in pieces:
                piece.error = error
        else:
            self._store.forget_order(self._engine)
        return []
