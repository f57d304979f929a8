"""Instruments that the province brings: checked, compared with those in use, published, chosen."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.builtin import form_parts, instrument_sources
from instruments.difference import Difference, compare_forms, same_content
from instruments.faults import Fault, FaultsFound
from instruments.form_files import ReadForm, Subject, read_form
from instruments.form_writer import write_form
from instruments.model import Instrument
from survey_app import clock, policies
from survey_app.config import Settings
from survey_app.errors import Refused
from survey_app.models import CycleRow, InstrumentVersionRow
from survey_app.phrases import phrase
from survey_app.services import audit
from survey_app.services.programme import (
    Sources,
    compile_sources,
    programme_of,
    read_sources,
    store_sources,
)

_STAGED = re.compile(r"form-[0-9a-f]{64}\.xlsx")
MAX_REASON = 1000


@dataclass(frozen=True)
class Candidate:
    """An uploaded form that can be read: what it is, what it would replace, and what still keeps it
    from being published (it does not fit frameworks and plan)."""

    form: ReadForm
    staged: str
    version: str
    """Number under which it would be published: its own, or the next where that is taken."""
    former: Instrument | None
    difference: Difference | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class VersionLine:
    """One version of a form: in use or not, built in or published (then with its row)."""

    code: str
    version: str
    title: str
    in_use: bool
    row: InstrumentVersionRow | None

    @property
    def origin(self) -> str:
        """Where it comes from: a key of phrases under ``instrument.``."""
        if self.row is None:
            return "builtin"
        return "kept" if self.row.reason == phrase("instrument.kept_reason") else "published"


def check_form(
    session: Session, settings: Settings, cycle: CycleRow, data: bytes, name: str, about: Subject
) -> Candidate:
    """Read an uploaded form and keep it aside; raises FaultsFound with every fault."""
    form = read_form(data, name, about=about)
    content = write_form([form.workbook])
    staged = f"form-{hashlib.sha256(content).hexdigest()}.xlsx"
    (settings.home / "imports" / staged).write_bytes(content)
    return _candidate(session, cycle, form, staged)


def staged_form(settings: Settings, staged: str) -> ReadForm:
    """A form that was kept aside."""
    path = settings.home / "imports" / staged
    if not _STAGED.fullmatch(staged) or not path.is_file():
        raise Refused("form_gone", 404)
    return read_form(path.read_bytes(), staged)


def forget_forms(settings: Settings) -> None:
    """Remove every form that was kept aside."""
    for path in (settings.home / "imports").iterdir():
        if _STAGED.fullmatch(path.name):
            path.unlink(missing_ok=True)


def publish_form(
    session: Session, settings: Settings, cycle: CycleRow, staged: str, reason: str, *, by: str
) -> InstrumentVersionRow:
    """Add a version for good and use it in the cycle in preparation; raises FaultsFound when it
    does not fit the rest."""
    policies.check_can_change_sources(cycle.state)
    if not reason:
        raise Refused("publish_reason_missing", 422)
    found = _candidate(session, cycle, staged_form(settings, staged), staged)
    if found.faults:
        raise FaultsFound(found.faults)
    if found.former and same_content(found.former, found.form.instrument):
        raise Refused("publish_unchanged", 409, version=found.former.version)
    _keep_former(session, cycle, found, by)
    row = _row(found, cycle, reason[:MAX_REASON], by)
    session.add(row)
    session.flush()
    _put(session, cycle, found.form.instrument, row.content)
    named = f"{row.code} {row.version}"
    audit.note(session, by=by, action="instrument_publish", object=f"{cycle.code} {named}")
    return row


def use_version(session: Session, cycle: CycleRow, code: str, version: str, *, by: str) -> None:
    """Use another version of a form, published or built in, in the cycle in preparation."""
    policies.check_can_change_sources(cycle.state)
    content = version_file(session, cycle, code, version)
    _put(session, cycle, read_form(content, f"{code}.xlsx").instrument, content)
    named = f"{cycle.code} {code} {version}"
    audit.note(session, by=by, action="instrument_use", object=named)


def versions_of(session: Session, cycle: CycleRow, code: str) -> tuple[VersionLine, ...]:
    """All versions of a form, the newest first; a refusal when there is none."""
    rows = {row.version: row for row in _rows(session, code)}
    used = {
        one.version: one for one in programme_of(session, cycle).instruments if one.code == code
    }
    known = {**_builtin(code), **used}
    titles = {v: one.title for v, one in known.items()} | {v: r.title for v, r in rows.items()}
    if not titles:
        raise Refused("no_instrument_version", 404, form=code, version="—")
    ordered = sorted(titles, key=_parts, reverse=True)
    return tuple(VersionLine(code, v, titles[v], v in used, rows.get(v)) for v in ordered)


def version_file(session: Session, cycle: CycleRow, code: str, version: str) -> bytes:
    """A version as .xlsx: as it was published, as it is in use, or as it is built in."""
    row = session.get(InstrumentVersionRow, (code, version))
    if row is not None:
        return row.content
    used = programme_of(session, cycle).instruments
    if any((one.code, one.version) == (code, version) for one in used):
        sources = dict(read_sources(session, cycle.code).instruments)
        return write_form(list(form_parts(sources, code).values()))
    if version in _builtin(code):
        return write_form(list(form_parts(instrument_sources(), code).values()))
    raise Refused("no_instrument_version", 404, form=code, version=version)


def version_form(session: Session, cycle: CycleRow, code: str, version: str) -> Instrument:
    """A version as an instrument."""
    return read_form(version_file(session, cycle, code, version), f"{code}.xlsx").instrument


def compared_with_used(
    session: Session, cycle: CycleRow, code: str, version: str
) -> Difference | None:
    """What differs between a version and the one in use; None when no version of the form is."""
    other = version_form(session, cycle, code, version)
    used = [one for one in programme_of(session, cycle).instruments if one.code == code]
    return compare_forms(other, used[0]) if used else None


def check_not_published(
    session: Session, cycle: CycleRow, instruments: Iterable[Instrument]
) -> None:
    """Refuse a form that bears the number of a version that is published, in use or built in, and
    is another."""
    used = {(one.code, one.version): one for one in programme_of(session, cycle).instruments}
    for one in instruments:
        key = one.code, one.version
        row = session.get(InstrumentVersionRow, key)
        known = [used.get(key), _builtin(one.code).get(one.version)]
        if row:
            known = [read_form(row.content, f"{one.code}.xlsx").instrument]
        if any(known) and not any(other and same_content(other, one) for other in known):
            raise Refused("version_published", 409, form=one.code, version=one.version)


def _candidate(session: Session, cycle: CycleRow, form: ReadForm, staged: str) -> Candidate:
    new = form.instrument
    used = programme_of(session, cycle).instruments
    former = next((one for one in used if one.subject == new.subject), None)
    known = {row.version for row in _rows(session, new.code)} | _builtin(new.code).keys()
    known |= {one.version for one in used if one.code == new.code}
    faults: tuple[Fault, ...] = ()
    try:
        compile_sources(_changed(session, cycle, new, write_form([form.workbook])))
    except FaultsFound as found:
        faults = found.faults
    difference = compare_forms(former, new) if former else None
    return Candidate(form, staged, _free(new.version, known), former, difference, faults)


def _changed(session: Session, cycle: CycleRow, new: Instrument, content: bytes) -> Sources:
    """The cycle's data files with ``content`` in place of the form that is about the same."""
    sources = read_sources(session, cycle.code)
    used = programme_of(session, cycle).instruments
    codes = {new.code} | {one.code for one in used if one.subject == new.subject}
    files = dict(sources.instruments)
    for name in [name for code in codes for name in form_parts(files, code)]:
        del files[name]
    files[f"{new.code}.xlsx"] = content
    return replace(sources, instruments=tuple(sorted(files.items())))


