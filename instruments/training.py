"""The training set: described sessions with reference levels, on which experts calibrate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from instruments.declaration import Declaration, build
from instruments.model import Instrument, Item

RUBRIC = "expert", "visit"
"""Who fills the form that is calibrated on, about what."""
GUIDE = "自带的培训场次 training/observation.yaml"


@dataclass(frozen=True)
class Reference:
    """The level that one dimension of a described session deserves, and why."""

    dimension: str
    level: str
    reason: str


@dataclass(frozen=True)
class DescribedSession:
    """A session 培训场次 in words, each dimension to be judged from it alone."""

    code: str
    title: str
    text: str
    references: tuple[Reference, ...]

    @property
    def levels(self) -> Mapping[str, str]:
        """Dimension → reference level."""
        return {one.dimension: one.level for one in self.references}


@dataclass(frozen=True)
class TrainingSet:
    """One version of described sessions, bound to one version of a rubric."""

    code: str
    version: str
    title: str
    instrument: str
    instrument_version: str
    source: str
    sessions: tuple[DescribedSession, ...]

    def session(self, code: str) -> DescribedSession:
        """The session called ``code``; raises KeyError if there is none."""
        return {one.code: one for one in self.sessions}[code]


def training_source(name: str = "observation") -> bytes:
    """Content of the built-in training set; raises FileNotFoundError if there is none."""
    return files("instruments").joinpath(f"library/training/{name}.yaml").read_bytes()


def dimensions(instrument: Instrument) -> tuple[Item, ...]:
    """Items of a rubric that are rated by levels: scored single choices of several numbers."""
    return tuple(
        item
        for item in instrument.single_items
        if item.name in instrument.scored and len(levels_of(item)) > 1
    )


def levels_of(item: Item) -> tuple[str, ...]:
    """Codes of an item's levels, lowest first; what was not observed is none."""
    codes = item.scale.codes if item.type == "select_one" and item.scale else ()
    return tuple(sorted((code for code in codes if code.isdecimal()), key=int))


@lru_cache(maxsize=8)
def rated_part(instrument: Instrument) -> Instrument:
    """The rubric without all that is no dimension: what an expert rates of a described session."""
    kept = {item.name for item in dimensions(instrument)}
    sections = [
        replace(one, items=tuple(item for item in one.items if item.name in kept))
        for one in instrument.sections
        if kept & {item.name for item in one.items}
    ]
    mappings = tuple(one for one in instrument.mappings if one.item in kept)
    return replace(
        instrument, sections=tuple(sections), mappings=mappings, uses=(), translations=()
    )


def read_training(data: bytes, name: str, instruments: Sequence[Instrument]) -> TrainingSet:
    """Read a training set from YAML ``data``; ``name`` is the file name that faults show.

    Raises FaultsFound with all faults at once: unknown or missing keys, a rubric or a version of
    it that is not among ``instruments``, no or repeated sessions, empty words, dimensions that are
    unknown, missing or repeated, levels that their scale does not offer.
    """
    declaration = Declaration(data, name, guide=GUIDE)
    found = build(TrainingSet, declaration, declaration.value)
    if found is not None:
        _check_sessions(found, declaration)
        rubric = _rubric(found, declaration, instruments)
        if rubric is not None:
            for row, session in enumerate(found.sessions):
                _check_references(session, declaration, ("sessions", row), rubric)
    declaration.settle()
    return found


def _rubric(
    found: TrainingSet, declaration: Declaration, instruments: Sequence[Instrument]
) -> Instrument | None:
    versions = {one.code: one for one in instruments if (one.role, one.per) == RUBRIC}
    rubric = versions.get(found.instrument)
    if rubric is None:
        told = {"instrument": found.instrument, "known": "、".join(sorted(versions))}
        declaration.add("training.instrument", ("instrument",), **told)
    elif rubric.version != found.instrument_version:
        told = {"bound": found.instrument_version, "version": rubric.version}
        told |= {"instrument": rubric.code}
        declaration.add("training.version", ("instrument_version",), **told)
        rubric = None
    return rubric


def _check_sessions(found: TrainingSet, declaration: Declaration) -> None:
    if not found.sessions:
        declaration.add("training.no_session", ("sessions",))
    seen: set[str] = set()
    for row, session in enumerate(found.sessions):
        path = ("sessions", row)
        if session.code in seen or not _usable(session.code):
            declaration.add("training.code", (*path, "code"), code=session.code)
        seen.add(session.code)
        for key in ("title", "text"):
            if not getattr(session, key).strip():
                declaration.add("training.empty", (*path, key), code=session.code, key=key)


def _usable(code: str) -> bool:  # noqa: N802
    return code.isascii() and code.isalnum() and len(code) <= 20


def _check_references(
    session: DescribedSession,
    declaration: Declaration,
    path: tuple[object, ...],
    rubric: Instrument,
) -> None:
    known = {item.name: item for item in dimensions(rubric)}
    rated: set[str] = set()
    for row, one in enumerate(session.references):
        here, about = (*path, "references", row), {"code": session.code, "name": one.dimension}
        if one.dimension not in known:
            declaration.add("training.dimension", here, **about, known="、".join(known))
        elif one.dimension in rated:
            declaration.add("training.twice", here, **about)
        elif one.level not in levels_of(known[one.dimension]):
            offered = "、".join(levels_of(known[one.dimension]))
            declaration.add("training.level", here, **about, level=one.level, known=offered)
        if not one.reason.strip():
            declaration.add("training.empty", here, code=session.code, key="reason")
        rated.add(one.dimension)
    for name in (name for name in known if name not in rated):
        declaration.add("training.missing", path, code=session.code, name=name)
