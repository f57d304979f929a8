"""Answers taken a second, durably, 30 items each, by 16 phones; and 2,000 phones within 10 seconds.

Floor: a Flask handler that only parses and inserts (SQLite, synchronous FULL), same server, same
client, same bodies. For PostgreSQL: ODK Central's backend with as many answers, on the same server
in the same run where its source is at hand (`bench/central.py`), else its recorded rate.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from bench.central import PEERS, central
from bench.phones import Replies, request, send_all
from instruments.catalogue_writer import sample_catalogue
from survey_app import create_app, db, migration
from survey_app.config import CONFIG, store_address
from survey_app.demo.server import free_port, running_site, wait_until_ready
from survey_app.instance import instance
from survey_app.models import CycleRow
from survey_app.services.audit import COMMAND
from survey_app.services.catalogue import store_catalogue
from survey_app.services.programme import programme_of
from survey_app.services.tickets import issue_tickets

FLOOR, PEER = "floor", "ODK Central"
PHONES, ANSWERS, RUNS, WARM = 16, 6_000, 3, 64
CROWD, WITHIN = 2_000, 10.0
ODK_CENTRAL = (156, 214)
"""Submissions a second of ODK Central's backend (Node 24, PostgreSQL 15), 30 questions, 16
connections, 2 cores; recorded on another day, not in this run."""
PROCESSES = 2
"""Of ours with PostgreSQL, and at most of the peer: as many as there are cores."""
DATABASE = "GUOPEI_BENCH_POSTGRESQL"
"""Address of an empty PostgreSQL database; without it only SQLite is measured."""


@dataclass(frozen=True)
class Prepared:
    """An instance whose cycle is open, and one form a slip."""

    home: Path
    path: str
    bodies: list[bytes]


def prepared(home: Path, count: int, database: str = "") -> Prepared:
    """The sample programme with the built-in instruments, and so many filled forms."""
    catalogue = sample_catalogue()
    code = catalogue.classes[0].code
    with instance(home, title="计时", base_url="http://localhost", database=database) as settings:
        engine = db.make_engine(settings.address)
        migration.upgrade(engine)
        with db.transaction(engine) as session:
            store_catalogue(session, catalogue, by=COMMAND).state = "开放"
            key = settings.secret("ticket")
            tickets = issue_tickets(session, key=key, target=f"class:{code}", count=count)
        engine.dispose()
    if database:
        config = (home / CONFIG).read_text("utf-8")
        several = config.replace("processes = 1", f"processes = {PROCESSES}")
        (home / CONFIG).write_text(several, "utf-8")
    path = f"/c/{code}/form"
    return Prepared(home, path, list(_bodies(home, path, tickets)))


def _bodies(home: Path, path: str, tickets: list[str]) -> Iterator[bytes]:
    app = create_app(home)
    page = app.test_client().get(path).text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    with app.app_context(), db.look(db.engine()) as session:
        cycle = session.query(CycleRow).one()
        instrument = programme_of(session, cycle).instrument(role="trainee", per="class")
    answers = {}
    for section in instrument.sections:
        for item in section.items:
            if item.scale is not None and f'name="{item.name}"' in page:
                answers[item.name] = item.scale.codes[1]
    app.extensions["engine"].dispose()
    for ticket in tickets:
        own = {"response": secrets.token_hex(16), "nonce": secrets.token_hex(16)}
        form = {"token": token, "ticket": ticket, "confirmed": "1", "duration": "3-10"}
        yield urlencode(form | own | answers).encode()


@contextmanager
def least_site(folder: Path) -> Iterator[str]:
    """The floor, served as the site is."""
    port = free_port(0)
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "1", "--threads", "16"]
    command += ["-b", f"127.0.0.1:{port}", "--log-level", "warning"]
    command += ["-c", "python:bench.least_site", "bench.least_site:app"]
    process = subprocess.Popen(command, env={**os.environ, "LEAST_FILE": str(folder / "least.db")})
    try:
        yield wait_until_ready(process, f"http://127.0.0.1:{port}", folder)
    finally:
        process.terminate()
        process.wait()


def taken(one: Prepared, address: str, within: float = 0.0) -> Replies:
    """Send all forms but the first few, which warm the site up; each must be taken."""
    ready = [request(one.path, body) for body in one.bodies]
    send_all(address, ready[:WARM], phones=PHONES)
    phones = PHONES if not within else CROWD
    replies = send_all(address, ready[WARM:], phones=phones, within=within)
    assert set(replies.statuses) == {303}, replies.statuses
    return replies


@contextmanager
def site(root: Path, name: str, count: int, database: str) -> Iterator[tuple[Prepared, str]]:
    """A running site with so many forms to be sent to it."""
    one = prepared(root / name, count + WARM, _fresh(database))
    with running_site(one.home, free_port(0)) as address:
        yield one, address


def _fresh(database: str) -> str:
    """A new database on the server of ``database``; '' for SQLite."""
    if not database:
        return ""
    name = f"bench_{secrets.token_hex(4)}"
    admin = create_engine(store_address(database), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C'")
    admin.dispose()
    fresh = make_url(database).set(database=name)
    return fresh.render_as_string(hide_password=False)


def peer_rate(peers: Path, database: str) -> float:
    """Submissions a second of ODK Central's backend, with as many processes as suit it best."""
    names = [f"item{number:02d}" for number in range(30)]
    ready = [dict.fromkeys(names, "4")] * (ANSWERS + WARM)
    found = []
    for processes in range(1, PROCESSES + 1):
        with central(peers, _fresh(database), names, processes=processes) as one:
            sent = one.ready(ready)
            send_all(one.address, sent[:WARM], phones=PHONES)
            replies = send_all(one.address, sent[WARM:], phones=PHONES)
            assert set(replies.statuses) == {200}, replies.statuses
            found.append(replies.rate)
    return max(found)


