"""A catalogue into the store: the whole programme of a cycle at once, or nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from instruments.programme import Catalogue
from survey_app import policies
from survey_app.errors import Refused
from survey_app.models import (
    AccountRow,
    Base,
    ClassRow,
    CycleRow,
    ExpertRow,
    FocusGroupRow,
    InstitutionRow,
    JobRow,
    LotRow,
    ProjectCountyRow,
    ProjectRow,
    RecorderRow,
    ReviewRow,
    SchoolRow,
    SendingRow,
    SessionRow,
    SignInRow,
    SourceRow,
    StageRow,
    StructureRow,
    VisitRow,
)
from survey_app.services import audit
from survey_app.services.programme import builtin_sources, find_cycle, read_sources, store_sources

TABLES: Mapping[str, type[Base]] = MappingProxyType(
    {
        "institutions": InstitutionRow,
        "lots": LotRow,
        "projects": ProjectRow,
        "stages": StageRow,
        "project_counties": ProjectCountyRow,
        "schools": SchoolRow,
        "classes": ClassRow,
        "structure": StructureRow,
        "sessions": SessionRow,
        "sendings": SendingRow,
        "experts": ExpertRow,
        "visits": VisitRow,
        "reviews": ReviewRow,
        "recorders": RecorderRow,
        "focus_groups": FocusGroupRow,
    }
)
"""Part of the catalogue → its table, each after those that it refers to."""
_UNSIGNED = MappingProxyType({"declaration": "", "reason": "", "signed": False})


def store_catalogue(db: Session, catalogue: Catalogue, *, by: str) -> CycleRow:
    """Put an imported catalogue into the store; before opening it replaces the former one."""
    check_storable(db, catalogue)
    former = find_cycle(db)
    sources = builtin_sources()
    if former and former.state == policies.PREPARING:
        sources = read_sources(db, former.code)
        _remove_cycle(db, former)
    cycle = catalogue.cycle
    row = CycleRow(
        code=cycle.code,
        title=cycle.title,
        year=cycle.year,
        sample=cycle.sample,
        state=policies.PREPARING,
        sources_sha="",
        extract="",
        extract_sha="",
        evaluation="",
    )
    db.add(row)
    db.flush()
    store_sources(db, row, sources)
    _store_rows(db, catalogue)
    audit.note(db, by=by, action="import", object=row.code)
    _void_accounts(db, catalogue, by)
    return row


def _void_accounts(db: Session, catalogue: Catalogue, by: str) -> None:
    """An account opens what its code owes or visits: it ends when the code means another."""
    parts: dict[str, tuple[Any, ...]] = {
        "expert": catalogue.experts,
        "institution": catalogue.institutions,
        "school": catalogue.schools,
        "recorder": catalogue.recorders,
    }
    names = {(role, row.code): row.name for role, rows in parts.items() for row in rows}
    for account in db.scalars(select(AccountRow).where(AccountRow.role.in_(parts))).all():
        if names.get((account.role, account.unit), account.name) != account.name:
            db.execute(delete(SignInRow).where(SignInRow.login == account.login))
            db.delete(account)
            audit.note(db, by=by, action="account_end", object=account.login)
    db.flush()


def check_storable(db: Session, catalogue: Catalogue) -> None:
    """Refuse a catalogue that would come too late, out of order, or take a former year's codes."""
    former = find_cycle(db)
    if not former:
        return
    policies.check_can_import(former.state)
    kept = former.code if former.state != policies.PREPARING else ""
    if kept == catalogue.cycle.code:
        raise Refused("cycle_exists", 409, cycle=kept)
    if kept and catalogue.cycle.year <= former.year:
        raise Refused("year_not_later", 409, year=catalogue.cycle.year, former=former.year)
    replaced = select(ClassRow.code).where(ClassRow.cycle == former.code) if not kept else None
    for code, owner, codes in (
        (ClassRow.code, ClassRow.code, {c.code for c in catalogue.classes}),
        (SessionRow.code, SessionRow.class_code, {s.code for s in catalogue.sessions}),
        (VisitRow.code, VisitRow.class_code, {v.code for v in catalogue.visits}),
    ):
        used = select(code) if replaced is None else select(code).where(owner.not_in(replaced))
        taken = sorted(codes & set(db.scalars(used)))
        if taken:
            raise Refused("code_used", 409, count=len(taken), codes="、".join(taken[:10]))


def _remove_cycle(db: Session, cycle: CycleRow) -> None:
    classes = select(ClassRow.code).where(ClassRow.cycle == cycle.code)
    tables: list[type[Base]] = [SourceRow, JobRow, *TABLES.values()]
    for table in reversed(tables):
        columns = table.__table__.columns
        own = columns.cycle == cycle.code if "cycle" in columns else None
        db.execute(delete(table).where(columns.class_code.in_(classes) if own is None else own))
    db.delete(cycle)
    db.flush()


def _store_rows(db: Session, catalogue: Catalogue) -> None:
    for part, table in TABLES.items():
        rows = _stored(getattr(catalogue, part), table, catalogue.cycle.code)
        if rows:
            db.execute(insert(table), rows)


def _stored(rows: Iterable[Any], table: type[Base], cycle: str) -> list[dict[str, Any]]:
    columns = table.__table__.columns.keys()
    more = {"cycle": cycle} | dict(_UNSIGNED)
    more = {name: value for name, value in more.items() if name in columns}
    return [
        {k: " ".join(v) if isinstance(v, tuple) else v for k, v in vars(row).items()} | more
        for row in rows
    ]
