"""Channels by which a store could tell who answered what, each closed on both stores.

| channel | where it is tried |
|---|---|
| sequence, moment of day | here, and planted in `test_linkage_postgresql.py` |
| order of insertion, place on a page | `test_store.py`, `test_postgresql.py`, `test_backup.py` |
| writer of a row (xmin), log of writes | `test_postgresql.py`, `test_trainee.py` |
| two backups around one answer | here |
| lines of the site's and the server's log | here, `test_server.py`, `test_postgresql.py` |
| referrer, code in an address | here |
| all at once | `test_linkage_game.py`, `test_linkage_tokens.py`, `test_linkage_postgresql.py` |
"""

from __future__ import annotations

import logging
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest
from blind_phone import closed, fetch, listed, members, token_form
from postgres_server import shared_server
from sqlalchemy import inspect, text

from site_for_tests import Site, filled
from survey_app import db
from survey_app.backup import write_backup
from survey_app.models import Base
from survey_app.services.issue import issue_slips, places_of

pytest_plugins = ("site_fixtures",)

FORM = "/c/C1/form"
Form = dict[str, str]
TRAINEES = [table for table in Base.metadata.sorted_tables if table.info.get("trainees")]


def by_slip(site: Site) -> Form:
    """A whole answer with a slip."""
    [ticket] = site.tickets(count=1)
    return filled(site, site.visitor().get(FORM).text, ticket, comment="只此一句")


def by_token(site: Site) -> Form:
    """A whole answer with a token, once its window has closed."""
    boss, people = site.staff("boss"), members()
    listed(boss, people)
    token = fetch(site, people[0])
    closed(boss)
    return token_form(site, token, comment="只此一句")


WAYS = {"slip": by_slip, "token": by_token}


def test_trainees_rows_hold_no_number_and_no_moment(site: Site) -> None:
    """As declared, and as the store really has them."""
    assert {table.name for table in TRAINEES} >= {"responses", "tickets", "roster", "spent_tokens"}
    store = inspect(site.engine)
    for table in TRAINEES:
        kinds = {column.type.python_type for column in table.columns}
        assert kinds <= {str, bool, bytes}, table.name
        for column in store.get_columns(table.name):
            assert not column.get("identity"), (table.name, column)
            assert (column["default"] or "''").split("::")[0].strip("()") in ("''", "'online'")
    if site.engine.dialect.name == "postgresql":
        assert store.get_sequence_names() == []
        with site.engine.connect() as connection:
            triggers = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
            triggered = set(connection.execute(text(triggers)).scalars())
        assert triggered.isdisjoint(table.name for table in TRAINEES)


def kept(site: Site, place: Path) -> dict[str, set[tuple[object, ...]]]:
    """A backup's rows by table, and its other files' bytes."""
    place.mkdir()
    write_backup(site.engine, site.settings, place)
    content: dict[str, set[tuple[object, ...]]] = {}
    connection = sqlite.connect(place / "site.db")
    for name in inspect(site.engine).get_table_names():
        content[name] = set(connection.execute(f'SELECT * FROM "{name}"'))
    connection.close()
    for path in place.rglob("*"):
        if path.is_file() and path.name != "site.db":
            content[str(path.relative_to(place))] = {(path.read_bytes(),)}
    return content


@pytest.mark.parametrize("way", WAYS)
def test_two_backups_around_one_answer_differ_by_it_and_by_what_names_nobody(
    site: Site, tmp_path: Path, way: str
) -> None:
    form = WAYS[way](site)
    before = kept(site, tmp_path / "before")
    assert site.visitor().post(FORM, data=form).status_code == 303
    after = kept(site, tmp_path / "after")
    spent = {"slip": "tickets", "token": "spent_tokens"}[way]
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"responses", spent} and before.keys() == after.keys()
    [answer], [credential] = (after[name] - before[name] for name in ("responses", spent))
    assert form["response"] in answer
    assert set(answer).isdisjoint(set(credential) - {"", True})
    assert before["roster"] == after["roster"] == set()


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_that_fails_leaves_nothing_of_it_in_a_log(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The statement that fails is named, its values are not: neither by the site nor the server."""
    form, file = WAYS[way](site), tmp_path / "site.log"
    break_store(site, monkeypatch)
    monkeypatch.setitem(site.app.config, "PROPAGATE_EXCEPTIONS", False)
    log = logging.FileHandler(file, encoding="utf-8")
    logging.getLogger().addHandler(log)
    reply = site.visitor().post(FORM, data=form, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    logging.getLogger().removeHandler(log)
    log.close()
    assert reply.status_code == 500
    lines = file.read_text("utf-8")
    assert "responses.nonce" in lines or "INSERT INTO responses" in lines  # what went wrong is told
    if site.engine.dialect.name == "postgresql":
        told = shared_server().log.read_text("utf-8")
        assert 'column "nonce" of relation "responses" does not exist' in told
        lines += told
    secret = ("response", "nonce", "comment", "ticket", "held")
    for words in (*(form[name] for name in secret if name in form), "203.0.113.9"):
        assert words not in lines and words.replace("-", "") not in lines


def break_store(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements about an answer fail, on PostgreSQL in the server itself."""
    if site.engine.dialect.name == "postgresql":
        with db.transaction(site.engine) as session:
            session.execute(text("ALTER TABLE responses RENAME COLUMN nonce TO gone"))
        return
    real = site.engine.dialect.do_execute

    def fail(cursor, statement, parameters, context=None):
        if statement.startswith("INSERT INTO responses"):
            raise sqlite.IntegrityError("planted")
        return real(cursor, statement, parameters, context)

    monkeypatch.setattr(site.engine.dialect, "do_execute", fail)


def test_no_page_of_a_trainee_tells_the_next_where_one_comes_from(site: Site) -> None:
    client, form = site.visitor(), by_slip(site)
    sent = client.post(FORM, data=form)
    pages = ("/c/C1", FORM, "/c/C1/form?by=token", sent.location, "/receipt", "/notice")
    for reply in (sent, *(client.get(path) for path in pages)):
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert form["ticket"] not in reply.headers.get("Location", "")


def test_a_slip_s_code_stands_behind_the_sign_that_browsers_send_to_nobody(site: Site) -> None:
    with db.transaction(site.engine) as session:
        [slip] = issue_slips(
            session,
            key=site.settings.secret("ticket"),
            base_url="http://localhost",
            places=places_of(session, cycle="2021", scope="class", code="C1"),
            count=1,
            anew=False,
            by="boss",
        )
    address, _, behind = slip.address.partition("#")
    assert behind == slip.code.replace("-", "") and behind not in address