def rates(root: Path, stores: dict[str, str]) -> dict[str, float]:
    """Answers a second, the median of runs in which floor, ours and a peer take turns."""
    found: dict[str, list[float]] = {FLOOR: []} | {name: [] for name in stores}
    peers = Path(os.environ.get(PEERS, "/nowhere"))
    for run in range(RUNS):
        if "PostgreSQL" in stores and peers.is_dir():
            rate = peer_rate(peers, stores["PostgreSQL"])
            found.setdefault(PEER, []).append(rate)
        for name, database in stores.items():
            with site(root, f"{name}{run}", ANSWERS, database) as (one, address):
                found[name].append(taken(one, address).rate)
        with least_site(root) as address:
            found[FLOOR].append(taken(one, address).rate)
    return {name: median(several) for name, several in found.items()}


def run() -> Iterator[str]:
    """The benchmark's lines."""
    database = os.environ.get(DATABASE, "")
    stores = {"SQLite": ""} | ({"PostgreSQL": database} if database else {})
    with tempfile.TemporaryDirectory() as folder:
        found = rates(Path(folder), stores)
        for name, rate in found.items():
            yield f"{name}: {rate:.0f} answers a second, {rate / found[FLOOR]:.2f} of the floor"
        if PEER in found:
            yield f"PostgreSQL: {found['PostgreSQL'] / found[PEER]:.1f} times ODK Central, same run"
        elif "PostgreSQL" in found:
            low, high = (found["PostgreSQL"] / rate for rate in reversed(ODK_CENTRAL))
            yield f"PostgreSQL: {low:.1f}-{high:.1f} times ODK Central as recorded (not this run)"
        for name, database in stores.items():
            with site(Path(folder), f"crowd{name}", CROWD, database) as (one, address):
                crowd = taken(one, address, WITHIN)
            yield (
                f"{name}: {CROWD:,} phones within {WITHIN:.0f} s: all taken, median"
                f" {1000 * crowd.quantile(0.5):.0f} ms, p99 {1000 * crowd.quantile(0.99):.0f} ms"
            )
