"""From the store to a sealed extract: rater pseudonyms, no order of arrival, coarsened traits."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, select

from instruments.arrival import arriving_folder
from instruments.extract import Extract, pack_extract, write_extract
from instruments.programme import Cycle
from survey_app import clock, policies
from survey_app.config import Settings
from survey_app.db import look, transaction
from survey_app.models import ClassRow, CycleRow
from survey_app.services import audit
from survey_app.services.frames import build_tables
from survey_app.services.programme import current_cycle, programme_of, read_sources
from survey_app.services.receipts import published_head
from survey_app.services.withheld import withheld_answers


def seal_cycle(engine: Engine, settings: Settings, *, by: str) -> Extract:
    """Write the extract of the closed cycle, move it into place, and note its fingerprint."""
    with look(engine) as db:
        cycle = current_cycle(db)
        policies.check_can_extract(cycle.state)
        programme, sources = programme_of(db, cycle), read_sources(db, cycle.code)
        raters = _Pseudonyms(settings.secret("rater"), cycle.code)
        edition = "followup" if cycle.state == policies.FOLLOWUP_CLOSED else "end"
        when = {"edition": edition, "day": clock.today()}
        tables = build_tables(db, cycle, programme, raters, **when)
        receipts = published_head(db, cycle=cycle.code, edition=edition)
        classes = db.scalars(select(ClassRow).where(ClassRow.cycle == cycle.code)).all()
        withheld = withheld_answers(db, programme, classes)
        head = Cycle(cycle.code, cycle.title, cycle.year, cycle.sample, edition, receipts, withheld)
    name = "-".join([cycle.code, clock.today(), *([edition] if edition != "end" else [])])
    place = settings.home / "extracts" / name
    with arriving_folder(place, check=_unsealed) as fresh:
        extract = write_extract(
            fresh,
            cycle=head,
            day=clock.today(),
            tables=tables,
            instruments=dict(sources.instruments),
            frameworks=dict(sources.frameworks),
            plan=sources.plan[1],
        )
    pack_extract(place, place.with_name(f"{name}.zip"))
    _note_sealed(engine, cycle.code, name, extract.sha256, by)
    return replace(extract, path=place)


def _unsealed(_place: Path) -> None:
    """A closed cycle has no sealed extract: what lies there was never noted and may go."""


def extract_folder(settings: Settings, cycle: CycleRow) -> Path:
    """Where the sealed extract of a cycle lies."""
    return settings.home / "extracts" / cycle.extract


def _note_sealed(engine: Engine, code: str, name: str, sha: str, by: str) -> None:
    with transaction(engine) as db:
        cycle = db.get_one(CycleRow, code)
        policies.check_can_extract(cycle.state)
        if cycle.state == policies.FOLLOWUP_CLOSED:
            cycle.first_extract, cycle.first_evaluation = cycle.extract, cycle.evaluation
            cycle.evaluation = ""
        cycle.state, cycle.extract, cycle.extract_sha = policies.next_state(cycle.state), name, sha
        audit.note(db, by=by, action="extract", object=f"{name} {sha[:16]}")


class _Pseudonyms:
    """Rater codes that keep nothing of the expert's own code but are the same every time."""

    def __init__(self, key: bytes, cycle: str) -> None:
        self._key, self._cycle = key, cycle

    def __call__(self, experts: Sequence[str]) -> dict[str, str]:
        """Numbered in the order of their keyed digests."""
        ordered = sorted(experts, key=self._digest)
        return {expert: f"R{number:03d}" for number, expert in enumerate(ordered, start=1)}

    def _digest(self, expert: str) -> str:
        text = json.dumps([self._cycle, expert])
        return hmac.digest(self._key, text.encode(), "sha256").hex()
