"""Kill -9 at any moment leaves a command's work whole or undone, and the next run works."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import MetaData, select

import killing
from instruments.arrival import WORKBENCH
from instruments.catalogue_writer import write_catalogue
from instruments.extract import read_extract
from site_for_tests import answer, build
from survey_app import db, policies
from survey_app.config import load_settings
from survey_app.demo.programme import sample_catalogue
from survey_app.migration import open_store
from survey_app.models import AccountRow
from survey_app.services.accounts import check_password

DECISIVE = ("os.rename", "commit")
State = dict[str, object]


def files(place: Path) -> dict[str, bytes]:
    """Content of a folder that a command replaces; caught between two renames, of the former."""
    former = place.with_name(f"{WORKBENCH}{place.name}") / "former"
    there = place if place.exists() or not former.exists() else former
    paths = sorted(path for path in there.rglob("*") if path.is_file())
    return {path.relative_to(there).as_posix(): path.read_bytes() for path in paths}


def store(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, by the door that the site uses; of the audit, what was done."""
    engine = open_store(load_settings(home))
    tables = MetaData()
    tables.reflect(engine)
    rows = {}
    with db.look(engine) as session:
        for table in tables.sorted_tables:
            drawn = ("id", "at") if table.name == "audit" else ()
            columns = [column for column in table.columns if column.name not in drawn]
            rows[table.name] = sorted(map(tuple, session.execute(select(*columns))))
    engine.dispose()
    return rows


def instance(root: Path) -> State:
    """Nothing, or an instance whose account has a password that was shown."""
    home = root / "fresh"
    if not home.exists():
        return {"instance": None}
    engine = open_store(load_settings(home))
    shown = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", (root / "shown").read_text("utf-8"))
    with db.look(engine) as session:
        known = [row.login for row in session.scalars(select(AccountRow))]
        fits = [check_password(session, login="admin", password=p) for p in shown]
    engine.dispose()
    return {"instance": (sorted(p.name for p in home.iterdir()), known, any(fits))}


def catalogue(root: Path) -> State:
    return {"store": store(root / "early")}


def sealed(root: Path) -> State:
    """Store and copy; what the store calls sealed can be read."""
    rows = store(root / "instance")
    for cycle in rows["cycles"]:
        if policies.SEALED in cycle:
            read_extract(next((root / "instance" / "extracts").glob("2021-*[0-9]")))
    return {"store": rows, "copy": files(root / "copy")}


def results(root: Path) -> State:
    return {"results": files(root / "results")}


def bulletin(root: Path) -> State:
    return {"bulletin": files(root / "bulletin")}


@dataclass(frozen=True)
class Command:
    """What is killed, on which instance, and what it changes; @ stands for the trial's folder."""

    words: str
    home: str
    state: Callable[[Path], State]


COMMANDS = {
    "init": Command("init", "fresh", instance),
    "import": Command("import @catalogue.xlsx", "early", catalogue),
    "extract": Command("extract --out @copy", "instance", sealed),
    "score": Command("score @extract --out @results", "instance", results),
    "bulletin": Command(
        "bulletin @scored --extract @extract --out @bulletin", "instance", bulletin
    ),
}


def run(words: str, root: Path, home: str, *, kill_at: int = killing.NEVER) -> killing.Outcome:
    """Run a command in a trial's folder and keep what it showed after what was shown before."""
    arguments = words.replace("@", f"{root}/").split()
    said = root / "said"
    outcome = killing.run(arguments, home=root / home, note=said, kill_at=kill_at)
    with (root / "shown").open("a", encoding="utf-8") as shown:
        shown.write(outcome.said)
    return outcome


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed cycle, its extract, former outputs that differ, and a catalogue to import."""
    root = tmp_path_factory.mktemp("kill") / "prepared"
    site = build(root / "instance")
    answer(site, "C1", 6, stage="primary", years="6-15")
    answer(site, "C2", 6, stage="primary", years="6-15")
    site.state(policies.CLOSED)
    site.engine.dispose()
    build(root / "early", state=policies.PREPARING).engine.dispose()
    drawn = sample_catalogue(np.random.default_rng(3), trainees=120, classes=12)
    (root / "catalogue.xlsx").write_bytes(write_catalogue(drawn))
    shutil.copytree(root / "instance", root / "closed")
    for words in (
        "extract --out @extract",
        "score @extract --out @scored",
        "bulletin @scored --extract @extract --out @bulletin",
    ):
        outcome = run(words, root, "instance")
        assert outcome.status == 0, outcome.said
    shutil.rmtree(root / "instance")
    (root / "closed").rename(root / "instance")
    shutil.copytree(root / "scored", root / "results")
    for former in (root / "results" / "units.csv", root / "bulletin" / "bulletin.html"):
        former.write_text("former")
    return root


def moments(changes: tuple[str, ...], full_count: bool) -> list[int]:
    """Before which change the process dies: before each, or halfway and at the decisive one."""
    decisive = max(n for n, name in enumerate(changes, 1) if name in DECISIVE)
    return list(range(1, len(changes) + 1)) if full_count else [len(changes) // 2, decisive]


@pytest.mark.prove
@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_leaves_nothing_half_done(
    name: str, prepared: Path, tmp_path: Path, full_count: bool, proven
) -> None:
    command = COMMANDS[name]
    shutil.copytree(prepared, tmp_path / "whole")
    before = command.state(tmp_path / "whole")
    outcome = run(command.words, tmp_path / "whole", command.home)
    assert outcome.status == 0, outcome.said
    after = command.state(tmp_path / "whole")
    assert before != after
    for moment in moments(outcome.changes, full_count):
        root = tmp_path / f"{moment}"
        shutil.copytree(prepared, root)
        assert run(command.words, root, command.home, kill_at=moment).status == -9
        left = command.state(root)
        assert all(left[part] in (before[part], after[part]) for part in left), moment
        again = run(command.words, root, command.home)
        assert again.status == 0 or left == after, (moment, again.said)
        assert command.state(root) == after, moment
        assert not any(path.is_file() for path in root.glob(f"**/{WORKBENCH}*/**/*")), moment
        shutil.rmtree(root)
    proven(f"killed before each of {len(outcome.changes)} changes: whole or undone, then done")
