"""Data quality: response, flags, with and without flagged rows, raters, reliability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import median
from typing import Any

from reports import tables
from reports.document import Block, Cell, Paragraph, Rows, Section, layout_of
from reports.material import Material, rows
from reports.sections.annex import plain_table, project_names
from reports.sections.beside import beside_parts
from reports.sections.classes import class_screens
from reports.sections.evidence import focus_labels, verified_share
from reports.sections.raters import rater_blocks
from reports.sections.responses import response_figures
from reports.sections.robust import robust_ranks
from reports.sections.satisfaction import satisfaction_figures
from reports.sections.worth import worth_parts
from reports.wording import choice, phrase

RECORDER = "recorder"
"""Role of those who take notes of focus groups."""


def quality_sections(material: Material) -> tuple[Section, ...]:
    """The subsections of the method annex that describe the data."""
    parts = {
        "response": _response(material),
        "flags": _flags(material),
        "sensitivity": _sensitivity(material),
        **({"class_screens": screened} if (screened := class_screens(material)) else {}),
        **({"robust": tried} if (tried := robust_ranks(material)) else {}),
        **beside_parts(material),
        "raters": rater_blocks(material),
    }
    parts |= worth_parts(material)
    if satisfaction := satisfaction_figures(material):
        parts["satisfaction"] = satisfaction
    if any(form.reported for form in material.results.instruments):
        parts["fields"] = _fields(material)
    if any(form.role == RECORDER for form in material.results.instruments):
        parts["focus"] = _focus(material)
    return tuple(
        Section(f"quality-{key}", phrase(f"quality.{key}"), blocks) for key, blocks in parts.items()
    )


def _fields(material: Material) -> tuple[Block, ...]:
    """The share of reported fields that somebody has looked at."""
    share = verified_share(rows(material.results.fields))
    text = phrase("quality.fields_note", share=share) if share else phrase("quality.fields_none")
    return (Paragraph(text),)


def _focus(material: Material) -> tuple[Block, ...]:
    """Points of the focus groups by indicator, over all projects."""
    frame = material.results.focus
    if frame.empty:
        return (Paragraph(phrase("quality.focus_none")),)
    labels = focus_labels(material)
    counts = ["groups", "positive", "neutral", "negative", "dissent"]
    sums = frame.groupby("indicator", sort=True)[counts].sum()
    body = [
        (labels.get(row.Index, row.Index), *(tables.count(getattr(row, name)) for name in counts))
        for row in sums.itertuples()
    ]
    note = Paragraph(phrase("quality.focus_note"))
    return (note, plain_table("focus", ("indicator", *counts), body))


def _response(material: Material) -> tuple[Block, ...]:
    body = [
        (unit.name, tables.count(unit.enrolled), tables.count(unit.n),
         tables.rate(unit.response_rate), tables.coefficient(unit.reliability))
        for unit in rows(material.results.units, scorecard="A-project")
    ]  # fmt: skip
    columns = ("project", "enrolled", "n", "rate", "reliability")
    reliability = Paragraph(_reliability(material))
    institutions = any(group.scorecard != "A-project" for group in material.groups)
    left_out = phrase("quality.response_left_out") if institutions else ""
    known = any(not tables.absent(count) for count in material.results.units["enrolled"])
    rate = phrase(f"quality.response_{'note' if known else 'unknown'}")
    note = Paragraph(rate + left_out + _withheld(material))
    figures = response_figures(material)
    return (note, *figures, plain_table("response", columns, body), reliability)


def _withheld(material: Material) -> str:
    """What no table holds, since a class or session has too few answers; '' where there is none."""
    found, cell = material.results.cycle.withheld, material.results.plan.thresholds.min_cell
    if found is None:
        return ""
    few = found.answers is None
    key = "quality.withheld_few" if few else "quality.withheld"
    return phrase(key, groups=str(found.groups), n=tables.count(found.answers), cell=str(cell))


def _reliability(material: Material) -> str:
    found = rows(material.results.units, scorecard="A-project")
    values = [float(u.reliability) for u in found if not tables.absent(u.reliability)]
    if not values:
        return phrase("quality.reliability_none")
    return phrase(
        "quality.reliability",
        median=tables.coefficient(median(values)),
        range=tables.interval(min(values), max(values), 2),
        units=str(len(values)),
    )


def _flags(material: Material) -> tuple[Block, ...]:
    names = project_names(material)
    flagged = [r for r in rows(material.results.flags) if tables.absent(r.flagged) or r.flagged]
    if not flagged:
        return (Paragraph(phrase("quality.flags_none")),)
    note = phrase("quality.flags_hidden", cell=str(material.results.plan.thresholds.min_cell))
    found = [row for row in flagged if not tables.absent(row.flagged)]
    if not found:
        return (Paragraph(note),)
    groups = tuple(
        Rows(
            choice("method.flags", flag),
            tuple(_flag_row(names, r) for r in found if r.flag == flag),
        )
        for flag in dict.fromkeys(row.flag for row in found)
    )
    table = plain_table("flags", ("project", "asked_forms", "flagged", "excluded"), ())
    table = replace(table, groups=groups, layout=layout_of(groups, "plain"))
    return (table, Paragraph(note))


def _flag_row(names: Mapping[str, str], row: Any) -> tuple[Cell, ...]:
    counts = (row.n, row.flagged, row.excluded)
    return (Cell(names.get(row.project, row.project)), *(Cell(tables.count(one)) for one in counts))


def _sensitivity(material: Material) -> tuple[Block, ...]:
    found = rows(material.results.sensitivity)
    moved = [row for row in found if _moved(row)]
    if not moved:
        return (
            Paragraph(
                phrase(
                    "quality.sensitivity_same",
                    units=str(sum(not tables.absent(row.rank) for row in found)),
                )
            ),
        )
    labels = {
        (unit.scorecard, unit.group, unit.unit): (group.title, unit.name)
        for group in material.groups
        for unit in group.units
    }
    body = [
        (*labels[(row.scorecard, row.group, row.unit)],
         tables.score(row.score, material.decimals), tables.score(row.score_all, material.decimals),
         tables.count(row.rank), tables.count(row.rank_all))
        for row in moved
    ]  # fmt: skip
    columns = ("table", "unit", "score", "score_all", "rank", "rank_all")
    sentence = phrase("quality.sensitivity_moved", units=str(len(found)), moved=str(len(moved)))
    return (Paragraph(sentence), plain_table("sensitivity", columns, body, 2))


def _moved(row: Any) -> bool:
    ranks = (row.rank, row.rank_all)
    if any(tables.absent(rank) for rank in ranks):
        return not all(tables.absent(rank) for rank in ranks)
    return bool(row.rank != row.rank_all)
