"""A small site for tests: an instance, a catalogue of two classes, and people who use it."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from postgres_server import migrated_database
from small_forms import FORMS, FRAMEWORK, PLAN

from instruments.programme import (
    Catalogue,
    Cycle,
    Expert,
    FocusGroup,
    Institution,
    Project,
    ProjectCounty,
    Recorder,
    Review,
    School,
    Sending,
    Session,
    StructureCell,
    TrainingClass,
    Visit,
)
from survey_app import create_app, db, migration
from survey_app.instance import instance
from survey_app.models import ResponseRow
from survey_app.services import accounts, programme, respond
from survey_app.services.audit import COMMAND
from survey_app.services.catalogue import store_catalogue
from survey_app.services.issue import issue_slips, places_of
from survey_app.stores import store_of

PASSWORD = "correct-horse-battery"
SMALL = programme.Sources(
    instruments=tuple(sorted(FORMS.items())),
    frameworks=(("A.yaml", FRAMEWORK),),
    plan=("plan.yaml", PLAN),
)
HASHED = accounts.hash_password(PASSWORD)
STAFF = {"boss": ("province", ""), "E1": ("expert", "E1"), "E2": ("expert", "E2")}
REPORTERS = {
    "I1": ("institution", "I1"),
    "I2": ("institution", "I2"),
    "140105": ("locality", "140105"),
    "1401": ("locality", "1401"),
    "X1": ("school", "X1"),
    "X2": ("school", "X2"),
    "J1": ("recorder", "J1"),
    "J2": ("recorder", "J2"),
}
"""Accounts of those who hand in records, in the whole programme."""


def catalogue(code: str = "2021", enrolled: int = 6) -> Catalogue:
    """Two classes of two projects; class C2 is residential and has one session and two visits."""
    return Catalogue(
        cycle=Cycle(code, "2021年度样例", 2021, True),
        institutions=(Institution("I1", "示例院校甲", "university"),),
        projects=(
            Project("P1", "示例项目一", "rural_backbone", "placement", "I1", "open_tender", False),
            Project(
                "P2", "示例项目二", "rural_backbone", "residential", "I1", "open_tender", False
            ),
        ),
        counties=(),
        classes=(
            TrainingClass("C1", "示例一班", "P1", "140105", enrolled, "2021-07-01", "2021-07-10"),
            TrainingClass("C2", "示例二班", "P2", "140105", enrolled, "2021-07-01", "2021-07-10"),
        ),
        structure=tuple(
            StructureCell(c, "primary", "6-15", "rural", enrolled) for c in ("C1", "C2")
        ),
        sessions=(Session("S1", "C2", "2021-07-02", "示例场次", "主讲甲"),),
        experts=tuple(Expert(e, f"专家{e}", "别处", "", "140105", "语文") for e in ("E1", "E2")),
        visits=tuple(Visit(f"V{e}", "C2", "2021-07-02", f"E{e}", ("S1",)) for e in (1, 2)),
    )


def whole_programme() -> Catalogue:
    """The same with a second institution, project counties, schools, sendings, reviews, focus
    groups: everybody owes something."""
    small = catalogue()
    other = Project("P3", "示例项目三", "it_team", "blended", "I2", "open_tender", False)
    third = TrainingClass("C3", "示例三班", "P3", "140106", 6, "2021-07-01", "2021-07-10")
    return replace(
        small,
        institutions=(*small.institutions, Institution("I2", "示例院校乙", "provider")),
        projects=(*small.projects, other),
        classes=(*small.classes, third),
        project_counties=(
            ProjectCounty("140105", True, False),
            ProjectCounty("140106", False, True),
        ),
        schools=(
            School("X1", "示例一小", "140105", "primary"),
            School("X2", "示例二中", "140106", "junior"),
        ),
        sendings=(Sending("N1", "X1", "C1", 3), Sending("N2", "X2", "C3", 2)),
        reviews=(
            Review("W1", "plan", "P1", "", "E1"),
            Review("W2", "plan", "P1", "", "E2"),
            Review("W3", "homework", "", "C2", "E1"),
        ),
        recorders=(Recorder("J1", "记录员甲", "别处"), Recorder("J2", "记录员乙", "别处")),
        focus_groups=(
            FocusGroup("G1", "C1", "2021-07-05", "J1"),
            FocusGroup("G2", "C2", "2021-07-06", "J2"),
        ),
    )


@dataclass
class Site:
    """A running application with its store."""

    app: Flask
    home: Path

    @property
    def engine(self):
        return self.app.extensions["engine"]

    @property
    def settings(self):
        return self.app.extensions["settings"]

    def visitor(self) -> FlaskClient:
        return self.app.test_client()

    def staff(self, login: str) -> Staff:
        client = self.app.test_client()
        token = hidden(client.get("/login").text, "csrf_token")
        data = {"login": login, "password": PASSWORD, "csrf_token": token}
        reply = client.post("/login", data=data)
        assert reply.status_code == 303
        page = client.get(reply.location, follow_redirects=True)
        return Staff(client, hidden(page.text, "csrf_token"))

    def tickets(self, scope: str = "class", code: str = "C1", count: int | None = None):
        with db.transaction(self.engine) as session:
            slips = issue_slips(
                session,
                key=self.settings.secret("ticket"),
                base_url="http://localhost",
                places=places_of(session, cycle="2021", scope=scope, code=code),
                count=count,
                anew=False,
                by="boss",
            )
        return [slip.code for slip in slips]

    def state(self, state: str) -> None:
        with db.transaction(self.engine) as session:
            programme.current_cycle(session).state = state


@dataclass
class Staff:
    """A signed-in browser."""

    client: FlaskClient
    token: str

    def post(self, path: str, sent: dict[str, Any] | None = None, **fields):
        return self.client.post(path, data={"csrf_token": self.token, **(sent or {}), **fields})

    def get(self, path: str):
        return self.client.get(path)


@cache
def migrated_file() -> Path:
    """An empty SQLite store, made once for all sites of this process."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    engine = db.make_engine(f"sqlite:///{folder / 'site.db'}")
    migration.upgrade(engine)
    store_of(engine).forget_order(engine)
    engine.dispose()
    return folder / "site.db"


