"""Work that many bring at once: one sync for all of it, each piece whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import Connection, event, insert, select
from sqlalchemy.orm import Session

from site_for_tests import Site, build
from survey_app import db
from survey_app.errors import Refused
from survey_app.models import SignInRow
from survey_app.together import MOST_KEPT, Together

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


def never(_connection: Connection, _works: object) -> None:
    """Nothing is usual."""


def opened(site: Site, usual=never) -> Together:
    return Together(site.engine, one=lambda session, work: work(session), usual=usual)


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
    assert at_once(opened(site), works) == list(range(PIECES))
    assert stored(site) == set(range(PIECES))


def test_one_that_fails_leaves_nothing_and_the_others_stay(site: Site) -> None:
    works = [adding(number, fails=number % 3 == 0) for number in range(PIECES)]
    results = at_once(opened(site), works)
    failed = [one for one in results if isinstance(one, ValueError)]
    assert len(failed) == 4
    assert stored(site) == {number for number in range(PIECES) if number % 3}


def test_those_who_wait_are_committed_by_one_sync(tmp_path: Path) -> None:
    """While the first works, the others queue: two commits for all."""
    site = build(tmp_path / "home", store="sqlite")
    door, begun, queued = opened(site), Event(), Event()
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
        results = at_once(opened(site), [adding(number) for number in range(PIECES)])
    assert all(isinstance(one, OSError) for one in results)
    assert stored(site) == set()
    assert opened(site).do(adding(1)) == 1  # and the next one goes through


def test_what_raised_meets_what_the_others_have_stored(site: Site) -> None:
    """Refused because of one that was then undone, it is tried alone: the last word counts."""
    door, begun, queued = opened(site), Event(), Event()

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


def test_what_is_usual_is_stored_without_a_thought_for_each(site: Site) -> None:
    def add_all(connection: Connection, numbers) -> list[int]:
        rows = [{"digest": f"d{n}", "login": "boss", "until": n} for n in numbers]
        connection.execute(insert(SignInRow), rows)
        return [-number for number in numbers]

    def one(_session: Session, number: int) -> int:
        raise AssertionError(number)

    door = Together(site.engine, one=one, usual=add_all)
    assert at_once(door, list(range(PIECES))) == [-number for number in range(PIECES)]
    assert stored(site) == set(range(PIECES))


@pytest.mark.parametrize("way", ["says so", "meets a key that is taken", "is refused"])
def test_where_one_is_not_usual_nothing_of_that_stays(site: Site, way: str) -> None:
    def add_one_twice(connection: Connection, works) -> None:
        row = {"digest": "d100", "login": "boss", "until": 100}
        connection.execute(insert(SignInRow), [row])
        if way == "meets a key that is taken":
            connection.execute(insert(SignInRow), [row])
        if way == "is refused":
            raise Refused("cycle_closed", 410)

    works = [adding(number) for number in range(PIECES)]
    assert at_once(opened(site, add_one_twice), works) == list(range(PIECES))
    assert stored(site) == set(range(PIECES))


class Noting:
    """In place of a store: what was done, in order."""

    def __init__(self) -> None:
        self.done: list[object] = []

    def forget_order(self, _engine: object) -> None:
        self.done.append("forgot")


def rounds(site: Site, count: int, *, failing: bool) -> list[object]:
    """What is done when one piece is brought after another, each while the one before is at work;
    those after the first fail if ``failing``."""
    door, noting, brought = opened(site), Noting(), []
    door._store = noting  # type: ignore[assignment]

    def bring(number: int) -> None:
        brought.append(pool.submit(door.do, lambda _session: work(number)))
        while number and not door._queue:
            pass

    def work(number: int) -> None:
        if number + 1 < count:
            bring(number + 1)
        noting.done.append(number)
        if number and failing:
            raise ValueError(number)

    with ThreadPoolExecutor(count) as pool:
        bring(0)
        while len(brought) < count:
            pass
        failed = [one.exception() is not None for one in brought]
    assert failed == [False] + [failing] * (count - 1)
    return noting.done


def test_the_order_is_forgotten_once_nobody_waits(site: Site) -> None:
    assert rounds(site, 2, failing=False) == [0, 1, "forgot"]


def test_the_order_is_forgotten_too_where_the_last_is_refused(site: Site) -> None:
    assert rounds(site, 2, failing=True) == [0, 1, "forgot"]


def test_the_order_is_forgotten_now_and_then_while_more_are_to_come(site: Site) -> None:
    done = rounds(site, 2 * MOST_KEPT + 1, failing=False)
    assert done.count("forgot") == 3
    assert done.index("forgot") == MOST_KEPT and done[-1] == "forgot"
