"""Experts, visits, reviews, recorders and focus groups checked for independence and repeats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from instruments.catalogue_cells import folded
from instruments.catalogue_records import (
    Record,
    Records,
    by_code,
    institution_of_class,
    repeats,
)
from instruments.faults import Fault, fault

TARGETS = {"plan": ("project", "class_code"), "homework": ("class_code", "project")}
"""Kind of review → the column that names what is reviewed, and the one that stays empty."""


def _experts(records: Records) -> Iterator[Fault]:
    """One person under two codes would count as two independent raters."""
    for row, first in repeats(records["专家"], "name", "employer"):
        details = {"name": row["name"], "row": first.row}
        yield fault("catalogue.person_twice", row.place("name"), **details)
    named = {folded(row["name"]): row["code"] for row in records["机构"] if row["name"]}
    for row in records["专家"]:
        code = named.get(folded(row["employer"] or ""))
        if code and row["employer_institution"] not in (None, code):
            details = {"employer": row["employer"], "code": code}
            yield fault("catalogue.employer_code", row.place("employer_institution"), **details)


def _conflicts(records: Records) -> Iterator[Fault]:
    """R19: nobody rates the unit that employs them, on a visit or in a review. Rated is who carries
    the project, and who provides a stage of it."""
    classes, experts = by_code(records, "班级"), by_code(records, "专家")
    rated = _rated_with(records)
    for row in (*records["实地调研"], *records["评阅"]):
        own, expert = classes.get(row["class_code"]), experts.get(row["expert"])
        project = own["project"] if own else row["project"]
        employer = expert["employer_institution"] if expert else None
        if employer and employer in rated.get(project, ()):
            details = {"expert": row["expert"], "institution": employer}
            yield fault("catalogue.conflict", row.place("expert"), **details)


def _rated_with(records: Records) -> dict[Any, set[Any]]:
    """Project → institutions that a visit to it rates."""
    rated = {code: {row["institution"]} for code, row in by_code(records, "项目").items()}
    for row in records["环节"]:
        rated.setdefault(row["project"], set()).add(row["provider_institution"])
    return rated


def _visits(records: Records) -> Iterator[Fault]:
    for row, first in repeats(records["实地调研"], "class_code", "date", "expert"):
        yield fault("catalogue.repeated_visit", row.place("expert"), row=first.row)
    sessions = by_code(records, "场次")
    for row in records["实地调研"]:
        for code in row["sessions"] or ():
            if code in sessions:
                yield from _seen_session(row, sessions[code])


def _seen_session(row: Record, session: Record) -> Iterator[Fault]:
    owner, day = session["class_code"], session["date"]
    if owner and row["class_code"] and owner != row["class_code"]:
        details = {"session": session["code"], "owner": owner}
        yield fault("catalogue.other_class", row.place("sessions"), **details)
    elif day and row["date"] and day != row["date"]:
        details = {"session": session["code"], "day": day}
        yield fault("catalogue.other_day", row.place("sessions"), **details)


def _reviews(records: Records) -> Iterator[Fault]:
    for row in records["评阅"]:
        if row["kind"]:
            needed, other = TARGETS[row["kind"]]
            if row[needed] == "":
                yield fault("catalogue.review_without_target", row.place(needed))
            if row[other]:
                yield fault("catalogue.review_two_targets", row.place(other), code=row[other])
    for target in ("project", "class_code"):
        for row, first in repeats(records["评阅"], "kind", target, "expert"):
            yield fault("catalogue.repeated_review", row.place("expert"), row=first.row)


def _focus_groups(records: Records) -> Iterator[Fault]:
    """A focus group is recorded with the organiser out of the room (domain 7.3)."""
    for row, first in repeats(records["座谈"], "class_code", "date", "recorder"):
        yield fault("catalogue.repeated_focus_group", row.place("date"), row=first.row)
    classes, carriers = by_code(records, "班级"), institution_of_class(records)
    institutions, recorders = by_code(records, "机构"), by_code(records, "记录员")
    for row in records["座谈"]:
        own = classes.get(row["class_code"])
        if own and row["date"] and own["start"] and row["date"] < own["start"]:
            details = {"date": row["date"], "start": own["start"]}
            yield fault("catalogue.before_class", row.place("date"), **details)
        carrier = institutions.get(carriers.get(row["class_code"], ""))
        recorder = recorders.get(row["recorder"])
        if carrier and recorder and _employs(carrier, recorder):
            details = {"recorder": row["recorder"], "institution": carrier["name"]}
            yield fault("catalogue.recorder_conflict", row.place("recorder"), **details)


def _employs(institution: Record, person: Record) -> bool:
    name, employer = folded(institution["name"] or ""), folded(person["employer"] or "")
    return bool(name) and name == employer


PEOPLE_CHECKS: tuple[Callable[[Records], Iterator[Fault]], ...] = (
    _experts,
    _conflicts,
    _visits,
    _reviews,
    _focus_groups,
)
"""Checks of who rates and records whom."""
