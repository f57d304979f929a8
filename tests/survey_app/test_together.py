"""Work that many bring at once: one sync for all of it, each piece whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from site_for_tests import Site, build
from survey_app import db
from survey_app.models import SignInRow
from survey_app.together import Together

PIECES = 12


@pytest.fixture(params=["sqlite", "postgresql"])
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    made = build(tmp_path / "home", store=request.param)
    yield made
    made.engine.dispose()


def adding(number: int, fails: bool = False):
    def work(session: Session) -> int:
        session.add(SignInRow(digest=f"d{number}", login="boss", until=number))
        session.flush()
        if fails:
            raise ValueError(number)
        return number

    return work


def stored(site: Site) -> set[int]:
    with db.look(site.engine) as session:
        return set(session.scalars(select(SignInRow.until).where(SignInRow.login == "boss")))


def at_once(door: Together, works: list) -> list[object]:
    """Bring all in the same moment; each one's result, or what it raised."""
    ready = Barrier(len(works))

    def bring(work) -> object:
        ready.wait()
        try:
            return door.do(work)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(bring, works))


def test_each_gets_its_own_result(site: Site) -> None:
    works = [adding(number) for number in range(PIECES)]
    assert at_once(Together(site.engine), works) == list(range(PIECES))
    assert stored(site) == set(range(PIECES))


def test_one_that_fails_leaves_nothing_and_the_others_stay(site: Site) -> None:
    works = [adding(number, fails=number % 3 == 0) for number in range(PIECES)]
    results = at_once(Together(site.engine), works)
    failed = [one for one in results if isinstance(one, ValueError)]
    assert len(failed) == 4
    assert stored(site) == {number for number in range(PIECES) if number % 3}


def test_those_who_wait_are_committed_by_one_sync(tmp_path: Path) -> None:
    """While the first works, the others queue: two commits for all."""
    site = build(tmp_path / "home", store="sqlite")
    door, begun, queued = Together(site.engine), Event(), Event()
    commits: list[object] = []
    event.listen(site.engine, "commit", commits.append)

    def first(session: Session) -> int:
        begun.set()
        assert queued.wait(10)
        return adding(0)(session)

    with ThreadPoolExecutor(PIECES) as pool:
        slow = pool.submit(door.do, first)
        assert begun.wait(10)
        others = [pool.submit(door.do, adding(number)) for number in range(1, PIECES)]
        while len(door._queue) < PIECES - 1:
            pass
        queued.set()
        assert [one.result() for one in (slow, *others)] == list(range(PIECES))
    assert len(commits) == 2
    assert stored(site) == set(range(PIECES))
    site.engine.dispose()


def test_a_commit_that_fails_is_told_to_all_and_nothing_stays(site: Site, monkeypatch) -> None:
    def fail(_connection) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(site.engine.dialect, "do_commit", fail)
        results = at_once(Together(site.engine), [adding(number) for number in range(PIECES)])
    assert all(isinstance(one, OSError) for one in results)
    assert stored(site) == set()
    assert Together(site.engine).do(adding(1)) == 1  # and the next one goes through


def test_what_raised_meets_what_the_others_have_stored(site: Site) -> None:
    """Refused because of one that was then undone, it is tried alone: the last word counts."""
    door, begun, queued = Together(site.engine), Event(), Event()

    def first(session: Session) -> int:
        begun.set()
        assert queued.wait(10)
        return adding(0)(session)

    def failing(session: Session) -> int:
        return adding(1, fails=True)(session)

    def only_if_alone(session: Session) -> int:
        if session.scalar(select(SignInRow.until).where(SignInRow.until == 1)) is not None:
            raise LookupError
        return adding(2)(session)

    with ThreadPoolExecutor(3) as pool:
        slow = pool.submit(door.do, first)
        assert begun.wait(10)
        told = pool.submit(door.do, failing)
        while len(door._queue) < 1:
            pass
        other = pool.submit(door.do, only_if_alone)
        while len(door._queue) < 2:
            pass
        queued.set()
        assert (slow.result(), other.result()) == (0, 2)
        assert isinstance(told.exception(), ValueError)
    assert stored(site) == {0, 2}
