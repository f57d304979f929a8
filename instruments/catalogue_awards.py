"""Institutions, lots, projects and their stages checked by part two of the notice (N2.1, N2.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from instruments.catalogue_cells import folded
from instruments.catalogue_records import Record, Records, by_code, grouped, repeats
from instruments.faults import Fault, fault
from instruments.types import labels_of, types_of_line

CONTINUED, SELECTED = "continued_2020", "expert_selection"
BLENDED = "blended"


def _institutions(records: Records) -> Iterator[Fault]:
    """One institution under two codes would be ranked twice."""
    first: dict[str, Record] = {}
    for row in records["机构"]:
        name = folded(row["name"] or "").strip("()。.")
        if name in first and row["code"] != first[name]["code"]:
            details = {"name": row["name"], "row": first[name].row}
            yield fault("catalogue.institution_twice", row.place("name"), **details)
        elif name:
            first[name] = row


def _continuation(records: Records) -> Iterator[Fault]:
    """R6 (N2.1): a project continued from 2020 keeps that winner, so it was not tendered."""
    for row in records["项目"]:
        flagged, route = row["continued_2020"], row["award_route"]
        if None not in (flagged, route) and flagged != (route == CONTINUED):
            yield fault("catalogue.continuation", row.place("continued_2020"))


def _lots(records: Records) -> Iterator[Fault]:
    """R6, R7 (N2.1): who won in 2020 goes on; experts select only what no tender could award."""
    known = by_code(records, "机构")
    for row in records["标段"]:
        continued, winner = row["award_route"] == CONTINUED, row["winner_2020"]
        if continued and winner == "":
            yield fault("catalogue.winner_missing", row.place("winner_2020"))
        elif continued and winner in known and row["institution"] not in (None, winner):
            details = {"winner": winner, "institution": row["institution"]}
            yield fault("catalogue.winner_differs", row.place("institution"), **details)
        if row["award_route"] == SELECTED and row["failed_tender"] == "":
            yield fault("catalogue.failed_tender_missing", row.place("failed_tender"))


def _projects_of_lots(records: Records) -> Iterator[Fault]:
    """A lot is awarded as a whole: its projects have its line, its route and its institution."""
    lots, known = by_code(records, "标段"), by_code(records, "机构")
    for row in records["项目"]:
        lot = lots.get(row["lot"])
        if lot is None:
            continue
        if row["institution"] in known and lot["institution"] not in (None, row["institution"]):
            details = {"lot": row["lot"], "institution": lot["institution"]}
            yield fault("catalogue.lot_institution", row.place("institution"), **details)
        if row["award_route"] and lot["award_route"] not in (None, row["award_route"]):
            route = labels_of("award_routes")[lot["award_route"]]
            details = {"lot": row["lot"], "route": route}
            yield fault("catalogue.lot_route", row.place("award_route"), **details)
        if row["type"] and lot["line"] and row["type"] not in types_of_line(lot["line"]):
            details = {"lot": row["lot"], "line": labels_of("lines")[lot["line"]]}
            yield fault("catalogue.lot_line", row.place("type"), **details)


def _stages(records: Records) -> Iterator[Fault]:
    """N2.2: a blended project is several stages of single modes under one lead."""
    for row, first in repeats(records["环节"], "project", "number"):
        yield fault("catalogue.repeated_stage", row.place("number"), row=first.row)
    stages = grouped(records["环节"], "project")
    for project in records["项目"]:
        own = stages.get((project["code"],), [])
        modes = {row["mode"] for row in own}
        if project["mode"] == BLENDED and len(own) > 0 and len(modes) < 2 and None not in modes:
            yield fault("catalogue.blended_alone", project.place("mode"), stages=len(own))
        yield from (found for row in own for found in _stage(row, project))


def _stage(row: Record, project: Record) -> Iterator[Fault]:
    if row["mode"] == BLENDED:
        yield fault("catalogue.stage_blended", row.place("mode"))
    elif row["mode"] and project["mode"] not in (None, BLENDED, row["mode"]):
        mode = labels_of("modes")[project["mode"]]
        yield fault("catalogue.stage_mode", row.place("mode"), mode=mode)


def _providers(records: Records) -> Iterator[Fault]:
    named = {folded(row["name"]): row for row in records["机构"] if row["name"]}
    for row in records["环节"]:
        known = named.get(folded(row["provider"] or ""))
        code = row["provider_institution"]
        if known and known["code"] and code not in (None, known["code"]):
            details = {"provider": row["provider"], "code": known["code"]}
            place = row.place("provider_institution")
            yield fault("catalogue.provider_code", place, **details)


AWARD_CHECKS: tuple[Callable[[Records], Iterator[Fault]], ...] = (
    _institutions,
    _continuation,
    _lots,
    _projects_of_lots,
    _stages,
    _providers,
)
"""Checks of who carries what, and by which award."""
