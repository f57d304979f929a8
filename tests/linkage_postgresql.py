"""What an attacker takes from a PostgreSQL: every table with place and writer of each row, what the
server notes about itself, its files, its log of writes and its own log; and ways to use them.

A copy is a folder as in ``linkage``: ``site.db`` holds the tables, their rows as they lie.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
from linkage import Guess, Snapshot, ids, in_file
from postgres_server import ACCOUNT, Server, server_programs
from sqlalchemy import Connection, inspect

from site_for_tests import Site, build
from survey_app import db, migration
from survey_app.config import store_address

HIDDEN = ("ctid", "xmin", "xmax", "cmin", "cmax")
_NOTED = """SELECT viewname FROM pg_views WHERE schemaname = 'pg_catalog' AND
    (starts_with(viewname, 'pg_stat') OR viewname IN ('pg_locks', 'pg_sequences'))"""
_FILES = ("pg_wal", "pg_xact", "pg_subtrans", "pg_multixact", "pg_stat", "pg_logical")


@dataclass(frozen=True)
class Cluster:
    """A server of the game's own, and the database of which its sites' are copies."""

    server: Server
    template: str

    def site(self, home: Path) -> Site:
        """A new site on it."""
        return build(home, store=self.server.fresh(self.template))

    def drop(self, site: Site) -> None:
        """Remove a site's database."""
        site.engine.dispose()
        self.server.run(f"DROP DATABASE {site.engine.url.database}")

    def copied(self, site: Site, place: Path) -> Path:
        """Everything that lies around but the keys, as the server's owner takes it."""
        shutil.copytree(site.home, place, ignore=shutil.ignore_patterns("secrets"))
        engine = self.server.engine(str(site.engine.url.database))
        with engine.connect() as connection:
            own = "SELECT oid FROM pg_database WHERE datname = current_database()"
            number = connection.exec_driver_sql(own).scalar()
            _keep_tables(connection, place / "site.db")
        engine.dispose()
        for part in (f"base/{number}", *_FILES):
            shutil.copytree(self.server.data / part, place / part)
        shutil.copyfile(self.server.log, place / "postgresql.log")
        return place


def cluster(**settings: str) -> Cluster:
    """A server set up as the guide says: the site's account may drop the log of writes."""
    server = Server(server_programs(), **{"wal_recycle": "off"} | settings)
    server.run(f"GRANT pg_checkpoint TO {ACCOUNT}")
    engine = db.make_engine(store_address(server.fresh()))
    template = str(engine.url.database)
    migration.upgrade(engine)
    engine.dispose()
    server.run(f"GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {ACCOUNT}", template)
    return Cluster(server, template)


def _keep_tables(connection: Connection, file: Path) -> None:
    """All tables with the hidden columns of their rows, and all that the server tells of itself."""
    kept = sqlite.connect(file)
    for name in inspect(connection).get_table_names():
        columns = [*HIDDEN, *(c["name"] for c in inspect(connection).get_columns(name))]
        told = ", ".join(f'"{column}"::text' for column in columns)
        rows = connection.exec_driver_sql(f'SELECT {told} FROM "{name}"').all()
        _keep(kept, name, columns, [tuple(row) for row in rows])
    for name in connection.exec_driver_sql(_NOTED).scalars().all():
        rows = connection.exec_driver_sql(f"SELECT noted::text FROM {name} noted").all()
        _keep(kept, name, ["noted"], [tuple(row) for row in rows])
    kept.commit()
    kept.close()


def _keep(kept, name: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    named, marks = (", ".join(part) for part in ([f'"{c}"' for c in columns], "?" * len(columns)))
    kept.execute(f'CREATE TABLE "{name}" ({named})')
    kept.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)


def by_place_in_heap(snapshots: Sequence[Snapshot]) -> Guess:
    """Where an id lies in the table's own files: pages are filled from their end."""
    known = ids(snapshots[-1])
    for path in sorted(snapshots[-1].glob("base/*/*")):
        order = in_file(path, tuple(known))
        if len(order) == len(known):
            return order[::-1]
    return known


def by_log_of_writes(snapshots: Sequence[Snapshot]) -> Guess:
    """Where an id first stands in the files that the log of writes consists of."""
    return _in_files("pg_wal/0*", snapshots, ids(snapshots[-1]))


def by_server_log(snapshots: Sequence[Snapshot]) -> Guess:
    """Where an id first stands in what the server logs."""
    return _in_files("postgresql.log", snapshots, ids(snapshots[-1]))


def _in_files(pattern: str, snapshots: Sequence[Snapshot], known: Sequence[str]) -> list[str]:
    """``known`` by their first place in such files, those that stand in none at the end."""
    seen: dict[str, None] = {}
    for path in (path for one in snapshots for path in sorted(one.glob(pattern))):
        seen |= dict.fromkeys(in_file(path, tuple(known)))
    return [*seen, *(one for one in known if one not in seen)]


WAYS = {one.__name__: one for one in (by_place_in_heap, by_log_of_writes, by_server_log)}


def by_two_orders(snapshots: Sequence[Snapshot], tried: Sequence[str]) -> Guess:
    """Who was the k-th to try for a token sent the k-th answer.

    ``tried``: what the store notes when somebody of the roster tries, in the roster's order.
    """
    order = dict(
        zip(_in_files("pg_wal/0*", snapshots, tried), by_log_of_writes(snapshots), strict=True)
    )
    return [order[one] for one in tried]
