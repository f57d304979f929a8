"""New answers of many phones by three statements: the same rows as one by one, or none at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError

from site_for_tests import Site
from survey_app import db
from survey_app.errors import Refused
from survey_app.models import CycleRow, ResponseRow, TicketRow
from survey_app.services.admission import Admission, by_ticket
from survey_app.services.respond import Brought, Stored, Submission, new_id, submit_response
from survey_app.services.respond import submit_new as submit_all

pytest_plugins = ("site_fixtures",)
MANY = 5


@pytest.fixture
def brought(site: Site) -> list[Brought]:
    """So many answers, each with a ticket of its own."""
    key = site.settings.secret("ticket")
    return [(answer(), by_ticket(key, code.replace("-", ""))) for code in site.tickets(count=MANY)]


def answer(id: str = "") -> Submission:
    own = id or new_id()
    return Submission(own, "trainee_core", "1.0", "C1", "", {"q01": "4"}, "3-10", "2021-07-01", own)


def at_once(site: Site, brought: Sequence[Brought]) -> list[Stored] | None:
    with site.engine.execution_options(access="sharing").begin() as connection:
        found = submit_all(connection, brought)
        if found is None:
            connection.rollback()
        return found


def kept(site: Site) -> tuple[set[Stored], int]:
    with db.look(site.engine) as session:
        rows = session.scalars(select(ResponseRow)).all()
        spent = session.scalars(select(TicketRow).where(TicketRow.spent)).all()
        return {Stored(*(getattr(row, name) for name in Stored._fields)) for row in rows}, len(
            spent
        )


@pytest.fixture
def statements(site: Site) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        said.append(statement)

    event.listen(site.engine, "before_cursor_execute", note)
    yield said
    event.remove(site.engine, "before_cursor_execute", note)


def test_three_statements_store_them_all(site: Site, brought, statements) -> None:
    found = at_once(site, brought)
    assert len([one for one in statements if one.startswith(("UPDATE", "SELECT c", "INSERT"))]) == 3
    assert found is not None and [one.id for one in found] == [sent.id for sent, _ in brought]
    assert kept(site) == (set(found), MANY)


def test_one_by_one_the_rows_are_the_same(site: Site, brought) -> None:
    together = at_once(site, brought[: MANY // 2])
    alone = []
    for sent, admission in brought[MANY // 2 :]:
        with db.transaction(site.engine) as session:
            alone.append(submit_response(session, (sent, admission)))
    assert together is not None and kept(site) == ({*together, *alone}, MANY)
    for sent, row in zip((sent for sent, _ in brought), [*together, *alone], strict=True):
        expected = {**sent.content, "id": sent.id, "day": sent.day, "nonce": sent.nonce}
        assert {name: getattr(row, name) for name in expected} == expected


def spent_before(site: Site, brought: list[Brought]) -> None:
    at_once(site, [(answer(), brought[1][1])])


def id_taken(site: Site, brought: list[Brought]) -> None:
    [code] = site.tickets(count=1)
    other = by_ticket(site.settings.secret("ticket"), code.replace("-", ""))
    at_once(site, [(answer(brought[1][0].id), other)])


def one_ticket_for_two(_site: Site, brought: list[Brought]) -> None:
    brought[1] = brought[1][0], brought[4][1]


def one_id_for_two(_site: Site, brought: list[Brought]) -> None:
    brought[1] = answer(brought[4][0].id), brought[1][1]


def the_same_twice(_site: Site, brought: list[Brought]) -> None:
    brought[1] = brought[4]


def ticket_unknown(_site: Site, brought: list[Brought]) -> None:
    brought[1] = brought[1][0], Admission("ticket", "0" * 64)


def a_token_among_them(_site: Site, brought: list[Brought]) -> None:
    brought[1] = brought[1][0], Admission("token", "0" * 64)


def closed(site: Site, _brought: list[Brought]) -> None:
    with db.transaction(site.engine) as session:
        session.execute(update(CycleRow).values(state="关闭"))


def closed_for_one_wave(site: Site, brought: list[Brought]) -> None:
    """The last one is of the wave that is open, and of the same class."""
    site.state("跟踪开放")
    brought[-1] = replace(brought[-1][0], wave="followup"), brought[-1][1]
    with db.transaction(site.engine) as session:
        mine = TicketRow.digest == brought[-1][1].digest
        session.execute(update(TicketRow).where(mine).values(target="followup:C1"))


@pytest.mark.parametrize(
    "change",
    [
        spent_before,
        id_taken,
        one_ticket_for_two,
        one_id_for_two,
        the_same_twice,
        ticket_unknown,
        a_token_among_them,
        closed,
        closed_for_one_wave,
    ],
)
def test_where_one_is_anything_else_none_is_stored(
    site: Site, brought: list[Brought], change: Callable[[Site, list[Brought]], None]
) -> None:
    change(site, brought)
    before = kept(site)
    with suppress(IntegrityError, Refused):
        assert at_once(site, brought) is None
    assert kept(site) == before
