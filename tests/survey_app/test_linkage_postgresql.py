"""The linkage game on PostgreSQL. By the rules of the guide nobody finds even the order of arrival;
who copies the running server too, its log of writes included, finds that order and nobody's name.

Two attackers play each class. The *owner* holds hourly backups (`guopei backup`) and, once closed,
the whole server; the class came in the roster's order, so that whoever finds the order has won.
The *copyist* holds copies of the whole server while it was open too, with the log of writes of all
that time; the class came in an order that the roster does not tell.
"""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import linkage
import linkage_postgresql as taken
import numpy as np
import pytest
from blind_phone import members
from linkage_postgresql import Cluster, cluster
from postgres_server import ACCOUNT
from scipy.stats import poisson
from sqlalchemy import text
from test_linkage_game import CLASS, UNLIKELY, backup_of, check, told
from test_linkage_tokens import TARGET, Game, play

from site_for_tests import Site, filled
from survey_app import db
from survey_app.pasted_roster import member
from survey_app.services.attempts import attempt_at
from survey_app.stores import postgres

pytestmark = pytest.mark.once

WAYS = linkage.WAYS | taken.WAYS
FEW = 12
"""Class of a planted leak: as many hits by luck are as unlikely as UNLIKELY."""


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    made = cluster()
    yield made
    made.server.remove()


@dataclass(frozen=True)
class Slips:
    """Copies of a class that came with slips, and the response ids as they came."""

    kept: list[Path]
    """What the owner holds: backups of each hour, the server when closed and when sealed."""
    running: list[Path]
    """What the copyist holds besides, taken while answers came."""
    came: list[str]


@contextmanager
def logged(site: Site) -> Iterator[None]:
    """What the site logs meanwhile lies in its folder."""
    log = logging.FileHandler(site.home / "server.log", encoding="utf-8")
    logging.getLogger().addHandler(log)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(log)
        log.close()


def played(server: Cluster, root: Path, *, size: int = CLASS, plant: Sequence[str] = ()) -> Slips:
    """A class answers within an hour, the cycle closes and, if the class is whole, is sealed;
    ``plant``: statements that leave a channel open."""
    site = server.site(root / "home")
    for statement in plant:
        server.server.run(statement, site.engine.url.database)
    site.engine.dispose()
    with logged(site):
        with db.transaction(site.engine) as session:
            session.execute(text(f"UPDATE classes SET enrolled = {size}"))
        kept, came = [backup_of(site, root / "hour0")], []
        tickets = site.tickets()
        for place, ticket in enumerate(tickets):
            client = site.visitor()
            form = filled(site, client.get("/c/C1/form").text, ticket, comment=token_hex(4))
            form |= {f"self_code-{part}": said for part, said in linkage.code_of(place).items()}
            assert client.post("/c/C1/form", data=form).status_code == 303
            came.append(form["response"])
        kept.append(backup_of(site, root / "hour1"))
        running = [server.copied(site, root / "running")]
        for step in ("close", "extract") if size == CLASS else ("close",):
            assert site.staff("boss").post(f"/province/{step}").status_code == 303
            kept.append(server.copied(site, root / step))
    server.drop(site)
    return Slips(kept, running, came)


def owners(found: Counter[str], game: Slips) -> None:
    """Count the owner's hits on the order of arrival, from the backup of that hour on."""
    for last in range(2, len(game.kept) + 1):
        for name, guess in linkage.guesses(game.kept[:last], WAYS).items():
            found[f"{name}, owner {last}"] += linkage.hits(guess, game.came)


def copyists(found: Counter[str], game: Slips, roster: list[str]) -> None:
    """Count the copyist's hits on the roster."""
    copies = [*game.kept[:2], *game.running, *game.kept[2:]]
    for last in range(3, len(copies) + 1):
        for name, guess in linkage.guesses(copies[:last], WAYS).items():
            found[f"{name}, copyist {last}"] += linkage.hits(guess, roster)


