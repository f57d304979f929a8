"""What is possible in a programme but looks like a slip: remarked in the dry run, not refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import Any

import yaml

from instruments.catalogue_cells import folded
from instruments.catalogue_records import Record, Records, by_code, grouped, repeats
from instruments.faults import Fault, Place, fault
from instruments.plan import LEAST_CELL
from instruments.types import types_of_line

WORKSHOP, OUTREACH = "workshop", "outreach"
_YEAR = re.compile(r"(20\d\d)年")


@cache
def expectations() -> dict[str, Any]:
    """Content of library/expectations.yaml."""
    path = files("instruments").joinpath("library/expectations.yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def remarks_on(records: Records) -> list[Fault]:
    """Remarks on the rows of a workbook that has no faults."""
    return [found for remark in REMARKS for found in remark(records)]


def _year(records: Records) -> Iterator[Fault]:
    for row in records["年度"]:
        told = set(_YEAR.findall(row["title"]))
        if told and str(row["year"]) not in told:
            details = {"year": row["year"], "told": "、".join(sorted(told))}
            yield fault("catalogue.title_year", row.place("title"), **details)


def _counties_of_notice(records: Records) -> Iterator[Fault]:
    notice, rows = expectations()["notice"], records["项目县"]
    if not rows or not _of_notice(records):
        return
    for name, expected in (("guopei", "guopei_counties"), ("it", "it_counties")):
        count = sum(row[name] for row in rows)
        if count != notice[expected]:
            details = {"column": rows[0].part.header(name), "count": count}
            place = Place(rows[0].file, "项目县", None, rows[0].part.header(name))
            yield fault("catalogue.counties_count", place, **details, expected=notice[expected])


def _of_notice(records: Records) -> bool:
    cycle = records["年度"][0]
    return cycle["year"] == expectations()["notice"]["year"] and not cycle["sample"]


def _it_institutions(records: Records) -> Iterator[Fault]:
    """R4 (N2.1): five institutions at most carry IT 2.0."""
    types, most = types_of_line("it"), expectations()["notice"]["it_institutions"]
    rows = [row for row in records["项目"] if row["type"] in types]
    count = len({row["institution"] for row in rows})
    if _of_notice(records) and count > most:
        place = Place(rows[0].file, "项目", None, rows[0].part.header("institution"))
        yield fault("catalogue.it_institutions", place, count=count, most=most)


def _near_names(records: Records) -> Iterator[Fault]:
    least = expectations()["near_names"]
    for first, row in combinations(records["机构"], 2):
        one, other = folded(first["name"]), folded(row["name"])
        if one in other or other in one or _alike(one, other, least):
            details = {"name": row["name"], "other": first["name"], "row": first.row}
            yield fault("catalogue.near_names", row.place("name"), **details)


def _alike(one: str, other: str, least: float) -> bool:
    matcher = SequenceMatcher(None, one, other)
    return matcher.quick_ratio() >= least and matcher.ratio() >= least


def _lots(records: Records) -> Iterator[Fault]:
    used = {row["lot"] for row in records["项目"]}
    for row in records["标段"]:
        if row["code"] not in used:
            yield fault("catalogue.lot_without_project", row.place("code"), code=row["code"])
    for row in records["项目"] if records["标段"] else ():
        if row["lot"] == "":
            yield fault("catalogue.project_without_lot", row.place("lot"), code=row["code"])


def _stages(records: Records) -> Iterator[Fault]:
    """R9 (N2.2): workshops are for providers on the ministry's list."""
    institutions = by_code(records, "机构")
    for row in records["环节"]:
        if row["mode"] != WORKSHOP:
            continue
        coded = institutions.get(row["provider_institution"])
        if coded and coded["kind"] != "provider":
            yield fault("catalogue.workshop_provider", row.place("provider"), name=coded["name"])
        if row["qualification"] == "":
            yield fault("catalogue.workshop_without_document", row.place("qualification"))


def _hours(records: Records) -> Iterator[Fault]:
    """R1 (N1.2) and R18: too few 学时 in all, or more than fit into the days."""
    it_types, least = types_of_line("it"), expectations()["it_hours"]
    most = expectations()["hours_per_day"]
    stages = grouped(records["环节"], "project")
    days = {
        key[0]: max(map(_days, rows)) for key, rows in grouped(records["班级"], "project").items()
    }
    for project in records["项目"]:
        own = stages.get((project["code"],), [])
        hours = sum(row["hours"] for row in own)
        if own and project["type"] in it_types and hours < least:
            yield fault("catalogue.it_hours", own[-1].place("hours"), hours=hours, least=least)
        if own and hours > most * days[project["code"]]:
            details = {"hours": hours, "days": days[project["code"]], "most": most}
            yield fault("catalogue.hours_per_day", own[-1].place("hours"), **details)


