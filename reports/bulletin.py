"""Results to the frozen bulletin: what is said, in which order, with every number formatted."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from analysis.results import Results
from reports import tables
from reports.annexes import adoption_text, control_code, indicators_section, provenance_section
from reports.document import Bulletin, Figure, Paragraph, Section, Table
from reports.findings import findings_section
from reports.material import Material, gather, rows
from reports.method import method_section
from reports.rankings import ranking_section, short_section
from reports.trails import scores_section
from reports.wording import joined, phrase, phrases

ANNEXES = {
    "indicators": indicators_section,
    "method": method_section,
    "scores": scores_section,
    "provenance": provenance_section,
}


def build_bulletin(results: Results, *, sample: bool) -> Bulletin:
    """Word, round and draw ``results``; ``sample`` marks every page 样例 instead of 征求意见稿."""
    material = gather(results)
    mark = "sample" if sample else "draft"
    edition = f"editions.{material.edition}"
    sections = (
        _overview(material),
        short_section(material),
        ranking_section(material),
        findings_section(material),
    )
    annexes = tuple(
        make(material, _annex_heading(number, key))
        for number, (key, make) in enumerate(ANNEXES.items(), 1)
    )
    headed = tuple(_headed(section, place) for place, section in enumerate(sections, 1))
    numbered = _numbered((*headed, *annexes))
    return Bulletin(
        title=phrase(f"{edition}.title", year=results.cycle.year, cycle=results.cycle.title),
        mark=phrase(f"marks.{mark}"),
        mark_note=phrase(f"marks.{mark}_note"),
        subtitle=phrase("labels.subtitle", cycle=results.cycle.title, edition=results.plan.edition),
        addressees=phrase(f"{edition}.addressees"),
        basis=_basis(material),
        sections=numbered[: len(headed)],
        annexes=numbered[len(headed) :],
        control_label=phrase("labels.control"),
        control=control_code(results.extract_sha256),
        words=tuple((key, phrase(f"labels.{key}")) for key in ("contents", "skip", "back")),
    )


def _basis(material: Material) -> tuple[str, ...]:
    return phrases(
        f"editions.{material.edition}.basis",
        edition=material.results.plan.edition,
        adoption=adoption_text(material.framework.adoption),
    )


def _annex_heading(number: int, key: str) -> str:
    return phrase("labels.annex", number=str(number), title=phrase(f"sections.{key}"))


def _headed(section: Section, place: int) -> Section:
    text = phrase("labels.section", number=tables.numeral(place), title=section.heading)
    return replace(section, heading=text)


def _overview(material: Material) -> Section:
    results = material.results
    projects = rows(results.units, scorecard="A-project")
    institutions = {row.unit for row in rows(results.units, scorecard="A-overall")}
    n, enrolled = _total(projects, "n"), _total(projects, "enrolled")
    rated = [p for p in projects if not tables.absent(p.n) and not tables.absent(p.enrolled)]
    share = _total(rated, "n") / _total(rated, "enrolled") if _total(rated, "enrolled") else None
    text = phrase(
        f"editions.{material.edition}.overall",
        projects=str(len(projects)),
        institutions=str(len(institutions)),
        classes=str(len(results.classes)),
        enrolled=tables.count(enrolled),
        n=tables.count(n),
        rate=tables.rate(share),
        answers=tables.count(_total(rows(results.items), "n")),
        raters=str(len(results.raters)),
    )
    ranked = [
        phrase(
            "overview.ranked",
            title=group.title,
            ranked=str(len(group.ranked)),
            units=str(len(group.units)),
        )
        for group in material.groups
    ]
    listed = joined(ranked, "clauses")
    rest = "" if material.complete else phrase("overview.rest")
    measurable = material.measurable([unit for group in material.groups for unit in group.units])
    summary = phrase("overview.summary", measurable=measurable, rest=rest, list=listed)
    return Section("overview", phrase("sections.overview"), (Paragraph(text), Paragraph(summary)))


def _total(units: list[Any], column: str) -> int:
    values = [getattr(unit, column) for unit in units]
    return sum(int(value) for value in values if not tables.absent(value))


def _numbered(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Number tables and figures through the whole bulletin, in order."""
    numbers = {"table": count(1), "figure": count(1)}

    def captioned(block: Any) -> Any:
        if not isinstance(block, Table | Figure):
            return block
        number = next(numbers[block.kind])
        return replace(
            block, caption=phrase(f"table.{block.kind}", number=number, caption=block.caption)
        )

    def numbered(section: Section) -> Section:
        blocks = tuple(captioned(block) for block in section.blocks)
        children = tuple(numbered(child) for child in section.sections)
        return replace(section, blocks=blocks, sections=children)

    return tuple(numbered(section) for section in sections)