@pytest.fixture(scope="module")
def game(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Slips:
    return played(server, tmp_path_factory.mktemp("slips"))


@pytest.mark.prove
def test_nobody_is_found_in_a_closed_class(
    server: Cluster,
    game: Slips,
    tmp_path_factory: pytest.TempPathFactory,
    full_count: bool,
    proven: Callable[[str], None],
) -> None:
    classes, rng = 20 if full_count else 1, np.random.default_rng(16)
    found: Counter[str] = Counter()
    for number in range(classes):
        root = tmp_path_factory.mktemp(f"class{number}")
        one = played(server, root) if number else game
        owners(found, one)
        copyists(found, one, [one.came[place] for place in rng.permutation(CLASS)])
        shutil.rmtree(root)
    check(found, classes)
    proven(f"{classes} classes of {CLASS}, PostgreSQL, slips; {told(found, classes)}")


def test_who_copies_the_running_server_learns_the_order_of_arrival(game: Slips) -> None:
    """Said openly in decision record 22: of slips it is the order of nobody's names."""
    running = linkage.guesses(game.running, WAYS)
    for way in ("by_row_number", "by_column xmin", "by_log_of_writes"):
        assert running[way] == game.came, way


def found(game: Slips, *ways: str) -> None:
    """The owner finds the order of arrival by each of these ways."""
    guesses = linkage.guesses(game.kept, WAYS)
    for way in ways:
        hits = linkage.hits(guesses[way], game.came)
        assert poisson.sf(hits - 1, 1) < UNLIKELY, (way, hits)


def test_rows_and_a_log_that_stay_as_they_were_are_found(
    server: Cluster, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(postgres, "_write_anew", lambda _connection, _table: None)
    monkeypatch.setattr(postgres, "_drop_log", lambda _connection: [])
    ways = ("by_row_number", "by_column xmin", "by_place_in_heap", "by_log_of_writes")
    found(played(server, tmp_path, size=FEW), *ways)


def test_a_sequence_a_moment_and_logged_statements_are_found(
    server: Cluster, tmp_path: Path
) -> None:
    plant = (
        "ALTER TABLE responses ADD number bigserial",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ACCOUNT}",
        "ALTER TABLE responses ADD at timestamp DEFAULT now()",
        f"ALTER ROLE {ACCOUNT} SET log_statement = 'all'",
    )
    game = played(server, tmp_path, size=FEW, plant=plant)
    server.server.run(f"ALTER ROLE {ACCOUNT} RESET ALL")
    found(game, "by_column number", "by_column at", "by_server_log")


def with_tokens(server: Cluster, root: Path, order: Sequence[int]) -> tuple[Game, list[str]]:
    """A class that fetched tokens in the roster's order and answered in ``order``; and what the
    store noted, in the roster's order, when each of them fetched."""
    site = server.site(root / "home")
    game = play(site, root, order=order, copied=server.copied)
    key = site.settings.secret("roster")
    names = (f"{TARGET}|{member(*person).name}" for person in members(len(order)))
    tries = [attempt_at(name, address="127.0.0.1", key=key, kind="roster") for name in names]
    server.drop(site)
    return game, [one.login for one in tries]


def token_owners(found: Counter[str], game: Game) -> None:
    """Count the owner's hits: on the order of arrival, and beginning with the roster."""
    for last in range(len(game.copies) - 2, len(game.copies) + 1):
        for name, guess in linkage.guesses(game.copies[:last], WAYS).items():
            found[f"{name}, owner {last}"] += linkage.hits(guess, game.came)
        for name, way in linkage.ROSTER_WAYS.items():
            guess = way(game.copies[:last], game.roster)
            found[f"{name}, owner {last}"] += linkage.hits(guess, game.truth)


def token_copyists(found: Counter[str], game: Game, tried: list[str]) -> None:
    """Count the copyist's hits on the roster: while the server runs, and once all is sealed."""
    running = [*game.copies[:-2], game.running]
    for moment, copies in ("running", running), ("sealed", [*running, *game.copies[-2:]]):
        guesses = linkage.guesses(copies, WAYS)
        guesses |= {name: way(copies, game.roster) for name, way in linkage.ROSTER_WAYS.items()}
        guesses["by_two_orders"] = taken.by_two_orders(copies, tried)
        for name, guess in guesses.items():
            found[f"{name}, copyist {moment}"] += linkage.hits(guess, game.truth)


@pytest.mark.prove
def test_nobody_is_found_among_those_who_fetched_tokens(
    server: Cluster,
    tmp_path_factory: pytest.TempPathFactory,
    full_count: bool,
    proven: Callable[[str], None],
) -> None:
    classes, rng = 20 if full_count else 1, np.random.default_rng(17)
    found: Counter[str] = Counter()
    for number in range(classes):
        root = tmp_path_factory.mktemp(f"class{number}")
        game, tried = with_tokens(server, root, [int(one) for one in rng.permutation(CLASS)])
        token_owners(found, game)
        token_copyists(found, game, tried)
        shutil.rmtree(root)
    check(found, classes)
    proven(f"{classes} classes of {CLASS}, PostgreSQL, tokens; {told(found, classes)}")


def test_who_answers_in_the_order_of_fetching_is_told_by_a_kept_log_of_writes(
    server: Cluster, tmp_path: Path
) -> None:
    """The limit that decision record 22 names: a log archived through window and answering."""
    game, tried = with_tokens(server, tmp_path, range(FEW))
    found: Counter[str] = Counter()
    token_copyists(found, game, tried)
    assert found["by_two_orders, copyist running"] == FEW
    token_owners(found := Counter(), game)
    assert poisson.sf(max(found.values()) - 1, 1) > UNLIKELY
