"""Rows of the programme workbook checked against one another; every fault at its cell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any

from instruments.catalogue_awards import AWARD_CHECKS
from instruments.catalogue_cells import folded
from instruments.catalogue_follow_up import together
from instruments.catalogue_layout import Field
from instruments.catalogue_people import PEOPLE_CHECKS
from instruments.catalogue_records import Record, Records, by_code, grouped, repeats
from instruments.catalogue_sheets import PARTS
from instruments.divisions import counties
from instruments.faults import Fault, Place, fault

_LOOKALIKES = str.maketrans({"o": "0", "l": "1", "i": "1", "-": None, "_": None})


def cross_faults(records: Records, *, present: Collection[str]) -> list[Fault]:
    """Faults that need more than one row: codes, references, dates, sums, awards, conflicts.

    ``present``: sheets that there are. What follows from one lost code is one fault.
    """
    faults = [found for check in CHECKS for found in check(records)]
    return together(faults, records, present=present)


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
            known = by_code(records, field.of)
            lost = [
                (row, code)
                for row in records[part.sheet]
                for code in _named(row[field.name])
                if code not in known
            ]
            yield from _unknown_references(field, lost, known) if lost else ()


def _named(value: Any) -> tuple[str, ...]:
    return (value,) if value and isinstance(value, str) else value or ()


def _unknown_references(
    field: Field, lost: list[tuple[Record, str]], known: Mapping[str, Record]
) -> Iterator[Fault]:
    """A code that is not there: a name in its place, a slip in its spelling, or nothing known."""
    names = {folded(row["name"]): code for code, row in known.items() if row["name"]}
    spelt: dict[str, str] = {}
    for code in known:
        spelt[_spelling(code)] = "" if _spelling(code) in spelt else code
    for row, code in lost:
        place: Place = row.place(field.name)
        if folded(code) in names:
            meant = names[folded(code)]
            yield fault("catalogue.name_for_code", place, name=code[:60], code=meant)
        elif spelt.get(_spelling(code)):
            meant = spelt[_spelling(code)]
            yield fault("catalogue.misspelt_code", place, code=code[:60], meant=meant)
        else:
            details = {"code": code[:60], "sheet": field.of}
            yield fault("catalogue.unknown_reference", place, **details)


def _spelling(code: str) -> str:
    """What a code looks like: case, width, O for 0, hyphens do not count."""
    return folded(code).translate(_LOOKALIKES)


def _county_names(records: Records) -> Iterator[Fault]:
    names = _names_of_counties()
    rows = [row for part in PARTS for row in records[part.sheet] if "county_name" in row.values]
    for row in rows:
        code, given = row["county"], row["county_name"]
        if code and given and given not in names[code]:
            details = {"code": code, "name": names[code][0], "given": given}
            yield fault("catalogue.county_name", row.place("county_name"), **details)
        if given and code == "":
            yield fault("catalogue.county_without_code", row.place("county"), given=given)


@cache
def _names_of_counties() -> Mapping[str, tuple[str, str]]:
    return {county.code: (county.name, county.city + county.name) for county in counties()}


def _listed_counties(records: Records) -> Iterator[Fault]:
    for row, first in repeats(records["项目县"], "county"):
        details = {"code": row["county"], "row": first.row}
        yield fault("catalogue.repeated_county", row.place("county"), **details)


def _class_dates(records: Records) -> Iterator[Fault]:
    for row in records["班级"]:
        if row["start"] and row["end"] and row["end"] < row["start"]:
            details = {"start": row["start"], "end": row["end"]}
            yield fault("catalogue.end_before_start", row.place("end"), **details)


def _class_years(records: Records) -> Iterator[Fault]:
    """A project of a year runs in it or the next; one continued from 2020 may have begun before."""
    [year] = [row["year"] for row in records["年度"][:1]] or [None]
    projects = by_code(records, "项目")
    for row in records["班级"] if year else ():
        continued = row["project"] in projects and projects[row["project"]]["continued_2020"]
        low, high = year - 1 if continued else year, year + 1
        for name in ("start", "end"):
            if row[name] and not low <= int(row[name][:4]) <= high:
                details = {"date": row[name], "low": low, "high": high}
                yield fault("catalogue.class_year", row.place(name), **details)
                break


def _within_class(records: Records) -> Iterator[Fault]:
    classes = by_code(records, "班级")
    for row in (*records["场次"], *records["实地调研"]):
        own = classes.get(row["class_code"])
        if not (own and row["date"] and own["start"] and own["end"]):
            continue
        if own["start"] <= own["end"] and not own["start"] <= row["date"] <= own["end"]:
            details = {"date": row["date"], "start": own["start"], "end": own["end"]}
            yield fault("catalogue.outside_class", row.place("date"), **details)


def _structure_sums(records: Records) -> Iterator[Fault]:
    rows = records["班级结构"]
    for row, _first in repeats(rows, "class_code", "stage", "years", "locality"):
        yield fault("catalogue.repeated_cell", row.place("class_code"))
    cells = grouped(rows, "class_code")
    lost = sum(row["count"] or 0 for row in rows if row["class_code"] is None)
    for row in records["班级"]:
        counts = [cell["count"] for cell in cells.get((row["code"],), ())]
        enrolled, total = row["enrolled"], None if None in counts else sum(counts)
        if not counts or total is None or enrolled in (None, total):
            continue
        if not total < enrolled <= total + lost:  # rows whose class is at fault may be the rest
            details = {"enrolled": enrolled, "sum": total}
            yield fault("catalogue.structure_sum", row.place("enrolled"), **details)


def _sendings(records: Records) -> Iterator[Fault]:
    for row, first in repeats(records["选派"], "school", "class_code"):
        yield fault("catalogue.repeated_sending", row.place("school"), row=first.row)
    classes = by_code(records, "班级")
    for (code,), rows in grouped(records["选派"], "class_code").items():
        sent, enrolled = sum(row["count"] or 0 for row in rows), None
        if code in classes:
            enrolled = classes[code]["enrolled"]
        if enrolled and sent > enrolled:
            details = {"class_code": code, "sent": sent, "enrolled": enrolled}
            yield fault("catalogue.sent_too_many", rows[-1].place("count"), **details)


def _outreach(records: Records) -> Iterator[Fault]:
    """送教下乡 (N1.1) happens in a county of the province, so its class must name one."""
    projects = by_code(records, "项目")
    for row in records["班级"]:
        project = projects.get(row["project"])
        if project and project["mode"] == "outreach" and row["county"] == "":
            yield fault("catalogue.outreach_without_county", row.place("county"))


def _invented(records: Records) -> Iterator[Fault]:
    """What was left of the sample must not pass for a real programme."""
    if any(row["sample"] is not False for row in records["年度"]):
        return
    for row in (*records["年度"], *records["机构"]):
        name = "title" if row.part.sheet == "年度" else "name"
        if (row[name] or "").startswith(("样例", "示例")):
            yield fault("catalogue.sample_left", row.place(name), name=row[name])


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
    _listed_counties,
    _class_dates,
    _class_years,
    _within_class,
    _structure_sums,
    _sendings,
    _outreach,
    _invented,
    *AWARD_CHECKS,
    *PEOPLE_CHECKS,
    _used,
)
"""Every check in the order in which its faults are listed."""
