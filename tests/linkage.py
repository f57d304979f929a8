"""An attacker who holds everything that lies around and wants to know who answered what.

Given: copies of the store's files, in the order in which they were taken, and the roster of names,
in which the class also queued up to answer, so that whoever finds the order of arrival has won.
Each way of guessing gives response ids in the order of the roster; none may do better than chance.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pysqlite3.dbapi2 as sqlite

from instruments.self_code import normalised_code

Snapshot = Path
"""A folder with site.db and whatever lies beside it."""
Guess = Sequence[str]
Way = Callable[[Sequence[Snapshot]], Guess]


def ids(snapshot: Snapshot, order: str = "") -> list[str]:
    """Response ids as the store gives them."""
    connection = sqlite.connect(snapshot / "site.db")
    try:
        return [row[0] for row in connection.execute(f"SELECT id FROM responses {order}")]
    finally:
        connection.close()


def by_query(snapshots: Sequence[Snapshot]) -> Guess:
    """The order of a plain query."""
    return ids(snapshots[-1])


def by_row_number(snapshots: Sequence[Snapshot]) -> Guess:
    """The hidden row number, if the table has one."""
    try:
        return ids(snapshots[-1], "ORDER BY rowid")
    except sqlite.OperationalError:
        return ids(snapshots[-1])


@lru_cache(1024)
def in_file(path: Path, known: tuple[str, ...]) -> list[str]:
    """Those of ``known`` that stand in a file, which changes no more, by their first place."""
    data = path.read_bytes().rstrip(b"\0")
    places = {one: data.find(one.encode()) for one in known}
    return sorted((one for one in known if places[one] >= 0), key=places.__getitem__)


def by_place_in_file(snapshots: Sequence[Snapshot]) -> Guess:
    """Where an id lies in the file: pages are filled from their end."""
    known = ids(snapshots[-1])
    order = in_file(snapshots[-1] / "site.db", tuple(known))
    return [*reversed(order), *(one for one in known if one not in order)]


def by_log(snapshots: Sequence[Snapshot]) -> Guess:
    """Where an id first lies in a write-ahead log, in a journal or in the server's log."""
    known = ids(snapshots[-1])
    seen: dict[str, None] = {}
    for snapshot in snapshots:
        for path in sorted(snapshot.rglob("*")):
            if path.is_file() and path.name != "site.db":
                seen |= dict.fromkeys(in_file(path, tuple(known)))
    return [*seen, *(one for one in known if one not in seen)]


def code_of(place: int) -> dict[str, str]:
    """The self-made code of somebody of the roster, which an attacker is taken to know."""
    return {"mother": f"芳{place}", "school": "实", "day": str(place % 31 + 1)}


def bare_digests(code: str) -> set[str]:
    """What a store without a key of its own could have made of a code."""
    texts = [code, json.dumps(["C1", code]), f"C1|{code}"]
    return {
        made
        for text in texts
        for made in (
            hashlib.sha256(text.encode()).hexdigest(),
            *(hmac.new(key, text.encode(), "sha256").hexdigest() for key in (b"", b"C1", b"2021")),
        )
    }


def by_column(snapshots: Sequence[Snapshot], column: str) -> Guess:
    """The order of what a column says: a number, a moment."""
    digits = f"""CASE WHEN "{column}" NOT GLOB '*[^0-9]*' THEN CAST("{column}" AS INTEGER) END"""
    return ids(snapshots[-1], f'ORDER BY {digits}, "{column}"')


def columns_of(snapshot: Snapshot) -> list[str]:
    """Columns of the table of answers, hidden ones of a server included."""
    connection = sqlite.connect(snapshot / "site.db")
    try:
        return [row[1] for row in connection.execute("PRAGMA table_info(responses)")]
    finally:
        connection.close()


def guesses(snapshots: Sequence[Snapshot], ways: Mapping[str, Way]) -> dict[str, Guess]:
    """What each of ``ways``, and each column of the answers, leads to."""
    made = {name: way(snapshots) for name, way in ways.items()}
    columns = {f"by_column {c}": by_column(snapshots, c) for c in columns_of(snapshots[-1])}
    return made | columns


def by_self_code(snapshots: Sequence[Snapshot]) -> Guess:
    """Whose known code leads to which digest."""
    known = ids(snapshots[-1])
    connection = sqlite.connect(snapshots[-1] / "site.db")
    try:
        digests = dict(connection.execute("SELECT pairing, id FROM responses WHERE pairing != ''"))
    finally:
        connection.close()
    codes = [normalised_code(code_of(place)) for place in range(len(known))]
    tried = [set(digests) & bare_digests(code) for code in codes]
    found = [digests[min(hit)] if hit else "" for hit in tried]
    others = iter([one for one in known if one not in found])
    return [one or next(others) for one in found]


