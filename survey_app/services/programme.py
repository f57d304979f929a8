"""The current cycle and what decides how it counts: its instruments, frameworks and plan."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from instruments.builtin import framework_sources, instrument_sources, plan_source
from instruments.faults import FaultsFound, Place, fault
from instruments.framework import read_framework
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.scorecard import Framework
from instruments.sources import compile_files
from survey_app import policies
from survey_app.errors import Refused
from survey_app.models import CycleRow, SourceRow
from survey_app.services import audit


@dataclass(frozen=True)
class Sources:
    """The data files that decide what is asked and how it counts."""

    instruments: tuple[tuple[str, bytes], ...]
    frameworks: tuple[tuple[str, bytes], ...]
    plan: tuple[str, bytes]

    @property
    def sha(self) -> str:
        """Fingerprint of all files."""
        whole = hashlib.sha256()
        for name, content in (*self.instruments, *self.frameworks, self.plan):
            whole.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
        return whole.hexdigest()


@dataclass(frozen=True)
class Programme:
    """Compiled sources."""

    instruments: tuple[Instrument, ...]
    frameworks: tuple[Framework, ...]
    plan: Plan

    @property
    def has_followup(self) -> bool:
        """Whether anything is asked again months later."""
        return any(instrument.wave == "followup" for instrument in self.instruments)

    def instrument(self, *, role: str, per: str, wave: str = "end") -> Instrument:
        """The instrument of a role about one kind of thing (``Instrument.per``) in a wave."""
        for instrument in self.instruments:
            if instrument.subject == (role, per, wave):
                return instrument
        raise Refused("no_instrument", 404)


def builtin_sources() -> Sources:
    """The instruments, frameworks and plan that come with the program."""
    return Sources(
        instruments=tuple(sorted(instrument_sources().items())),
        frameworks=tuple(framework_sources().items()),
        plan=("default.yaml", plan_source()),
    )


@lru_cache(maxsize=8)
def compile_sources(sources: Sources) -> Programme:
    """Compile and check that all fits together; raises FaultsFound with every fault.

    Two instruments for the same people about the same thing are refused: one would not be asked.
    """
    programme = Programme(*compile_files(sources.instruments, sources.frameworks, sources.plan))
    first: dict[tuple[str, str, str], str] = {}
    faults = []
    for one in programme.instruments:
        other = first.setdefault(one.subject, one.code)
        if other != one.code:
            faults.append(fault("site.same_kind", Place(file=one.code), other=other))
    if faults:
        raise FaultsFound(faults)
    return programme


def find_cycle(db: Session) -> CycleRow | None:
    """The cycle in work: the latest year's."""
    newest = select(CycleRow).order_by(CycleRow.year.desc(), CycleRow.code.desc())
    return db.scalars(newest.limit(1)).first()


def current_cycle(db: Session) -> CycleRow:
    """The cycle in work; refuses when nothing has been imported."""
    cycle = find_cycle(db)
    if cycle is None:
        raise Refused("no_cycle", 409)
    return cycle


def read_sources(db: Session, cycle: str) -> Sources:
    """The data files of a cycle."""
    rows = db.scalars(select(SourceRow).where(SourceRow.cycle == cycle)).all()
    of = {kind: [(r.name, r.content) for r in rows if r.kind == kind] for kind in _KINDS}
    instruments, frameworks = (tuple(sorted(of[kind])) for kind in _KINDS[:2])
    return Sources(instruments, frameworks, of["plan"][0])


_KINDS = ("instrument", "framework", "plan")
_COMPILED: dict[str, Programme] = {}
_COMPILING = Lock()


def programme_of(db: Session, cycle: CycleRow) -> Programme:
    """Compiled instruments, frameworks and plan of a cycle."""
    if cycle.sources_sha not in _COMPILED:
        with _COMPILING:  # a class that comes at once waits for one compilation, not for sixteen
            if cycle.sources_sha not in _COMPILED:
                _COMPILED[cycle.sources_sha] = compile_sources(read_sources(db, cycle.code))
    return _COMPILED[cycle.sources_sha]


def change_sources(db: Session, cycle: CycleRow, sources: Sources, *, by: str) -> None:
    """Put a cycle's data files in place of the former ones."""
    policies.check_can_change_sources(cycle.state)
    store_sources(db, cycle, sources)
    audit.note(db, by=by, action="sources", object=f"{cycle.code} {sources.sha[:16]}")


def store_sources(db: Session, cycle: CycleRow, sources: Sources) -> None:
    """The same for a cycle that is just being made: nothing is checked or noted."""
    db.execute(delete(SourceRow).where(SourceRow.cycle == cycle.code))
    files = [("instrument", *pair) for pair in sources.instruments]
    files += [("framework", *pair) for pair in sources.frameworks] + [("plan", *sources.plan)]
    rows = [{"cycle": cycle.code, "kind": k, "name": n, "content": c} for k, n, c in files]
    db.execute(insert(SourceRow), rows)
    cycle.sources_sha = sources.sha


def changed_sources(
    kept: Sources,
    *,
    instruments: list[tuple[str, bytes]],
    frameworks: list[tuple[str, bytes]],
    plan: list[tuple[str, bytes]],
    builtin: bool,
) -> Sources:
    """``kept`` (or the built-in ones) with uploaded files in place: all instruments together, each
    framework for its scorecard, the plan alone. Raises FaultsFound for an unreadable framework."""
    base = builtin_sources() if builtin else kept
    return Sources(
        instruments=tuple(sorted(instruments)) or base.instruments,
        frameworks=_exchanged(base.frameworks, frameworks),
        plan=plan[0] if plan else base.plan,
    )


def _exchanged(
    base: tuple[tuple[str, bytes], ...], uploaded: list[tuple[str, bytes]]
) -> tuple[tuple[str, bytes], ...]:
    """Frameworks of ``base`` but those whose scorecard or file name was uploaded anew."""
    names = {name for name, _ in uploaded}
    cards = {_scorecard(*file) for file in uploaded} - {""}
    kept = [file for file in base if file[0] not in names and _scorecard(*file) not in cards]
    return tuple(sorted({**dict(kept), **dict(uploaded)}.items()))


def _scorecard(name: str, content: bytes) -> str:
    """The scorecard of a framework; '' when it cannot be read, which compiling then tells."""
    try:
        return read_framework(content, name).scorecard
    except FaultsFound:
        return ""
