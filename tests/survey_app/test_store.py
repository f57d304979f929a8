"""The store: once only under a race, no order of arrival, one shape by migrations, sound SQLite."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from instruments.faults import FaultsFound
from site_for_tests import Site
from survey_app import create_app, db, migration
from survey_app.config import SECRETS
from survey_app.errors import Refused
from survey_app.models import AccountRow, Base, ResponseRow, SignInRow, TicketRow
from survey_app.services.admission import by_ticket
from survey_app.services.respond import (
    Brought,
    Stored,
    Submission,
    new_id,
    submit_new,
    submit_response,
)
from survey_app.services.tickets import digest
from survey_app.stores import lite
from survey_app.together import Together

pytest_plugins = ("site_fixtures",)

POSTS = 16


def door_of(site: Site) -> Together[Brought, Stored]:
    return Together(site.engine, one=submit_response, usual=submit_new)


def send(site: Site, door: Together[Brought, Stored], id: str, ticket: str, value: str) -> str:
    """One submission by the door that all share; 'stored' or the refusal's code."""
    submission = Submission(
        id, "trainee_core", "1.0", "C1", "", {"q01": value}, "", "2021-07-01", id
    )
    try:
        key = site.settings.secret("ticket")
        door.do((submission, by_ticket(key, ticket.replace("-", ""))))
    except Refused as refusal:
        return refusal.fault.code
    return "stored"


def race(site: Site, ids: list[str], values: list[str]) -> list[str]:
    [ticket], door = site.tickets(count=1), door_of(site)
    with ThreadPoolExecutor(POSTS) as pool:
        outcomes = pool.map(
            lambda pair: send(site, door, pair[0], ticket, pair[1]), zip(ids, values, strict=True)
        )
        return list(outcomes)


def counts(site: Site) -> tuple[int, int]:
    with db.look(site.engine) as session:
        spent = sum(row.spent for row in session.scalars(select(TicketRow)))
        return len(session.scalars(select(ResponseRow)).all()), spent


def test_sixteen_identical_posts_make_one_answer_and_all_succeed(site: Site) -> None:
    assert race(site, [new_id()] * POSTS, ["4"] * POSTS) == ["stored"] * POSTS
    assert counts(site) == (1, 1)


def test_sixteen_answers_with_one_ticket_make_one(site: Site) -> None:
    outcomes = race(site, [new_id() for _ in range(POSTS)], ["4"] * POSTS)
    assert sorted(outcomes) == ["site.ticket_spent"] * (POSTS - 1) + ["stored"]
    assert counts(site) == (1, 1)


def test_one_id_with_sixteen_contents_makes_one(site: Site) -> None:
    outcomes = race(site, [new_id()] * POSTS, [str(i) for i in range(POSTS)])
    assert sorted(outcomes) == ["site.response_differs"] * (POSTS - 1) + ["stored"]
    assert counts(site) == (1, 1)


def test_unknown_ticket_stores_nothing(site: Site) -> None:
    assert send(site, door_of(site), new_id(), "A" * 16, "4") == "site.ticket_unknown"
    assert counts(site) == (0, 0)


@pytest.mark.sqlite
def test_no_order_of_arrival_is_kept(site: Site) -> None:
    with site.engine.connect() as connection:
        query = text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        tables = {name: sql for name, sql in connection.execute(query)}
    for name in ("responses", "tickets", "observations", "structure"):
        assert Base.metadata.tables[name].dialect_options["sqlite"]["with_rowid"] is False
    for name, table in Base.metadata.tables.items():
        ordered = table.dialect_options["sqlite"]["with_rowid"]
        assert tables[name].rstrip().endswith("WITHOUT ROWID") is not ordered, name
    assert not any("AUTOINCREMENT" in (sql or "") for sql in tables.values())
    numbered = {
        "stages.number",  # by the catalogue
        "training_ratings.attempt",  # one expert's at one described session
    }
    for table in Base.metadata.tables.values():
        for column in table.primary_key.columns:
            named = f"{table.name}.{column.name}"
            assert column.type.python_type is str or named in numbered, named


def test_answers_and_tickets_share_no_column(site: Site) -> None:
    tables = Base.metadata.tables
    shared = set(tables["responses"].columns.keys()) & set(tables["tickets"].columns.keys())
    assert shared == set()
    assert {"created", "time", "address", "ticket"}.isdisjoint(tables["responses"].columns.keys())


@pytest.mark.sqlite
def test_ticket_codes_are_kept_nowhere(site: Site) -> None:
    codes = site.tickets(count=3)
    with site.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    content = (site.home / "site.db").read_bytes()
    for code in codes:
        plain = code.replace("-", "")
        assert digest(site.settings.secret("ticket"), plain).encode() in content
        assert code.encode() not in content
        assert plain.encode() not in content


@pytest.mark.sqlite
def test_every_connection_is_durable(site: Site) -> None:
    with site.engine.connect() as connection:
        values = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert values == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), False),
        ((3, 53, 0), True),
    ],
)
def test_sqlite_with_the_wal_reset_fault_is_refused(version, sound, monkeypatch, tmp_path) -> None:
    assert lite.is_sound(version) is sound
    monkeypatch.setattr(lite.sqlite, "sqlite_version_info", version)
    if not sound:
        with pytest.raises(FaultsFound, match="sqlite_affected"):
            db.make_engine("sqlite://")


def test_migrations_and_models_agree(site: Site) -> None:
    with site.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_a_store_of_the_first_version_keeps_its_rows(tmp_path) -> None:
    engine = db.make_engine(f"sqlite:///{tmp_path}/site.db")
    config = migration._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text("INSERT INTO accounts VALUES ('boss', '管理员', 'province', '', 'hash', 2, 5)")
        )
        connection.execute(text("INSERT INTO sign_ins VALUES ('d', 'boss', 9)"))
    migration.upgrade(engine)
    with db.look(engine) as session:
        assert session.get_one(AccountRow, "boss").password == "hash"
        assert session.get_one(SignInRow, "d").login == "boss"
        migration.check_current(engine)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        assert connection.execute(text("SELECT name, failures FROM accounts")).all() == [
            ("管理员", 0)
        ]
    engine.dispose()


def test_a_store_of_another_version_is_refused(site: Site) -> None:
    with db.transaction(site.engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'other'"))
    with pytest.raises(FaultsFound, match="store_behind"):
        create_app(site.home)


def test_secrets_are_readable_by_their_owner_only(site: Site) -> None:
    paths = sorted((site.home / "secrets").iterdir())
    assert [path.name for path in paths] == sorted(SECRETS)
    for path in paths:
        assert path.stat().st_mode & 0o077 == 0
