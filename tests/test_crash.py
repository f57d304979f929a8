"""The server is killed under load, time and again: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import numpy as np
import psutil
import pytest
from postgres_server import shared_server
from sqlalchemy import select
from sqlalchemy.orm import Session
from swarm import Swarm, answers, words_of

from project_root import ROOT
from site_for_tests import Site, build
from survey_app import db
from survey_app.demo import server
from survey_app.demo.server import free_port, start_site, stop_site
from survey_app.models import AccountRow, ResponseRow, TicketRow

PHONES, COMMANDS = 16, {False: 2, True: 8}
KILLS = {False: 2, True: 20}
PILE = {False: 1_500, True: 20_000}
BETWEEN = {False: (10, 40), True: (30, 150)}
"""So many answers are taken, at least and at most, before the next kill."""
WRITER = """
import itertools, sys, time
from click.testing import CliRunner
from survey_app.cli import guopei
for number in itertools.count():
    login = f"{sys.argv[1]}-{number}"
    done = CliRunner().invoke(guopei, ["init", "--admin", login])
    if done.exit_code == 0:
        print(login, flush=True)
    time.sleep(float(sys.argv[2]))
"""
"""A command that writes to the store, again and again, until it is ended."""
PAUSE = {False: 0.0, True: 2.0}
"""Seconds after each write: eight that never rest leave the server no time to start again."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that starts under load is late, not broken."""
    monkeypatch.setattr(server, "START_SECONDS", 600)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill -9 of the server and all its processes at once."""
    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for one in family:
        one.kill()
    process.wait()
    psutil.wait_procs(family)


@contextmanager
def commands_writing(home: Path, root: Path, count: int, pause: float) -> Iterator[list[Path]]:
    """So many commands that write to the store of ``home`` meanwhile; what each says it did."""
    said = [root / f"command{number}" for number in range(count)]
    running = []
    for number, file in enumerate(said):
        environment = {"GUOPEI_HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": ""}
        with file.open("wb") as output:
            command = [sys.executable, "-c", WRITER, f"k{number}", str(pause)]
            running.append(subprocess.Popen(command, env=environment, stdout=output))
    try:
        yield said
    finally:
        for one in running:
            one.kill()
            one.wait()


def let(swarm: Swarm, count: int) -> None:
    """Wait until so many more answers are taken."""
    goal = len(swarm.taken) + count
    while len(swarm.taken) < goal and swarm.pile:
        sleep(0.01)


def said_in(session: Session) -> dict[str, str]:
    """What each stored answer says, by id."""
    return {r.id: json.loads(r.answers)["comment"] for r in session.scalars(select(ResponseRow))}


@pytest.mark.prove
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_kill_9_under_load_loses_and_doubles_nothing(
    store: str, tmp_path: Path, full_count: bool, proven: Callable[[str], None]
) -> None:
    site = build(tmp_path / "home", store=store)
    if store == "postgresql":
        config = site.home / "config.toml"
        config.write_text(config.read_text("utf-8").replace("processes = 1", "processes = 2"))
    pile = answers(site, PILE[full_count])
    words = words_of(pile)
    port, rng = free_port(0), np.random.default_rng(6)
    process, address = start_site(site.home, port)
    swarm = Swarm(address, pile)
    commands, pause = COMMANDS[full_count], PAUSE[full_count]
    writing = commands_writing(site.home, tmp_path, commands, pause)
    with writing as said, swarm.sending(PHONES):
        for number in range(KILLS[full_count]):
            let(swarm, int(rng.integers(*BETWEEN[full_count])))
            kill(process)
            if store == "postgresql" and number % 2:
                shared_server().stop("immediate")  # the database itself crashes too
                shared_server().start()
            process, _ = start_site(site.home, port)
        let(swarm, BETWEEN[full_count][1])
    stop_site(process)
    site.engine.dispose()
    left = len(swarm.pile)
    assert left, "the pile was too small to be under load to the end"
    assert swarm.refused == [] and swarm.again > 0
    made = [login for file in said for login in file.read_text("utf-8").split()]
    check(site, swarm, words, left, made)
    proven(
        f"{KILLS[full_count]} kills, {len(swarm.taken):,} answers taken by {PHONES} phones with"
        f" {swarm.again:,} repeats, {len(made)} writes by {COMMANDS[full_count]} commands:"
        " 0 lost, 0 doubled"
    )
    site.engine.dispose()


def check(site: Site, swarm: Swarm, words: dict[str, str], left: int, made: list[str]) -> None:
    """Every answer with a receipt is there, once, as it was sent; its slip is spent, no other is;
    every receipt is its own; what a command said it did is there."""
    with db.look(site.engine) as session:
        kept = said_in(session)
        spent = [row.spent for row in session.scalars(select(TicketRow))]
        accounts = set(session.scalars(select(AccountRow.login)))
    assert kept == {id: words[id] for id in swarm.taken}
    assert (sum(spent), len(spent) - sum(spent)) == (len(swarm.taken), left)
    assert len(set(swarm.taken.values())) == len(swarm.taken)
    assert made and set(made) <= accounts