def _put(session: Session, cycle: CycleRow, new: Instrument, content: bytes) -> None:
    changed = _changed(session, cycle, new, content)
    compile_sources(changed)
    store_sources(session, cycle, changed)


def _keep_former(session: Session, cycle: CycleRow, found: Candidate, by: str) -> None:
    """Keep the form that is replaced as a version of its own, unless it is one already: it may
    have come with the program, whose next release brings another, or by a file of its own."""
    former = found.former
    if former and not session.get(InstrumentVersionRow, (former.code, former.version)):
        content = version_file(session, cycle, former.code, former.version)
        told = {"reason": phrase("instrument.kept_reason"), "base": "", "verdict": ""}
        session.add(_version(former, former.version, content, cycle, by=by, **told))


def _row(found: Candidate, cycle: CycleRow, reason: str, by: str) -> InstrumentVersionRow:
    content = write_form([found.form.workbook], version=found.version)
    base = found.former.version if found.former else ""
    verdict = found.difference.verdict if found.difference else ""
    told = {"reason": reason, "base": base, "verdict": verdict}
    return _version(found.form.instrument, found.version, content, cycle, by=by, **told)


def _version(
    form: Instrument, version: str, content: bytes, cycle: CycleRow, **told: str
) -> InstrumentVersionRow:
    return InstrumentVersionRow(
        code=form.code,
        version=version,
        title=form.title,
        content=content,
        sha=hashlib.sha256(content).hexdigest(),
        cycle=cycle.code,
        at=clock.now().isoformat(timespec="microseconds"),
        day=clock.today(),
        **told,
    )


def _rows(session: Session, code: str) -> list[InstrumentVersionRow]:
    return list(
        session.scalars(select(InstrumentVersionRow).where(InstrumentVersionRow.code == code))
    )


@cache
def _builtin(code: str) -> Mapping[str, Instrument]:
    """Version → form of the built-in library, if it has this code."""
    parts = form_parts(instrument_sources(), code)
    if not parts:
        return MappingProxyType({})
    built = read_form(write_form(list(parts.values())), f"{code}.xlsx").instrument
    return MappingProxyType({built.version: built})


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _free(wished: str, known: Iterable[str]) -> str:
    """``wished`` if no version has that number, else the next after the last of all."""
    taken = {_parts(version): version for version in known}
    if _parts(wished) not in taken:
        return wished
    *head, last = max(taken)
    return ".".join(str(part) for part in (*head, last + 1))
