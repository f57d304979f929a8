"""Answers that come in the same moment are committed by one sync, each of them whole or not at all.

Of the threads that bring some, one at a time leads: it does the work of all that are queued by then
in one transaction, commits, lets them go, and makes the first of those who came meanwhile its
successor. No reply is sent before the sync.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey_app.errors import Refused
from survey_app.stores import store_of

P = TypeVar("P")
R = TypeVar("R")
MOST = 64
"""Pieces in one transaction: those behind them must not wait for long."""
MOST_KEPT = 8
"""Commits after which the store forgets their order even while more are to come."""


class _Piece(Generic[P, R]):
    """What one caller brings, and what came of it."""

    def __init__(self, brought: P) -> None:
        self.brought, self.done = brought, False
        self.result: R
        self.error: BaseException | None = None
        self._called = Lock()
        self._called.acquire()

    def wait(self) -> None:
        """Until it is done, or its caller is to lead."""
        self._called.acquire()

    def call(self) -> None:
        """Let its caller go on."""
        self._called.release()

    def finish(self) -> None:
        """It is done; its caller may go, if that was not said before."""
        if not self.done:
            self.done = True
            self.call()

    def attempt(self, one: Callable[[Session, P], R], session: Session) -> bool:
        """Store it; whether that was done. What it raises is raised where its caller waits."""
        self.error = None
        try:
            self.result = one(session, self.brought)
        except Exception as error:
            self.error = error
        return self.error is None


class Together(Generic[P, R]):
    """One store's door for pieces that many bring at once and that only add rows which the store's
    constraints keep apart.

    ``usual`` stores any number of pieces by the same few statements; it returns None, or raises
    Refused or IntegrityError, where one of them needs more thought, and then nothing is kept of it
    and ``one`` takes each of them. Both may run in another thread than the caller's, and more than
    once: they know no request.
    """

    def __init__(
        self,
        engine: Engine,
        one: Callable[[Session, P], R],
        usual: Callable[[Connection, Sequence[P]], Sequence[R] | None],
    ) -> None:
        self._store, self._engine = store_of(engine), engine.execution_options(access="sharing")
        self._one, self._usual = one, usual
        self._queue: deque[_Piece[P, R]] = deque()
        self._led, self._kept = False, 0
        self._lock = Lock()

    def do(self, brought: P) -> R:
        """Store ``brought`` in a writing transaction and return its result once that is committed.

        Raises what it raises; then nothing of it is stored.
        """
        piece: _Piece[P, R] = _Piece(brought)
        with self._lock:
            self._queue.append(piece)
            follows, self._led = self._led, True
        if follows:
            piece.wait()
        if not piece.done:
            self._lead()
        if piece.error is not None:
            raise piece.error
        return piece.result

    def _lead(self) -> None:
        """Commit all that are queued by now, and let the next one lead."""
        with self._lock:
            pieces = [self._queue.popleft() for _ in range(min(MOST, len(self._queue)))]
        try:
            if not self._are_usual(pieces):
                self._settle(pieces)
        finally:
            for piece in pieces:
                piece.finish()
        try:
            self._forget_order()
        finally:
            with self._lock:
                self._led = bool(self._queue)
                if self._led:
                    self._queue[0].call()

    def _are_usual(self, pieces: list[_Piece[P, R]]) -> bool:
        """Whether all were stored, or failed, in the same way."""
        try:
            with self._engine.connect() as connection, connection.begin() as whole:
                results = self._usual(connection, [piece.brought for piece in pieces])
                if results is None:
                    whole.rollback()
                    return False
        except (IntegrityError, Refused):
            return False
        except Exception as error:
            _fail(pieces, error)
        else:
            for piece, result in zip(pieces, results, strict=True):
                piece.result = result
            self._kept += 1
        return True

    def _forget_order(self) -> None:
        """Of what was committed, unless more is queued already: whoever leads next will do it,
        within ``MOST_KEPT`` commits, and what the store remembers till then is of more answers, not
        of fewer. No caller waits for it but the one who leads."""
        if self._kept and (not self._queue or self._kept >= MOST_KEPT):
            self._store.forget_order(self._engine)
            self._kept = 0

    def _settle(self, pieces: list[_Piece[P, R]]) -> None:
        """Commit all in one transaction. Where some raise, all is undone, the others are done anew
        together, and then each of those alone, so that it meets what the others have stored."""
        raised = self._transact(pieces)
        if raised and len(pieces) > 1:
            if others := [piece for piece in pieces if piece not in raised]:
                self._settle(others)
            for piece in raised:
                self._transact([piece])

    def _transact(self, pieces: list[_Piece[P, R]]) -> list[_Piece[P, R]]:
        """Those that raised: then nothing of this transaction is stored."""
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin() as whole:
                raised = [piece for piece in pieces if not piece.attempt(self._one, session)]
                if raised:
                    whole.rollback()
                    return raised
        except Exception as error:
            _fail(pieces, error)
        else:
            self._kept += 1
        return []


def _fail(pieces: Sequence[_Piece[Any, Any]], error: Exception) -> None:
    for piece in pieces:
        piece.error = error
