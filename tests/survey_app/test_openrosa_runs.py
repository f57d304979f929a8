"""Random runs of phones and the page on one session: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4

import pytest
from collecting import connected, observed
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openrosa_client import Collect, Form, Instance
from sqlalchemy import select, text

from site_for_tests import Site, Staff
from survey_app import db
from survey_app.models import ArrivalRow, ObservationRow

pytest_plugins = ("site_fixtures",)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["new", "edit", "edit", "edit", "again", "clash", "page", "shut", "open"]),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=14,
)


@dataclass
class Run:
    """What was sent so far, and what the record must be: its latest revision and who may follow."""

    site: Site
    expert: Staff
    phone: Collect
    form: Form
    session: str = "S1"
    shut: bool = False
    due: int = 0
    sent: list[tuple[Instance, int]] = field(default_factory=list)
    kept: dict[bytes, int] = field(default_factory=dict)
    latest: str = ""
    """Name of the submission that the record came by last; '' where the page saved it."""
    record: int | None = None
    numbers: Iterator[int] = field(default_factory=count)

    def post(self, instance: Instance) -> int:
        return self.phone.post(f"{self.phone.server}/submission", instance.xml, {}).status

    def fresh(self, replaces: str = "") -> None:
        """A record that nobody has sent yet."""
        self.due += 1
        instance = observed(self.form, f"V1.{self.session}", due=str(self.due), replaces=replaces)
        assert self.post(instance) == 201
        self.kept[instance.xml] = 201
        follows = self.record is None or (replaces and replaces == self.latest)
        if follows and not self.shut:
            self.record, self.latest = self.due, instance.name
        self.sent.append((instance, self.due))

    def step(self, what: str, which: int) -> None:
        instance = self.sent[which % len(self.sent)][0] if self.sent else None
        if what == "new" or (instance is None and what in ("edit", "again", "clash")):
            self.fresh()
        elif what == "edit":
            self.fresh(instance.name)
        elif what == "again":
            assert self.post(instance) == self.kept[instance.xml]
        elif what == "clash":
            self.due += 1
            other = Instance(instance.name, instance.xml.replace(b"<due>", b"<due>9"))
            assert self.post(other) == 409
            self.kept[other.xml] = 409
        elif what == "page":
            self.save()
        else:
            self.lock(what == "shut")

    def save(self) -> None:
        """The page saves what it last showed, with another number."""
        path = "/expert/field/pack"
        [session] = self.expert.get(path).get_json()["visits"][0]["sessions"]
        own = {"response": session["record"] or uuid4().hex, "revision": str(session["revision"])}
        self.due += 1
        reply = self.expert.post(
            f"/expert/visits/V1/sessions/{self.session}", own, due=str(self.due)
        )
        assert reply.status_code == (403 if self.shut else 303)
        if not self.shut:
            self.record, self.latest = self.due, ""

    def lock(self, shut: bool) -> None:
        self.shut = shut
        with db.transaction(self.site.engine) as session:
            given_ = "" if shut else "none"
            session.execute(text("UPDATE visits SET declaration = :d"), {"d": given_})

    def check(self) -> None:
        with db.look(self.site.engine) as session:
            here = [table.session == self.session for table in (ArrivalRow, ObservationRow)]
            arrivals = set(session.scalars(select(ArrivalRow.content).where(here[0])))
            rows = session.scalars(select(ObservationRow).where(here[1])).all()
            records = [json.loads(row.answers) for row in rows if row.status != "conflict"]
        assert arrivals == set(self.kept)
        assert [record["due"] for record in records] == (
            [] if self.record is None else [self.record]
        )


@pytest.fixture
def run(site: Site) -> Run:
    expert = site.staff("E1")
    phone = connected(site, expert)
    return Run(site, expert, phone, phone.download())


@given(steps=STEPS)
@example(steps=[("shut", 0), ("new", 0), ("open", 0), ("clash", 0), ("edit", 0), ("again", 0)])
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_was_acknowledged_is_kept_and_the_record_is_one(run: Run, steps) -> None:
    fresh = Run(run.site, run.expert, run.phone, run.form, f"R{next(run.numbers)}")
    told = {"code": fresh.session}
    with db.transaction(run.site.engine) as session:  # each run has a session of its own
        added = "INSERT INTO sessions VALUES (:code, 'C2', '2021-07-03', '又一场', '主讲乙')"
        session.execute(text(added), told)
        session.execute(text("UPDATE visits SET sessions = :code WHERE code = 'V1'"), told)
    fresh.lock(False)
    for what, which in steps:
        fresh.step(what, which)
        fresh.check()