def _days(row: Record) -> int:
    return (date.fromisoformat(row["end"]) - date.fromisoformat(row["start"])).days + 1


def _classes(records: Records) -> Iterator[Fault]:
    for row, first in repeats(records["班级"], "project", "name"):
        details = {"name": row["name"], "row": first.row}
        yield fault("catalogue.class_name_twice", row.place("name"), **details)
    rostered = {row["class_code"] for row in records["班级结构"]}
    for row in records["班级"] if rostered else ():
        if row["code"] not in rostered:
            yield fault("catalogue.class_without_structure", row.place("code"), code=row["code"])


def _small_classes(records: Records) -> Iterator[Fault]:
    """Answers of so few are kept, but never shown (design section 5.2)."""
    for row in records["班级"]:
        if row["enrolled"] < LEAST_CELL:
            details = {"enrolled": row["enrolled"], "least": LEAST_CELL}
            yield fault("catalogue.small_class", row.place("enrolled"), **details)


def _outreach(records: Records) -> Iterator[Fault]:
    """N1.1: 送教下乡 is for the project counties."""
    listed = {row["county"] for row in records["项目县"] if row["guopei"]}
    projects = by_code(records, "项目")
    for row in records["班级"] if listed else ():
        if projects[row["project"]]["mode"] == OUTREACH and row["county"] not in listed:
            yield fault("catalogue.outreach_county", row.place("county"), county=row["county"])


def _sendings(records: Records) -> Iterator[Fault]:
    sent = grouped(records["选派"], "class_code")
    for row in records["班级"] if sent else ():
        count = sum(each["count"] for each in sent.get((row["code"],), ()))
        if count < row["enrolled"]:
            details = {"enrolled": row["enrolled"], "sent": count}
            yield fault("catalogue.sent_fewer", row.place("enrolled"), **details)


def _experts(records: Records) -> Iterator[Fault]:
    least = expectations()["experts_per_project"]
    project = {row["code"]: row["project"] for row in records["班级"]}
    seen: dict[str, set[str]] = {}
    for row in records["实地调研"]:
        seen.setdefault(project[row["class_code"]], set()).add(row["expert"])
    for row in records["项目"] if seen else ():
        count = len(seen.get(row["code"], ()))
        if count < least:
            yield fault("catalogue.few_experts", row.place("code"), count=count, least=least)
    used = {row["expert"] for row in (*records["实地调研"], *records["评阅"])}
    yield from _unused(records["专家"], used, "catalogue.expert_unused")


def _unused(rows: Sequence[Record], used: set[str], code: str) -> Iterator[Fault]:
    return (
        fault(code, row.place("code"), code=row["code"]) for row in rows if row["code"] not in used
    )


def _places(records: Records) -> Iterator[Fault]:
    county = {row["code"]: row["county"] for row in records["班级"]}
    for (_expert, day), rows in grouped(records["实地调研"], "expert", "date").items():
        if len({county[row["class_code"]] for row in rows}) > 1:
            yield fault("catalogue.two_places", rows[-1].place("date"), date=day, row=rows[0].row)


def _reviews(records: Records) -> Iterator[Fault]:
    least = expectations()["reviewers"]
    for target in ("project", "class_code"):
        for (_kind, code), rows in grouped(records["评阅"], "kind", target).items():
            if len(rows) < least:
                details = {"code": code, "count": len(rows), "least": least}
                yield fault("catalogue.few_reviewers", rows[0].place(target), **details)


def _recorders(records: Records) -> Iterator[Fault]:
    for row, first in repeats(records["记录员"], "name", "employer"):
        details = {"name": row["name"], "row": first.row}
        yield fault("catalogue.recorder_twice", row.place("name"), **details)
    used = {row["recorder"] for row in records["座谈"]}
    yield from _unused(records["记录员"], used, "catalogue.recorder_unused")


REMARKS: tuple[Callable[[Records], Iterator[Fault]], ...] = (
    _year,
    _counties_of_notice,
    _it_institutions,
    _near_names,
    _lots,
    _stages,
    _hours,
    _classes,
    _small_classes,
    _outreach,
    _sendings,
    _experts,
    _places,
    _reviews,
    _recorders,
)
"""Every remark in the order in which it is listed."""
