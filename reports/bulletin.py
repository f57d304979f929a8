"""Results to the frozen bulletin: what is said, in which order, with every number formatted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count, groupby
from typing import Any

from analysis.results import Results
from reports import tables
from reports.annexes import control_code, provenance_section
from reports.document import Bulletin, Figure, Paragraph, Section, Table
from reports.findings import findings_section
from reports.indicators import adoption_text, indicators_section
from reports.material import RATINGS, Material, gather, rows
from reports.method import method_section
from reports.moves import editions_section
from reports.rankings import ranking_section, short_section
from reports.trails import scores_section
from reports.wording import choice, joined, phrase, phrases

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
        *filter(None, [editions_section(material)]),
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
        subtitle=_subtitle(material),
        addressees=phrase(f"{edition}.addressees"),
        basis=_basis(material),
        sections=numbered[: len(headed)],
        annexes=numbered[len(headed) :],
        control_label=phrase("labels.control"),
        control=control_code(results.extract_sha256),
        words=tuple((key, phrase(f"labels.{key}")) for key in ("contents", "skip", "back")),
    )


def _subtitle(material: Material) -> str:
    """Cycle, edition, and which version of the points it rests on, with their status."""
    parts = [material.results.cycle.title, phrase(f"editions.{material.edition}.label")]
    if material.edition != RATINGS:
        parts += [
            phrase(
                "labels.framework",
                scorecard=one.scorecard,
                version=one.version,
                status=one.adoption.status,
            )
            for one in material.results.frameworks
        ]
    return joined(parts, "dots")


def _basis(material: Material) -> tuple[str, ...]:
    edition = f"editions.{material.edition}"
    adopted = dict.fromkeys(adoption_text(one.adoption) for one in material.results.frameworks)
    names = {"edition": phrase(f"{edition}.label"), "adoption": joined(adopted, "clauses")}
    texts = phrases(f"{edition}.basis", **names)
    if not material.later:
        return texts
    listed = joined(
        phrase("versions.version", scorecard=one.scorecard, version=one.version)
        for one in material.later
    )
    return (*texts, phrase("versions.basis", list=listed))


def _annex_heading(number: int, key: str) -> str:
    return phrase("labels.annex", number=str(number), title=phrase(f"sections.{key}"))


def _headed(section: Section, place: int) -> Section:
    text = phrase("labels.section", number=tables.numeral(place), title=section.heading)
    return replace(section, heading=text)


def _overview(material: Material) -> Section:
    rest = "" if material.complete else phrase(f"overview.{_lacking(material)}")
    measurable = material.measurable([unit for group in material.groups for unit in group.units])
    ranked = joined(_ranked(material), "clauses")
    summary = phrase("overview.summary", measurable=measurable, rest=rest, list=ranked)
    texts = [_projects(material), *_localities(material), summary]
    return Section("overview", phrase("sections.overview"), tuple(map(Paragraph, texts)))


def _lacking(material: Material) -> str:
    """Why not every point can be measured: the time has not come, or nothing was collected."""
    found = set(material.results.indicators["status"])
    if "not_due" not in found:
        return "not_collected"
    return "not_due_or_collected" if "missing" in found else "not_due"


def _ranked(material: Material) -> Iterator[str]:
    """How many units are ranked in each scorecard; types of one scorecard are added up."""
    for scorecard, found in groupby(material.groups, key=lambda group: group.scorecard):
        groups = list(found)
        counts = {
            "ranked": str(sum(len(group.ranked) for group in groups)),
            "units": str(sum(len(group.units) for group in groups)),
        }
        if len(groups) == 1:
            yield phrase("overview.ranked", title=groups[0].title, **counts)
        else:
            title = choice("scorecards", scorecard)
            yield phrase("overview.ranked_types", title=title, types=str(len(groups)), **counts)


def _projects(material: Material) -> str:
    results = material.results
    projects = rows(results.units, scorecard="A-project")
    institutions = {row.unit for row in rows(results.units, scorecard="A-overall")}
    rated = [p for p in projects if not tables.absent(p.n) and not tables.absent(p.enrolled)]
    share = _total(rated, "n") / _total(rated, "enrolled") if _total(rated, "enrolled") else None
    return phrase(
        f"editions.{material.edition}.overall",
        projects=str(len(projects)),
        institutions=str(len(institutions)),
        classes=str(len(results.classes)),
        enrolled=tables.count(_total(projects, "enrolled")),
        n=tables.count(_total(projects, "n")),
        rate=tables.rate(share),
        answers=tables.count(_total(rows(results.items), "n")),
        raters=str(len(results.raters)),
    )


def _localities(material: Material) -> tuple[str, ...]:
    """Cities and counties with their schools' forms, counted once: a city's are its counties'."""
    cities = rows(material.results.units, scorecard="B-city")
    counties = rows(material.results.units, scorecard="B-county")
    counted = counties or cities
    if not counted:
        return ()
    n, asked = _total(counted, "n"), _total(counted, "enrolled")
    words = {"cities": str(len(cities)), "counties": str(len(counties))}
    rate = tables.rate(n / asked if asked else None)
    schools = {"schools": tables.count(n), "asked": tables.count(asked), "rate": rate}
    return (phrase("overview.localities", **words, **schools),)


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
