"""PostgreSQL as the store: what it must be set to, forget, and take from another store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner
from postgres_server import ACCOUNT, Server, server_programs, shared_server
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from instruments.faults import FaultsFound
from site_for_tests import Site, answer_all, build
from survey_app import create_app, db, migration
from survey_app.cli import guopei
from survey_app.config import load_settings, store_address
from survey_app.models import Base
from survey_app.services.admission import by_ticket
from survey_app.services.cycle import close_cycle
from survey_app.services.programme import current_cycle
from survey_app.services.respond import Submission, new_id, submit_response
from survey_app.stores import postgres

pytestmark = pytest.mark.once

FORM = "/c/C1/form"
TRAINEES = ("responses", "tickets")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = build(tmp_path / "home", store="postgresql")
    yield made
    made.engine.dispose()


def seen(site: Site, table: str, columns: str) -> list[tuple[object, ...]]:
    with site.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM {table}"))]


def test_before_closing_place_and_writer_tell_the_order_and_afterwards_nothing(site: Site) -> None:
    sent = answer_all(site)
    assert [id for _, id in sorted(seen(site, "responses", "ctid, id"))] == sent  # the leak is real
    assert len(set(seen(site, "responses", "xmin::text"))) == len(sent)
    assert site.staff("boss").post("/province/close").status_code == 303
    for table in TRAINEES:
        key = inspect(Base.metadata.tables[table]).primary_key.columns[0].name
        lying = [id for _, id in sorted(seen(site, table, f"ctid, {key}"))]
        assert lying == sorted(lying) and len(lying) == 6
    writers = {writer for table in TRAINEES for writer in seen(site, table, "xmin::text")}
    assert len(writers) == 1
    assert {id for (id,) in seen(site, "responses", "id")} == set(sent)


def test_the_log_of_writes_is_dropped_at_closing_where_the_account_may(tmp_path: Path, caplog):
    """Else it is said what keeps it, and how to mend that; closing itself never fails for it."""
    server = Server(server_programs(), wal_recycle="off")
    site = build(tmp_path / "home", store=server.fresh())
    sent = answer_all(site)
    assert site.staff("boss").post("/province/close").status_code == 303
    assert [record.args[0].code for record in caplog.records] == ["site.writes_not_dropped"]
    assert "无权" in caplog.text and f"GRANT pg_checkpoint TO {ACCOUNT}" in caplog.text
    assert in_files(server.data / "pg_wal", sent) == set(sent)
    server.run(f"GRANT pg_checkpoint TO {ACCOUNT}")
    server.run(f"GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {ACCOUNT}", site.engine.url.database)
    assert postgres.forget_layout(site.engine) == []
    assert in_files(server.data / "pg_wal", sent) == set()
    assert in_files(server.data / "base", sent) == set(sent)
    server.run("ALTER SYSTEM SET wal_keep_size = 64")
    server.run("SELECT pg_reload_conf()")
    site.engine.dispose()
    told = [one.message for one in postgres.forget_layout(site.engine)]
    assert len(told) == 1 and "wal_keep_size是64MB" in told[0]
    site.engine.dispose()
    server.remove()


def in_files(folder: Path, words: list[str]) -> set[str]:
    content = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {word for word in words if any(word.encode() in one for one in content)}


def test_an_answer_and_its_slip_share_a_transaction_and_no_person(site: Site) -> None:
    """Equal writers join answer and slip while the cycle is open; a slip names nobody."""
    answer_all(site)
    query = "SELECT t.target FROM responses r JOIN tickets t ON t.xmin::text = r.xmin::text"
    with site.engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(text(query))] == [("class:C1",)] * 6
    known = {c for t in TRAINEES for c in Base.metadata.tables[t].columns.keys()}  # noqa: SIM118
    assert known.isdisjoint({"name", "login", "phone", "address", "person", "roster"})


def test_the_server_s_log_tells_nothing_of_an_answer(site: Site) -> None:
    before = shared_server().log.read_text("utf-8")
    sent = answer_all(site)
    logged = shared_server().log.read_text("utf-8")[len(before) :]
    assert not any(id in logged for id in sent)
    assert "INSERT" not in logged


def test_sixteen_posts_run_side_by_side_and_a_closing_waits_for_them(site: Site) -> None:
    """Answers share the lock; closing has it alone: no answer comes after the list is frozen."""
    codes = [code.replace("-", "") for code in site.tickets()]
    key = site.settings.secret("ticket")

    def send(code: str) -> None:
        own = new_id()
        sent = Submission(own, "trainee_core", "1.0", "C1", "", {"q01": "4"}, "", "2021-07-01", own)
        with db.Session(site.engine.execution_options(access="sharing")) as session:
            submit_response(session, (sent, by_ticket(key, code)))
            beside.append(own)
            if len(beside) == len(codes):
                everybody.set()
            assert everybody.wait(10), "one waits for another"
            session.commit()

    beside: list[str] = []
    everybody = Event()
    with ThreadPoolExecutor(len(codes)) as pool:
        list(pool.map(send, codes))
    with db.transaction(site.engine) as session:
        close_cycle(session, current_cycle(session), by="boss")
    assert len(seen(site, "responses", "id")) == len(codes)


def test_a_writer_waits_for_one_who_shares(site: Site, monkeypatch) -> None:
    monkeypatch.setattr(postgres, "_SESSION", "-c lock_timeout=50")
    with site.engine.execution_options(access="sharing").connect() as sharing:
        sharing.execute(text("SELECT 1"))
        with site.engine.execution_options(access="reading").connect() as reading:
            assert reading.execute(text("SELECT count(*) FROM responses")).scalar() == 0
        other = db.make_engine(site.settings.address)
        with pytest.raises(OperationalError, match="lock timeout"):
            impatient(other)
        other.dispose()


def impatient(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def test_readers_see_one_state_and_cannot_write(site: Site) -> None:
    with db.look(site.engine) as session:
        before = session.scalar(text("SELECT count(*) FROM tickets"))
        site.tickets()
        assert session.scalar(text("SELECT count(*) FROM tickets")) == before
        with pytest.raises(DatabaseError, match="read-only"):
            session.execute(text("UPDATE cycles SET title = 'x'"))


def test_what_is_only_added_to_refuses_a_change(site: Site) -> None:
    site.staff("boss").post("/province/close")
    for table in ("audit", "receipt_lists"):
        for change in (f"UPDATE {table} SET cycle = 'x'", f"DELETE FROM {table}"):
            statement = change.replace("SET cycle", "SET object") if table == "audit" else change
            with pytest.raises(DatabaseError, match="only added to"), site.engine.begin() as one:
                one.execute(text(statement))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("track_commit_timestamp", "on"),
        ("log_statement", "all"),
        ("log_min_duration_statement", "0"),
    ],
)
def test_a_server_that_loses_or_keeps_too_much_is_refused(
    site: Site, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = postgres._setting
    monkeypatch.setattr(postgres, "_setting", lambda c, n: value if n == name else real(c, n))
    with pytest.raises(FaultsFound, match=f"{name}是{value}"):
        create_app(site.home)


def test_the_real_settings_are_read() -> None:
    """One server that is wrong in every way at once: all is told."""
    server = Server(
        server_programs(),
        fsync="off",
        full_page_writes="off",
        track_commit_timestamp="on",
        log_statement="all",
        log_min_duration_statement="0",
        log_min_duration_sample="0",
        log_parameter_max_length_on_error="-1",
    )
    engine = db.make_engine(store_address(server.fresh()))
    with pytest.raises(FaultsFound) as found:
        migration.upgrade(engine)
    engine.dispose()
    server.remove()
    assert len(found.value.faults) == 7
    assert {one.code for one in found.value.faults} == {"site.server_setting"}


def test_a_database_of_another_encoding_is_refused() -> None:
    made = "TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
    shared_server().run(f"CREATE DATABASE latin {made}")
    engine = db.make_engine(store_address(shared_server().address("latin")))
    with pytest.raises(FaultsFound, match="database_encoding"):
        migration.upgrade(engine)
    engine.dispose()


def test_a_database_that_sorts_by_a_dictionary_is_refused(site: Site, monkeypatch) -> None:
    """Which dictionaries a server has differs, so the answer of one is played."""
    with site.engine.connect() as connection:
        assert postgres._sorts_by_bytes(connection)
    monkeypatch.setattr(postgres, "_sorts_by_bytes", lambda _connection: False)
    with pytest.raises(FaultsFound, match="database_collation"):
        create_app(site.home)


def test_a_server_that_is_not_there_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("GUOPEI_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(guopei, ["init", "--database", f"postgresql:///x?host={tmp_path}"])
    assert isinstance(done.exception, FaultsFound) and "连不上数据库" in str(done.exception)
    assert not (tmp_path / "home").exists()


def test_from_sqlite_to_the_server_and_back(tmp_path: Path, monkeypatch) -> None:
    site = build(tmp_path / "home", store="sqlite")
    sent = answer_all(site)
    before = content(site.engine)
    site.engine.dispose()
    monkeypatch.setenv("GUOPEI_HOME", str(site.home))
    address = shared_server().fresh()
    done = CliRunner().invoke(guopei, ["transfer", "--to", address])
    assert done.exit_code == 0 and "已搬到新库" in done.output, done.exception
    assert load_settings(site.home).database == address
    moved = create_app(site.home)
    assert content(moved.extensions["engine"]) == before
    again = moved.test_client()
    assert again.get(FORM).status_code == 200
    lying = [id for _, id in sorted(seen(Site(moved, site.home), "responses", "ctid, id"))]
    assert lying == sorted(sent)
    refused = CliRunner().invoke(guopei, ["transfer", "--to", address])
    assert isinstance(refused.exception, FaultsFound) and "已有数据" in str(refused.exception)
    moved.extensions["engine"].dispose()
    (site.home / "site.db").unlink()
    assert CliRunner().invoke(guopei, ["transfer", "--to", "sqlite"]).exit_code == 0
    back = create_app(site.home)
    assert content(back.extensions["engine"]) == before
    back.extensions["engine"].dispose()


def content(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.execution_options(access="reading").connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in Base.metadata.sorted_tables
        }


def test_a_backup_needs_no_server(site: Site, tmp_path: Path, monkeypatch) -> None:
    answer_all(site)
    monkeypatch.setenv("GUOPEI_HOME", str(site.home))
    out = tmp_path / "backup"
    assert CliRunner().invoke(guopei, ["backup", "--out", str(out)]).exit_code == 0
    (site.home / "secrets").rename(out / "secrets")
    restored = create_app(out)
    assert replace(load_settings(out), home=site.home).database == ""
    assert content(restored.extensions["engine"]) == content(site.engine)
    restored.extensions["engine"].dispose()


def test_who_is_marked_to_run_once_gets_no_site_on_the_store_of_the_run(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="once"):
        build(tmp_path / "home")