class Pages(BytecodeCache):
    """Pages that a site of this process has compiled, for the next one."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


PAGES = Pages()


def build(
    home: Path,
    *,
    state: str = "开放",
    base_url: str = "http://localhost",
    whole: bool = False,
    store: str = "",
    content: Catalogue | None = None,
) -> Site:
    """An instance with the sample catalogue in ``state``; the whole programme with small forms; or
    with a catalogue of the test's own.

    ``store`` is 'sqlite', 'postgresql' or the address of an empty database; by default what
    GUOPEI_TEST_STORE says, else SQLite.
    """
    assert store or not os.environ.get("GUOPEI_TEST_ONCE"), "marked `once`, yet any store will do"
    kind = store or os.environ.get("GUOPEI_TEST_STORE", "sqlite")
    database = {"sqlite": "", "postgresql": ""}.get(kind, kind)
    if kind == "postgresql":
        database = migrated_database()
    content = content or (whole_programme() if whole else catalogue())
    names = {
        row.code: row.name
        for part in (content.institutions, content.schools, content.recorders, content.experts)
        for row in part
    }
    with instance(home, title="测试站", base_url=base_url, database=database) as settings:
        if not database:
            shutil.copy(migrated_file(), settings.file)
        engine = db.make_engine(settings.address)
        migration.upgrade(engine)
        with db.transaction(engine) as session:
            for login, (role, unit) in (STAFF | (REPORTERS if whole else {})).items():
                accounts.create_account(
                    session,
                    login=login,
                    name=names.get(login, login),
                    role=role,
                    hashed=HASHED,
                    unit=unit,
                    by=COMMAND,
                )
            cycle = store_catalogue(session, content, by=COMMAND)
            if whole:
                programme.store_sources(session, cycle, SMALL)
        engine.dispose()
    site = Site(create_app(home), home)
    site.app.jinja_env.bytecode_cache = PAGES
    site.state(state)
    return site


def answer(site: Site, class_code: str, n: int, **answers: str) -> None:
    """Put ``n`` equal answers about a class into the store."""
    with db.transaction(site.engine) as session:
        for _ in range(n):
            row = {"instrument": "trainee_core", "version": "1.0", "session": "", "duration": ""}
            text = respond.canonical({"q01": "4", "comment": "很好"} | answers)
            session.add(
                ResponseRow(
                    id=respond.new_id(),
                    class_code=class_code,
                    day="2021-07-09",
                    nonce=respond.new_id(),
                    answers=text,
                    **row,
                )
            )


def answer_all(site: Site) -> list[str]:
    """Every slip of class C1 is answered by its page; the ids in the order in which they came."""
    sent = []
    for ticket in site.tickets():
        client = site.visitor()
        form = filled(site, client.get("/c/C1/form").text, ticket)
        assert client.post("/c/C1/form", data=form).status_code == 303
        sent.append(form["response"])
    return sent


def hidden(page: str, name: str) -> str:
    """Value of a hidden field of a page."""
    found = re.search(rf'name="{name}"(?: id="\w+")? value="([^"]*)"', page)
    assert found, name
    return found.group(1)


def without_token(page: str) -> str:
    """A page but for its token, which tells the second in which it was made."""
    return page.replace(hidden(page, "csrf_token"), "")


def own_fields(page: str) -> dict[str, str]:
    """What a trainee's page carries to be sent back."""
    return {name: hidden(page, name) for name in ("token", "response", "nonce")}


def filled(site: Site, page: str, ticket: str, **changes: str) -> dict[str, str]:
    """A trainee's whole answer to ``page``, as its form sends it, with some fields changed."""
    return own_fields(page) | full(site) | {"confirmed": "1", "ticket": ticket} | changes


def full(site: Site, *, per: str = "class", value: str = "4", **others: str) -> dict[str, str]:
    """An answer to every scored item of the trainee's instrument."""
    with db.look(site.engine) as session:
        known = programme.programme_of(session, programme.current_cycle(session))
    instrument = known.instrument(role="trainee", per=per)
    return {mapping.item: value for mapping in instrument.mappings} | others
