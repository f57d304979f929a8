"""Rows of the programme workbook checked against one another; every fault at its cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instruments.catalogue_layout import PARTS, Part
from instruments.divisions import counties
from instruments.faults import Fault, Place, fault


@dataclass(frozen=True)
class Record:
    """One row read: place of it, values by field (None where the cell was at fault)."""

    part: Part
    file: str
    row: int
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def place(self, name: str) -> Place:
        """Place of the cell of field ``name``."""
        return Place(self.file, self.part.sheet, self.row, self.part.header(name))


Records = Mapping[str, Sequence[Record]]
"""Records by sheet name."""
MAX_LISTED = 10
"""Codes that the fault which stands for many names."""


def cross_faults(present: Records) -> list[Fault]:
    """Faults that need more than one row: codes, references, dates, sums, conflicts.

    ``present`` has no entry for a sheet that is missing. A code cell at fault explains one code
    that is asked for in vain, a missing sheet all of them: these references are one fault.
    """
    records = {part.sheet: present.get(part.sheet, ()) for part in PARTS}
    faults = [found for check in CHECKS for found in check(records)]
    for sheet in records:
        lost = sum(row["code"] is None for row in records[sheet]) if sheet in present else None
        faults = _grouped(faults, sheet, lost)
    return faults


def _grouped(faults: list[Fault], sheet: str, lost: int | None) -> list[Fault]:
    """References to the ``lost`` codes of ``sheet`` (None: all) that most rows use, as one."""
    vain = [one for one in faults if _refers_in_vain(one, sheet)]
    uses = Counter(dict(one.details)["code"] for one in vain)
    explained = [code for code, _ in uses.most_common(lost)]
    follow = [one for one in vain if dict(one.details)["code"] in explained]
    if len(follow) < 2:
        return faults
    codes = "、".join(explained[:MAX_LISTED]) + ("……" if len(explained) > MAX_LISTED else "")
    place = Place(follow[0].place.file, sheet)
    stands = fault("catalogue.follow_up", place, count=len(follow), codes=codes)
    at = faults.index(follow[0])
    grouped = set(follow)
    return [*faults[:at], stands, *(one for one in faults[at:] if one not in grouped)]


def _refers_in_vain(one: Fault, sheet: str) -> bool:
    return one.code == "catalogue.unknown_reference" and dict(one.details)["sheet"] == sheet


def _by_code(records: Records, sheet: str) -> dict[str, Record]:
    return {row["code"]: row for row in records[sheet] if row["code"]}


def _repeated_codes(records: Records) -> Iterator[Fault]:
    for part in PARTS:
        first: dict[str, int] = {}
        for row in records[part.sheet]:
            code = row["code"] if part.key else None
            if code and code.lower() in first:
                known = first[code.lower()]
                yield fault("catalogue.repeated_code", row.place("code"), code=code, row=known)
            elif code:
                first[code.lower()] = row.row


def _references(records: Records) -> Iterator[Fault]:
    for part in PARTS:
        fields = [field for field in part.fields if field.kind in ("reference", "references")]
        for field in fields:
            known = _by_code(records, field.of)
            for row in records[part.sheet]:
                named = row[field.name] or ()
                for code in (named,) if isinstance(named, str) else named:
                    if code not in known:
                        details = {"code": code, "sheet": field.of}
                        yield fault("catalogue.unknown_reference", row.place(field.name), **details)


def _county_names(records: Records) -> Iterator[Fault]:
    names = {county.code: county for county in counties()}
    for row in (*records["班级"], *records["专家"]):
        code, given = row["county"], row["county_name"]
        if code and given and given not in (names[code].name, names[code].city + names[code].name):
            details = {"code": code, "name": names[code].name, "given": given}
            yield fault("catalogue.county_name", row.place("county_name"), **details)
        if not code and given and row.values.get("county") == "":
            yield fault("catalogue.county_without_code", row.place("county"), given=given)


def _class_dates(records: Records) -> Iterator[Fault]:
    for row in records["班级"]:
        if row["start"] and row["end"] and row["end"] < row["start"]:
            details = {"start": row["start"], "end": row["end"]}
            yield fault("catalogue.end_before_start", row.place("end"), **details)


def _within_class(records: Records) -> Iterator[Fault]:
    classes = _by_code(records, "班级")
    for row in (*records["场次"], *records["实地调研"]):
        own = classes.get(row["class_code"])
        if not (own and row["date"] and own["start"] and own["end"]):
            continue
        if own["start"] <= own["end"] and not own["start"] <= row["date"] <= own["end"]:
            details = {"date": row["date"], "start": own["start"], "end": own["end"]}
            yield fault("catalogue.outside_class", row.place("date"), **details)


def _structure_sums(records: Records) -> Iterator[Fault]:
    rows = records["班级结构"]
    incomplete = {row["class_code"] for row in rows if row["count"] is None}
    sums: dict[str | None, int] = {}  # under None: rows whose class is at fault
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        cell = tuple(row[name] for name in ("class_code", "stage", "years", "locality"))
        if None not in cell and cell in seen:
            yield fault("catalogue.repeated_cell", row.place("class_code"))
        seen.add(cell)
        sums[row["class_code"]] = sums.get(row["class_code"], 0) + (row["count"] or 0)
    for row in records["班级"]:
        total, enrolled = sums.get(row["code"]), row["enrolled"]
        if total is None or enrolled is None or row["code"] in incomplete | {None}:
            continue
        if total != enrolled and not total < enrolled <= total + sums.get(None, 0):
            details = {"enrolled": enrolled, "sum": total}
            yield fault("catalogue.structure_sum", row.place("enrolled"), **details)


def _continuation(records: Records) -> Iterator[Fault]:
    """R6 (N2.1): a project continued from 2020 keeps that winner, so it was not tendered."""
    for row in records["项目"]:
        flagged, route = row["continued_2020"], row["award_route"]
        if None not in (flagged, route) and flagged != (route == "continued_2020"):
            yield fault("catalogue.continuation", row.place("continued_2020"))


def _employers(records: Records) -> Iterator[Fault]:
    named = {row["name"]: row["code"] for row in records["机构"] if row["name"]}
    for row in records["专家"]:
        code = named.get(row["employer"])
        if code and row["employer_institution"] not in (None, code):
            details = {"employer": row["employer"], "code": code}
            yield fault("catalogue.employer_code", row.place("employer_institution"), **details)


def _conflicts(records: Records) -> Iterator[Fault]:
    """R19: nobody rates the unit that employs them."""
    projects, classes = _by_code(records, "项目"), _by_code(records, "班级")
    experts = _by_code(records, "专家")
    for row in records["实地调研"]:
        own, expert = classes.get(row["class_code"]), experts.get(row["expert"])
        project = projects.get(own["project"]) if own else None
        employer = expert["employer_institution"] if expert else None
        if project and employer and employer == project["institution"]:
            details = {"expert": row["expert"], "institution": employer}
            yield fault("catalogue.conflict", row.place("expert"), **details)


def _visits(records: Records) -> Iterator[Fault]:
    sessions = _by_code(records, "场次")
    seen: dict[tuple[str, ...], int] = {}
    for row in records["实地调研"]:
        key = (row["class_code"], row["date"], row["expert"])
        if None not in key and key in seen:
            yield fault("catalogue.repeated_visit", row.place("expert"), row=seen[key])
        seen.setdefault(key, row.row)
        for code in row["sessions"] or ():
            owner = sessions[code]["class_code"] if code in sessions else None
            if owner and row["class_code"] and owner != row["class_code"]:
                details = {"session": code, "owner": owner}
                yield fault("catalogue.other_class", row.place("sessions"), **details)


def _used(records: Records) -> Iterator[Fault]:
    """A project without classes or an institution without projects could not be rated."""
    for sheet, by, field, code in (
        ("项目", "班级", "project", "catalogue.project_without_class"),
        ("机构", "项目", "institution", "catalogue.institution_without_project"),
    ):
        used = {row[field] for row in records[by]}
        if None in used or not used:  # told already: an empty cell or an empty sheet
            continue
        for row in records[sheet]:
            if row["code"] and row["code"] not in used:
                yield fault(code, row.place("code"), code=row["code"])


CHECKS: tuple[Callable[[Records], Iterator[Fault]], ...] = (
    _repeated_codes,
    _references,
    _county_names,
    _class_dates,
    _within_class,
    _structure_sums,
    _continuation,
    _employers,
    _conflicts,
    _visits,
    _used,
)
"""Every check in the order in which its faults are listed."""
