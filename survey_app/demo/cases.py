"""What each record of the sample is about: facts of the catalogue, and whose quality it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.simulate import Province, project_context
from instruments.model import Instrument
from instruments.programme import Project
from survey_app.demo.programme import record_rules
from survey_app.demo.records import Writer

PIECES = 8
"""Pieces of homework that are drawn from a reviewed class (domain 7.8)."""
TEACHERS = 8
ACCOUNTS = 12
"""Accounting units of a county or city."""
MONEY = 4000
"""Yuan for each trainee."""


@dataclass(frozen=True)
class Case:
    """One honest record: who owes it about what, and what stands in it."""

    instrument: str
    target: str
    owner: str
    answers: dict[str, Any]


def honest_records(province: Province, instruments: Mapping[str, Instrument]) -> list[Case]:
    """Every record of institutions, localities and recorders, as the planted truth has it."""
    rules = record_rules()
    span = (float(rules["span"][0]), float(rules["span"][1]))
    found = []
    for code, target, owner, unit, facts, context in _targets(province):
        writer = Writer(rules[code], span, province.quality[unit], facts)
        found.append(Case(code, target, owner, writer.fill(instruments[code], context)))
    return found


def _targets(province: Province) -> Iterator[tuple[str, str, str, str, dict[str, Any], dict]]:
    """Form, target, owner, unit whose quality it shows, facts, values of the context names."""
    catalogue = province.catalogue
    for project in catalogue.projects:
        facts, context = _project(province, project), project_context(project)
        yield "institution_record", project.code, project.institution, project.code, facts, context
    places = {county.code: county for county in catalogue.counties}
    for code in sorted(set(province.quality) - {p.code for p in catalogue.projects}):
        kind = "county" if code in places else "city"
        facts = _locality(province, code)
        yield "locality_form", code, code, code, facts, {"locality_kind": kind}
    for group in catalogue.focus_groups:
        unit = province.project[group.class_code]
        yield "focus_group", group.code, group.recorder, unit, {}, {}


def _project(province: Province, project: Project) -> dict[str, Any]:
    catalogue = province.catalogue
    classes = [c for c in catalogue.classes if c.project == project.code]
    codes = {c.code for c in classes}
    stages = [s for s in catalogue.stages if s.project == project.code]
    workshops = [s.provider for s in stages if s.mode == "workshop"]
    enrolled = sum(c.enrolled for c in classes)
    judged = [r.class_code for r in catalogue.reviews if r.class_code in codes]
    return {
        "name": next(i.name for i in catalogue.institutions if i.code == project.institution),
        "enrolled": enrolled,
        "fewer": enrolled - 1,
        "start": min(c.start for c in classes),
        "end": max(c.end for c in classes),
        "budget": enrolled * MONEY,
        "has_workshop": "yes" if workshops else "no",
        "workshop_provider": workshops[0] if workshops else None,
        "placement": any(s.mode == "placement" for s in stages),
        "stages": [{"mode": s.mode, "hours": s.hours} for s in stages],
        "structure": [vars(cell) for cell in catalogue.structure if cell.class_code in codes],
        "pieces": [
            {"class_code": code, "number": n}
            for code in dict.fromkeys(judged)
            for n in range(1, PIECES + 1)
        ],
        "counties": [{"county": code} for code in dict.fromkeys(c.county for c in classes)],
        "teachers": [{"teacher": f"T{n:02d}"} for n in range(1, TEACHERS + 1)],
    }


def _locality(province: Province, code: str) -> dict[str, Any]:
    catalogue = province.catalogue
    listed = next((row for row in catalogue.project_counties if row.county == code), None)
    within = [county for county in catalogue.counties if county.city_code == code]
    return {
        "counties_total": len(within) or None,
        "outreach": 20 if listed and listed.guopei else 0,
        "whole": 30 if listed and listed.it else 0,
        "accounts": [
            {
                "account": f"H{code}{n:02d}",
                "account_name": f"示例核算单位{n:02d}",
                "budget": 200_000 + 30_000 * n,
                "threshold": 2 * n / ACCOUNTS - 1.0,  # one half always, the rest with quality
            }
            for n in range(ACCOUNTS)
        ],
    }
