"""A power cut at any acknowledgement, every unsynced write dropped, loses nothing acknowledged."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from disk import Disk, preloaded
from postgres_server import Server, server_programs
from sqlalchemy import Engine, select
from sqlalchemy.exc import DatabaseError
from swarm import Swarm, answers, words_of
from test_crash import said_in

from site_for_tests import Site, build
from survey_app import db
from survey_app.config import store_address
from survey_app.demo import server as site_server
from survey_app.demo.server import SITE, free_port, running_site
from survey_app.models import TicketRow

CARELESS = "careless_site"
PHONES = 4
ANSWERS, CUTS = {False: 24, True: 400}, {False: 2, True: 20}


@dataclass(frozen=True)
class Told:
    """What phones had been told at some moment: how far the notes of writes went then."""

    ids: frozenset[str]
    size: int


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that starts under load is late, not broken."""
    monkeypatch.setattr(site_server, "START_SECONDS", 600)


@contextmanager
def noting(folder: Path, log: Path, library: Path) -> Iterator[None]:
    """Servers that are started meanwhile note their writes to ``folder`` in ``log``."""
    log.touch()
    log.chmod(0o666)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(library))
        patch.setenv("CUT_FOLDER", str(folder))
        patch.setenv("CUT_LOG", str(log))
        yield


def told_by(site: Site, log: Path, module: str, swarm: Swarm) -> list[Told]:
    """Let phones answer; what was known and how far the notes went at each acknowledgement."""
    moments: list[Told] = []
    known: set[str] = set()

    def told(id: str) -> None:
        known.add(id)
        ids = frozenset(known)
        moments.append(Told(ids, log.stat().st_size))

    swarm.told, count = told, len(swarm.pile)
    with running_site(site.home, free_port(0), module=module) as swarm.address:
        swarm.run(PHONES)
    assert len(swarm.taken) == count and not swarm.refused
    return sorted(moments, key=lambda moment: moment.size)


def faults(engine: Engine, told: Told, words: dict[str, str]) -> int:
    """What is wrong after a cut: acknowledged answers that are not there, others that nobody sent,
    slips spent without one; or a store that cannot be read at all."""
    try:
        with db.look(engine) as session:
            kept = said_in(session)
            spent = sum(row.spent for row in session.scalars(select(TicketRow)))
    except DatabaseError:
        return len(told.ids)
    finally:
        engine.dispose()
    foreign = sum(words.get(id) != said for id, said in kept.items())
    return len(told.ids - set(kept)) + foreign + abs(spent - len(kept))


def chosen(moments: list[Told], count: int, rng: np.random.Generator) -> list[Told]:
    return [moments[place] for place in sorted(rng.choice(len(moments), count, replace=False))]


def on_sqlite(root: Path, module: str, full: bool) -> list[int]:
    """What was wrong after each cut."""
    site, log, rng = build(root / "home", store="sqlite"), root / "log", np.random.default_rng(11)
    swarm = Swarm("", answers(site, ANSWERS[full]))
    words = words_of(swarm.pile)
    site.engine.dispose()
    disk = Disk(site.home, log)
    with noting(site.home, log, preloaded(root)):
        moments = told_by(site, log, module, swarm)
    found = []
    for number, told in enumerate(chosen(moments, CUTS[full], rng)):
        disk.go_on(told.size)
        left = disk.left(root / f"cut{number}", rng if number % 2 else None)
        (left / "site.db-shm").unlink(missing_ok=True)  # memory, not disk
        engine = db.make_engine(f"sqlite:///{left}/site.db")
        found.append(faults(engine, told, words))
        shutil.rmtree(left)
    return found


def on_postgresql(root: Path, module: str, full: bool) -> list[int]:
    """The same on a server whose data folder lies on the disk that loses power."""
    server, rng, found = Server(server_programs()), np.random.default_rng(12), []
    log = server.folder / "notes"
    site = build(root / "home", store=server.fresh())
    database = site.engine.url.database
    swarm = Swarm("", answers(site, ANSWERS[full]))
    words = words_of(swarm.pile)
    site.engine.dispose()
    server.stop()
    disk = Disk(server.data, log)
    with noting(server.data, log, preloaded(server.folder)):
        server.start()
    moments = told_by(site, log, module, swarm)
    server.stop()
    for number, told in enumerate(chosen(moments, CUTS[full], rng)):
        disk.go_on(told.size)
        left = disk.left(root / f"cut{number}", rng if number % 2 else None)
        after = Server(server.bin, restored=left)
        engine = db.make_engine(store_address(after.address(str(database))))
        found.append(faults(engine, told, words))
        after.remove()
    server.remove()
    return found


STORES = {"sqlite": on_sqlite, "postgresql": on_postgresql}


@pytest.mark.prove
@pytest.mark.parametrize("store", STORES)
def test_nothing_acknowledged_is_lost(
    store: str, tmp_path: Path, full_count: bool, proven: Callable[[str], None]
) -> None:
    found = STORES[store](tmp_path, SITE, full_count)
    assert found == [0] * CUTS[full_count]
    proven(
        f"{CUTS[full_count]} power cuts among {ANSWERS[full_count]} acknowledgements,"
        " all or half of the unsynced writes dropped: 0 lost"
    )


@pytest.mark.parametrize("store", STORES)
def test_a_site_that_does_not_sync_is_found_out(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    assert sum(STORES[store](tmp_path, CARELESS, False)) > 0