def by_first_snapshot(snapshots: Sequence[Snapshot]) -> Guess:
    """In which copy an answer first stands; within one copy, where it lies."""
    seen: dict[str, None] = {}
    for number in range(1, len(snapshots) + 1):
        fresh = [one for one in by_place_in_file(snapshots[:number]) if one not in seen]
        seen |= dict.fromkeys(fresh)
    return list(seen)


WAYS: Mapping[str, Way] = {
    one.__name__: one
    for one in (
        *(by_query, by_row_number, by_place_in_file, by_log, by_first_snapshot),
        by_self_code,
    )
}


def hits(guess: Guess, truth: Sequence[str]) -> int:
    """How many of the roster are matched with their own answer."""
    return sum(one == other for one, other in zip(guess, truth, strict=True))


Roster = Sequence[frozenset[str]]
"""What the attacker knows of each person by heart: the name, and what the store makes of it."""
_LINKING = 3
"""A value that stands in more rows than this joins nobody to anything."""
_WORD = re.compile(r"[0-9a-f]{16,}|\w+")


@lru_cache(16)
def _rows_of(snapshot: Snapshot) -> set[frozenset[str]]:
    """Every row of every table, and every line beside the store, as the set of its words."""
    connection = sqlite.connect(snapshot / "site.db")
    try:
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        tables = [name for (name,) in connection.execute(query)]
        rows = [row for name in tables for row in connection.execute(f'SELECT * FROM "{name}"')]
    finally:
        connection.close()
    lines = [tuple(_WORD.findall(line)) for line in _lines_beside(snapshot)]
    return {frozenset(_words(row)) for row in (*rows, *lines)}


def _lines_beside(snapshot: Snapshot) -> Iterator[str]:
    for path in sorted(snapshot.rglob("*")):
        if path.is_file() and path.suffix in (".log", ".csv", ".txt"):
            yield from path.read_text(encoding="utf-8", errors="replace").splitlines()


def _words(row: Iterable[object]) -> Iterator[str]:
    """Cells, words within them, and the hashes that a site would make of hexadecimal ones."""
    for cell in row:
        text = cell.hex() if isinstance(cell, bytes) else str(cell)
        for word in {text, *_WORD.findall(text)}:
            yield word
            if re.fullmatch(r"(?:[0-9a-f]{2}){16,600}", word):
                yield hashlib.sha256(bytes.fromhex(word)).hexdigest()


def by_shared_values(snapshots: Sequence[Snapshot], roster: Roster) -> Guess:
    """From each person along values that two rows, of any table, log and hour, have in common."""
    rows = list(set().union(*map(_rows_of, snapshots)))
    where: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        for word in row:
            where.setdefault(word, []).append(number)
    left = dict.fromkeys(ids(snapshots[-1]))
    found: list[str | None] = []
    for known in roster:
        reached = _reached(known, rows, where)
        found.append(next((one for one in left if one in reached), None))
        left.pop(found[-1] or "", None)
    rest = iter(left)
    return [one or next(rest) for one in found]


def _reached(known: frozenset[str], rows: list[frozenset[str]], where: dict[str, list[int]]):
    reached, waiting = set(known), list(known)
    while waiting:
        places = where.get(waiting.pop(), [])
        for number in places if len(places) <= _LINKING else []:
            fresh = rows[number] - reached
            reached |= fresh
            waiting += fresh
    return reached


def by_rank(snapshots: Sequence[Snapshot], roster: Roster) -> Guess:
    """Who stands k-th in the roster's table has the k-th answer."""
    for snapshot in snapshots:
        connection = sqlite.connect(snapshot / "site.db")
        try:
            kept = [digest for (digest,) in connection.execute("SELECT digest FROM roster")]
        except sqlite.OperationalError:
            kept = []
        finally:
            connection.close()
        if len(kept) == len(roster):
            ranks = [next(k for k, one in enumerate(kept) if one in known) for known in roster]
            order = ids(snapshots[-1])
            return [order[rank] for rank in ranks]
    return ids(snapshots[-1])


ROSTER_WAYS: Mapping[str, Callable[[Sequence[Snapshot], Roster], Guess]] = {
    one.__name__: one for one in (by_shared_values, by_rank)
}
"""Ways that begin with the roster, for those who fetched tokens by it."""
