"""主要成效与存在问题: only what the ordering of the data supports, in words from a data file."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from reports import tables
from reports.document import Paragraph, Section
from reports.material import Material
from reports.rankings import indicator_values
from reports.wording import joined, phrase

LISTED = 2
"""How many first-level indicators are named at each end, when there are enough to differ."""


def findings_section(material: Material) -> Section:
    """Highest and lowest first-level indicators, and how many projects fall below the last cut."""
    averages = _averages(material)
    if len(averages) < 2:
        texts = [phrase("findings.single", units=str(len(averages)))]
    else:
        size = min(LISTED, len(averages) // 2)
        texts = [
            phrase("findings.strengths", list=_listed(material, averages[:size])),
            phrase("findings.problems", list=_listed(material, averages[-size:][::-1])),
            _below(material, averages),
            phrase("findings.limits"),
        ]
    blocks = tuple(Paragraph(text) for text in texts)
    return Section("findings", phrase("sections.findings"), blocks)


def _averages(material: Material) -> list[tuple[Any, list[float]]]:
    """First-level indicators with the projects' values, best average first."""
    projects = [u for g in material.groups if g.scorecard == "A-project" for u in g.units]
    values = [indicator_values(material, unit) for unit in projects]
    found = []
    for node in material.framework.children(""):
        known = [float(v[node.code]) for v in values if not tables.absent(v.get(node.code))]
        if known:
            found.append((node, known))
    return sorted(found, key=lambda pair: (-fmean(pair[1]), pair[0].code))


def _listed(material: Material, averages: list[tuple[Any, list[float]]]) -> str:
    return joined(
        phrase(
            "findings.item",
            name=node.name,
            score=tables.score(fmean(known), material.decimals),
            units=str(len(known)),
        )
        for node, known in averages
    )


def _below(material: Material, averages: list[tuple[Any, list[float]]]) -> str:
    band = min((b for b in material.results.plan.bands if b.cut > 0), key=lambda b: b.cut)
    words = {"cut": tables.points(band.cut), "band": band.label}
    counts = [(node, sum(value < band.cut for value in known)) for node, known in averages]
    listed = joined(
        phrase("findings.low_item", name=node.name, units=str(number))
        for node, number in sorted(counts, key=lambda pair: (-pair[1], pair[0].code))
        if number
    )
    if not listed:
        return phrase("findings.none_low", **words)
    return phrase("findings.low_units", list=listed, **words)
