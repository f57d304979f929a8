"""What other points would move, as a preview's job has left it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy.orm import Session

from instruments.framework import read_framework
from instruments.scorecard import Framework
from survey_app import policies
from survey_app.errors import Refused
from survey_app.models import CycleRow
from survey_app.phrases import phrase
from survey_app.services import jobs


@dataclass(frozen=True)
class MovedUnit:
    """One unit's printed score, rank and band before and after, and its rank by frozen points."""

    name: str
    frozen: str
    score_before: str
    rank_before: str
    band_before: str
    score_after: str
    rank_after: str
    band_after: str

    @property
    def moved(self) -> bool:
        """Whether rank or band would be another."""
        before = (self.rank_before, self.band_before)
        return before != (self.rank_after, self.band_after)

    @property
    def change(self) -> str:
        """How rank and band would move, in words."""
        rank = (_rank_change(self.rank_before, self.rank_after),)
        band = ("moves.band",) if self.band_before != self.band_after else ()
        told = {"before": self.band_before, "after": self.band_after}
        return "，".join([*rank, *(phrase(key, **told) for key in band)])


@dataclass(frozen=True)
class MovedGroup:
    """One ranked table."""

    title: str
    units: tuple[MovedUnit, ...]

    @property
    def moved(self) -> tuple[MovedUnit, ...]:
        """Units with another rank or band."""
        return tuple(unit for unit in self.units if unit.moved)

    @property
    def unmoved(self) -> tuple[MovedUnit, ...]:
        """The others, of those that have a rank."""
        ranked = (unit for unit in self.units if unit.rank_after.isdigit())
        return tuple(unit for unit in ranked if not unit.moved)


@dataclass(frozen=True)
class Preview:
    """A framework that was tried, and every ranked table under it."""

    draft: Framework
    groups: tuple[MovedGroup, ...]

    @property
    def moved(self) -> int:
        """How many units would have another rank or band."""
        return sum(len(group.moved) for group in self.groups)

    @property
    def units(self) -> int:
        """How many units are ranked, or would lose their rank or band."""
        return self.moved + sum(len(group.unmoved) for group in self.groups)


def find_preview(db: Session, cycle: CycleRow, job: str) -> Preview:
    """The preview that a job of this cycle has made, or a refusal."""
    row = jobs.find_job(db, job)
    if (row.kind, row.cycle, row.state) != (policies.PREVIEW, cycle.code, policies.DONE):
        raise Refused("no_such_job", 404)
    return Preview(read_framework(row.draft.encode(), row.id), read_moves(row.outcome))


def read_moves(outcome: str) -> tuple[MovedGroup, ...]:
    """The tables that ``evaluation.preview`` wrote."""
    return tuple(
        MovedGroup(group["title"], tuple(MovedUnit(**unit) for unit in group["units"]))
        for group in json.loads(outcome)
    )


def _rank_change(before: str, after: str) -> str:
    if before == after:
        return phrase("moves.same")
    if not (before.isdigit() and after.isdigit()):
        return phrase("moves.entered" if after.isdigit() else "moves.left")
    places = int(before) - int(after)
    return phrase("moves.up" if places > 0 else "moves.down", places=abs(places))
