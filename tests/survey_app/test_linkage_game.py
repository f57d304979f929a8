"""The linkage game on a closed class of forty: no way of guessing does better than chance."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import linkage
import pysqlite3.dbapi2 as sqlite
import pytest
from scipy.stats import poisson
from sqlalchemy import select, text

from instruments.self_code import normalised_code
from site_for_tests import Site, build, filled
from survey_app import db
from survey_app.backup import write_backup
from survey_app.models import ResponseRow

CLASS = 40
UNLIKELY = 1e-6
"""Chance of so many hits, by luck, for one way of guessing."""


def copy_of(site: Site, place: Path) -> Path:
    """A copy of everything that lies in the instance but its secrets, as an attacker takes it."""
    shutil.copytree(site.home, place, ignore=shutil.ignore_patterns("secrets"))
    return place


def backup_of(site: Site, place: Path) -> Path:
    """What the hourly backup leaves."""
    place.mkdir()
    write_backup(site.engine, site.settings, place)
    return place


def played(root: Path) -> tuple[list[Path], list[str]]:
    """One class answers within an hour in the roster's order, the cycle closes: hourly backups,
    copies taken at the end, and the truth: response ids in the order of the roster."""
    site = build(root / "home")
    with db.transaction(site.engine) as session:
        session.execute(text(f"UPDATE classes SET enrolled = {CLASS}"))
    truth, copies = [], [backup_of(site, root / "hour0")]
    for place, ticket in enumerate(site.tickets()):
        client = site.visitor()
        form = filled(site, client.get("/c/C1/form").text, ticket, comment=token_hex(4))
        form |= {f"self_code-{part}": said for part, said in linkage.code_of(place).items()}
        assert client.post("/c/C1/form", data=form).status_code == 303
        truth.append(form["response"])
    copies.append(backup_of(site, root / "hour1"))
    assert site.staff("boss").post("/province/close").status_code == 303
    copies.append(copy_of(site, root / "closed"))
    assert site.staff("boss").post("/province/extract").status_code == 303
    copies.append(copy_of(site, root / "sealed"))
    with db.look(site.engine) as session:
        assert "" not in set(session.scalars(select(ResponseRow.pairing)))
        assert set(session.scalars(select(ResponseRow.id))) == set(truth)
    site.engine.dispose()
    return copies, truth


@pytest.mark.sqlite
@pytest.mark.prove
def test_nobody_is_found_in_a_closed_class(
    tmp_path_factory: pytest.TempPathFactory, full_count: bool, proven: Callable[[str], None]
) -> None:
    """Hits of a guess at random are about Poisson with mean 1 a class, whatever its size."""
    classes = 40 if full_count else 1
    found: Counter[str] = Counter()
    for number in range(classes):
        copies, truth = played(tmp_path_factory.mktemp(f"class{number}"))
        for last in range(2, len(copies) + 1):  # from the backup of that hour on
            for name, guess in linkage.guesses(copies[:last], linkage.WAYS).items():
                found[f"{name} {last}"] += linkage.hits(guess, truth)
    check(found, classes)
    proven(f"{classes} classes of {CLASS}, SQLite, slips; {told(found, classes)}")


def check(found: Counter[str], classes: int) -> None:
    """No way of guessing hits more often than luck would have it."""
    for name, count in found.items():
        assert poisson.sf(count - 1, classes) > UNLIKELY, (name, count)


def told(found: Counter[str], classes: int) -> str:
    """How often each way hit, all copies that it was played on taken together: the most and where
    most was hit."""
    [(name, most)] = found.most_common(1)
    return (
        f"{len(found)} ways and moments; hits of each (chance: {classes}): "
        f"{min(found.values())} to {most} ({name})"
    )


def planted(place: Path, truth: list[str], *, leak: str) -> list[Path]:
    """A store with one channel left open."""
    place.mkdir()
    connection = sqlite.connect(place / "site.db")
    ordered = "" if leak == "row numbers" else " WITHOUT ROWID"
    columns = "id TEXT PRIMARY KEY, answers TEXT, pairing TEXT"
    connection.execute(f"CREATE TABLE responses ({columns}){ordered}")
    for person, one in enumerate(truth):
        code = normalised_code(linkage.code_of(person)) if leak == "bare digests" else ""
        bare = hashlib.sha256(code.encode()).hexdigest() if code else ""
        connection.execute("INSERT INTO responses VALUES (?, ?, ?)", (one, "x" * 20, bare))
        connection.commit()
    if leak == "a log":
        connection.execute("VACUUM")
        lines = "".join(f"POST /c/C1/form {one} 303\n" for one in truth)
        (place / "server.log").write_text(lines, encoding="utf-8")
    connection.close()
    return [place]


@pytest.mark.parametrize(
    ("leak", "way"),
    [
        ("row numbers", "by_row_number"),
        ("layout", "by_place_in_file"),
        ("a log", "by_log"),
        ("bare digests", "by_self_code"),
    ],
)
def test_a_planted_leak_is_found(tmp_path: Path, leak: str, way: str) -> None:
    truth = [f"{place * 7919 % 65521:032x}" for place in range(1, CLASS + 1)]
    copies = planted(tmp_path / "store", truth, leak=leak)
    hits = linkage.hits(linkage.WAYS[way](copies), truth)
    assert poisson.sf(hits - 1, 1) < UNLIKELY, hits
