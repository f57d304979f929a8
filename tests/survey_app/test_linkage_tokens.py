"""The linkage game on a class that fetched tokens by name: who holds everything stored in and after
the window, the site's secrets too, does no better than chance."""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import linkage
import pysqlite3.dbapi2 as sqlite
import pytest
from blind_phone import closed, fetch, listed, members, token_form
from scipy.stats import poisson
from test_linkage_game import CLASS, UNLIKELY, backup_of, check, copy_of, told

from site_for_tests import Site, build
from survey_app import db
from survey_app.models import ClassRow
from survey_app.pasted_roster import member
from survey_app.services.tokens import read_token
from survey_app.services.windows import roster_digest, the_window

TARGET = "class:C1"
Copier = Callable[[Site, Path], Path]


@dataclass(frozen=True)
class Game:
    """What the attacker holds, and the truth: response ids as they came, and ids and tokens in the
    roster's order."""

    copies: list[Path]
    running: Path
    """A copy taken while answers came, which the rules do not allow on SQLite."""
    roster: linkage.Roster
    came: list[str]
    truth: list[str]
    tokens: list[str]


def played(root: Path) -> Game:
    """The class fetches in the roster's order, and answers in it once the window has closed."""
    site = build(root / "home")
    made = play(site, root, order=range(CLASS), copied=copy_of)
    site.engine.dispose()
    return made


def play(site: Site, root: Path, *, order: Sequence[int], copied: Copier) -> Game:
    """The class fetches in the roster's order; ``order``: of answering. ``copied`` takes a copy."""
    people = members(len(order))
    log = logging.FileHandler(site.home / "server.log", encoding="utf-8")
    logging.getLogger().addHandler(log)
    try:
        with db.transaction(site.engine) as session:
            session.get_one(ClassRow, "C1").enrolled = len(order)
        copies = [backup_of(site, root / "hour0")]
        tokens = fetched(site, people, lambda name: copies.append(copied(site, root / name)))
        sent = answered(site, {place: tokens[place] for place in order})
        copies.append(backup_of(site, root / "hour1"))
        running = copied(site, root / "running")
        for step in ("close", "extract"):
            assert site.staff("boss").post(f"/province/{step}").status_code == 303
            copies.append(copied(site, root / step))
        with db.look(site.engine) as session:
            public = the_window(session, TARGET).public
    finally:
        logging.getLogger().removeHandler(log)
        log.close()
    key = site.settings.secret("roster")  # the attacker is the operator
    roster = [
        frozenset([person[0], roster_digest(key, TARGET, member(*person))]) for person in people
    ]
    whose = [read_token(public, token) or "" for token in tokens]
    truth = [sent[place] for place in sorted(sent)]
    return Game(copies, running, roster, list(sent.values()), truth, whose)


def fetched(
    site: Site, people: list[tuple[str, str]], copied: Callable[[str], object]
) -> list[str]:
    """Everybody fetches; copies are taken half way, at the end and when the window has closed."""
    boss = site.staff("boss")
    listed(boss, people)
    half = len(people) // 2
    tokens = [fetch(site, person) for person in people[:half]]
    copied("half")
    tokens += [fetch(site, person) for person in people[half:]]
    copied("all")
    closed(boss)
    copied("shut")
    return tokens


def answered(site: Site, tokens: dict[int, str]) -> dict[int, str]:
    """Everybody answers within an hour, in the order of ``tokens``; place on the roster → id."""
    sent = {}
    for place, token in tokens.items():
        form = token_form(site, token, comment=token_hex(4))
        assert site.visitor().post("/c/C1/form", data=form).status_code == 303
        sent[place] = form["response"]
    return sent


def hits(game: Game, copies: list[Path]) -> Counter[str]:
    """Hits of every way of guessing."""
    guesses = linkage.guesses(copies, linkage.WAYS)
    hit = Counter({name: linkage.hits(guess, game.came) for name, guess in guesses.items()})
    for name, way in linkage.ROSTER_WAYS.items():
        hit[name] = linkage.hits(way(copies, game.roster), game.truth)
    return hit


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Game:
    return played(tmp_path_factory.mktemp("tokens"))


@pytest.mark.sqlite
@pytest.mark.prove
def test_nobody_is_found_among_those_who_fetched_tokens(
    game: Game,
    tmp_path_factory: pytest.TempPathFactory,
    full_count: bool,
    proven: Callable[[str], None],
) -> None:
    classes = 40 if full_count else 1
    games = [game, *(played(tmp_path_factory.mktemp(f"class{n}")) for n in range(1, classes))]
    found: Counter[str] = Counter()
    for one in games:
        for last in range(len(one.copies) - 2, len(one.copies) + 1):  # the answers are in these
            for name, count in hits(one, one.copies[:last]).items():
                found[f"{name} {last}"] += count
    columns = linkage.columns_of(game.copies[-1])
    assert len(found) == 3 * (len(linkage.WAYS) + len(linkage.ROSTER_WAYS) + len(columns))
    check(found, classes)
    proven(f"{classes} classes of {CLASS}, SQLite, tokens; {told(found, classes)}")


def tokens_on_the_roster(game: Game, copies: list[Path]) -> None:
    """The roster keeps which token it was, and the answer keeps by which it came."""
    with store(copies[2]) as window:
        for known, token in zip(game.roster, game.tokens, strict=True):
            mine = sorted(known)[0] if len(sorted(known)[0]) == 64 else sorted(known)[1]
            window.execute("UPDATE roster SET blinded = ? WHERE digest = ?", (token, mine))
    with store(copies[-1]) as last:
        for response, token in zip(game.truth, game.tokens, strict=True):
            last.execute("UPDATE responses SET duration = ? WHERE id = ?", (token, response))


def an_ordered_table(game: Game, copies: list[Path]) -> None:
    """Answers lie in a table that counts its rows."""
    with store(copies[-1]) as last:
        last.execute("CREATE TABLE ordered AS SELECT * FROM responses WHERE 0")
        for response in game.truth:
            last.execute("INSERT INTO ordered SELECT * FROM responses WHERE id = ?", (response,))
        last.execute("PRAGMA foreign_keys = OFF")
        last.execute("DROP TABLE responses")
        last.execute("ALTER TABLE ordered RENAME TO responses")


def names_in_a_log(game: Game, copies: list[Path]) -> None:
    """The server's log has a line for each answer, with the name that the phone still knew."""
    names = [min(known, key=len) for known in game.roster]
    pairs = sorted(zip(names, game.truth, strict=True), key=lambda pair: pair[1])
    lines = "".join(f"POST /c/C1/form {name} {response} 303\n" for name, response in pairs)
    (copies[-1] / "server.log").write_text(lines, encoding="utf-8")


def store(snapshot: Path):
    """A copy's store; changes are kept at the end of the block."""
    return sqlite.connect(snapshot / "site.db")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("plant", "way"),
    [
        (tokens_on_the_roster, "by_shared_values"),
        (names_in_a_log, "by_shared_values"),
        (an_ordered_table, "by_row_number"),
    ],
)
def test_a_leak_planted_into_the_played_store_is_found(
    game: Game, tmp_path: Path, plant: Callable[[Game, list[Path]], None], way: str
) -> None:
    copies = [Path(shutil.copytree(one, tmp_path / one.name)) for one in game.copies]
    plant(game, copies)
    assert poisson.sf(hits(game, copies)[way] - 1, 1) < UNLIKELY
