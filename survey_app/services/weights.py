"""Versions of the points: which there are, what became of each, which the bulletin uses."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.framework import read_framework
from instruments.later import with_later_versions
from instruments.reweighting import PROPOSED, framework_yaml, leaf_points, reweighted
from instruments.scorecard import Adoption, Change, Framework
from survey_app import clock, policies
from survey_app.errors import Refused
from survey_app.models import CycleRow, FrameworkStateRow, FrameworkVersionRow
from survey_app.policies import ADOPTED, USED, WITHDRAWN
from survey_app.services import audit
from survey_app.services.programme import Programme, programme_of, read_sources


@dataclass(frozen=True)
class Proposal:
    """Points of all leaves, who proposes them, and why."""

    points: Mapping[str, Decimal]
    proposer: str
    reason: str


@dataclass(frozen=True)
class Version:
    """A stored version with its later states, oldest first."""

    row: FrameworkVersionRow
    states: tuple[FrameworkStateRow, ...]
    outdated: bool
    """Whether the framework that it changes has been exchanged since."""

    @property
    def withdrawn(self) -> bool:
        """Whether it was taken back."""
        return any(state.state == WITHDRAWN for state in self.states)

    @property
    def adoption(self) -> Adoption:
        """建议, or by whom, in which document and when it was adopted."""
        for state in reversed(self.states):
            if state.state == ADOPTED:
                return Adoption(ADOPTED, state.organ, state.document, state.date)
        return Adoption(PROPOSED)

    @property
    def status(self) -> str:
        """In one word: 建议, 已采用 or 撤回."""
        return WITHDRAWN if self.withdrawn else self.adoption.status

    @cached_property
    def framework(self) -> Framework:
        """The whole framework, with its adoption."""
        read = read_framework(self.row.content.encode(), f"{self.row.version}.yaml")
        return replace(read, adoption=self.adoption)


@dataclass(frozen=True)
class Card:
    """A scorecard: its frozen framework, its versions, newest first, and the one in use."""

    frozen: Framework
    base_sha: str
    versions: tuple[Version, ...]
    used: Version | None
    """None for the frozen points."""

    @property
    def current(self) -> Framework:
        """The framework whose points the next scoring uses."""
        return self.used.framework if self.used else self.frozen

    @property
    def next_version(self) -> str:
        """Number of the version that would be saved now."""
        return f"{self.frozen.version}-{len(self.versions) + 1}"

    def version(self, number: str) -> Version:
        """The version of this number, or a refusal."""
        for one in self.versions:
            if one.row.version == number:
                return one
        raise Refused("no_version", 404, version=number)


def cards(db: Session, cycle: CycleRow) -> tuple[Card, ...]:
    """All scorecards of the cycle, in order."""
    files = read_sources(db, cycle.code).frameworks
    frozen = [(read_framework(content, name), content) for name, content in files]
    return tuple(_card(db, cycle.code, *pair) for pair in sorted(frozen, key=_letter))


def find_card(db: Session, cycle: CycleRow, scorecard: str) -> Card:
    """One scorecard, or a refusal."""
    for card in cards(db, cycle):
        if card.frozen.scorecard == scorecard:
            return card
    raise Refused("no_scorecard", 404, scorecard=scorecard)


def drafted(programme: Programme, card: Card, proposal: Proposal, *, state: str) -> Framework:
    """The framework that ``proposal`` would make; raises FaultsFound if it does not hold."""
    change = Change(
        proposer=proposal.proposer,
        reason=proposal.reason,
        results_visible=policies.results_visible(state),
        base=card.frozen.version,
    )
    draft = reweighted(card.frozen, proposal.points, version=card.next_version, change=change)
    with_later_versions(
        programme.frameworks,
        {f"{draft.scorecard}.yaml": framework_yaml(draft)},
        plan=programme.plan,
        instruments=programme.instruments,
    )
    return draft


def save_version(db: Session, cycle: CycleRow, card: Card, proposal: Proposal, *, by: str) -> str:
    """Add a version and return its number; the same once more adds nothing."""
    if card.versions and _same(card.versions[0], proposal):
        return card.versions[0].row.version
    draft = drafted(programme_of(db, cycle), card, proposal, state=cycle.state)
    assert draft.change is not None
    db.add(
        FrameworkVersionRow(
            cycle=cycle.code,
            scorecard=draft.scorecard,
            version=draft.version,
            framework=draft.code,
            base=draft.change.base,
            base_sha=card.base_sha,
            content=framework_yaml(draft).decode(),
            proposer=proposal.proposer,
            reason=proposal.reason,
            results_visible=draft.change.results_visible,
            at=_moment(),
            day=clock.today(),
            by=by,
        )
    )
    db.flush()
    audit.note(db, by=by, action="weights", object=_named(cycle, draft.scorecard, draft.version))
    return draft.version


def use_version(db: Session, cycle: CycleRow, card: Card, version: str, *, by: str) -> None:
    """Let the next scoring use a version, or the frozen points by their own number."""
    if version != card.frozen.version:
        _check_in_force(card, version)
    _add_state(db, cycle, card, version, USED, by=by)
    named = _named(cycle, card.frozen.scorecard, version)
    audit.note(db, by=by, action="weights_use", object=named)


def adopt_version(
    db: Session, cycle: CycleRow, card: Card, version: str, adoption: Adoption, *, by: str
) -> None:
    """Note by whom, in which document and when a version was adopted."""
    _check_in_force(card, version)
    if card.version(version).adoption.status == ADOPTED:
        raise Refused("adopted_already", 409, version=version)
    if not all((adoption.organ, adoption.document, adoption.date)):
        raise Refused("adoption_missing", 422)
    told = {"organ": adoption.organ, "document": adoption.document, "date": adoption.date}
    _add_state(db, cycle, card, version, ADOPTED, by=by, **told)
    named = _named(cycle, card.frozen.scorecard, version)
    audit.note(db, by=by, action="weights_adopt", object=f"{named} {adoption.document}")


def withdraw_version(
    db: Session, cycle: CycleRow, card: Card, version: str, reason: str, *, by: str
) -> None:
    """Take a version back; if it was in use, the frozen points are."""
    if card.version(version).withdrawn:
        raise Refused("version_withdrawn", 409, version=version)
    if not reason:
        raise Refused("withdrawal_reason_missing", 422)
    _add_state(db, cycle, card, version, WITHDRAWN, by=by, reason=reason)
    named = _named(cycle, card.frozen.scorecard, version)
    audit.note(db, by=by, action="weights_withdraw", object=named)


def chosen_files(db: Session, cycle: CycleRow) -> dict[str, bytes]:
    """The versions in use as files for the scoring, with their adoption; frozen points need
    none."""
    used = [card.used for card in cards(db, cycle) if card.used]
    return {f"{one.row.scorecard}.yaml": framework_yaml(one.framework) for one in used}


_Row = TypeVar("_Row", FrameworkVersionRow, FrameworkStateRow)


def _letter(pair: tuple[Framework, bytes]) -> str:
    return pair[0].scorecard


def _card(db: Session, cycle: str, frozen: Framework, content: bytes) -> Card:
    states = _rows(db, FrameworkStateRow, cycle, frozen.scorecard)
    sha = hashlib.sha256(content).hexdigest()
    versions = [
        Version(row, tuple(s for s in states if s.version == row.version), row.base_sha != sha)
        for row in reversed(_rows(db, FrameworkVersionRow, cycle, frozen.scorecard))
    ]
    chosen = next((s.version for s in reversed(states) if s.state == USED), "")
    in_force = [v for v in versions if not (v.withdrawn or v.outdated)]
    used = next((v for v in in_force if v.row.version == chosen), None)
    return Card(frozen, sha, tuple(versions), used)


def _rows(db: Session, table: type[_Row], cycle: str, scorecard: str) -> list[_Row]:
    query = select(table).where(table.cycle == cycle, table.scorecard == scorecard)
    return list(db.scalars(query.order_by(table.at)))


def _same(latest: Version, proposal: Proposal) -> bool:
    row = latest.row
    words = (row.proposer, row.reason) == (proposal.proposer, proposal.reason)
    alive = not (latest.withdrawn or latest.outdated)
    return alive and words and leaf_points(latest.framework) == dict(proposal.points)


def _check_in_force(card: Card, version: str) -> None:
    found = card.version(version)
    policies.check_in_force(version, withdrawn=found.withdrawn, outdated=found.outdated)


def _add_state(
    db: Session, cycle: CycleRow, card: Card, version: str, state: str, *, by: str, **told: str
) -> None:
    words = {"organ": "", "document": "", "date": "", "reason": ""} | told
    db.add(
        FrameworkStateRow(
            id=secrets.token_hex(16),
            cycle=cycle.code,
            scorecard=card.frozen.scorecard,
            version=version,
            state=state,
            at=_moment(),
            day=clock.today(),
            by=by,
            **words,
        )
    )
    db.flush()


def _moment() -> str:
    return clock.now().isoformat(timespec="microseconds")


def _named(cycle: CycleRow, scorecard: str, version: str) -> str:
    return f"{cycle.code} {scorecard} {version}"
