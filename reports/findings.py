"""主要成效与存在问题: only what the ordering of the data supports, in words from a data file."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean
from typing import Any

from reports import tables
from reports.document import Paragraph, Section
from reports.material import SINGLE, Material
from reports.rankings import indicator_values
from reports.wording import joined, phrase

LISTED = 2
"""How many first-level indicators are named at each end, when there are enough to differ."""


def findings_section(material: Material) -> Section:
    """For projects, cities and counties: highest and lowest first-level indicators, how many
    units fall below the last cut, and what was due and not delivered."""
    present = {group.scorecard for group in material.groups}
    cards = [card for card in SINGLE if card in present]
    texts = [text for card in cards for text in _order(material, card)]
    if len(texts) > len(cards):
        texts.append(phrase("findings.limits"))
    texts += _withheld(material, cards)
    blocks = tuple(Paragraph(text) for text in texts)
    return Section("findings", phrase("sections.findings"), blocks)


def _order(material: Material, card: str) -> Iterator[str]:
    averages = _averages(material, card)
    who = phrase(f"findings.who.{card}")
    if len(averages) < 2:
        yield phrase("findings.single", units=str(len(averages)), who=who)
        return
    size = min(LISTED, len(averages) // 2)
    best, worst = averages[:size], averages[-size:][::-1]
    yield phrase("findings.strengths", list=_listed(material, best, card), who=who)
    yield phrase("findings.problems", list=_listed(material, worst, card), who=who)
    yield _below(material, averages, card)


def _averages(material: Material, card: str) -> list[tuple[Any, list[float]]]:
    """First-level indicators with the units' values, best average first."""
    units = [u for g in material.groups if g.scorecard == card for u in g.units]
    values = [indicator_values(material, unit) for unit in units]
    found = []
    for node in material.framework(card).children(""):
        known = [float(v[node.code]) for v in values if not tables.absent(v.get(node.code))]
        if known:
            found.append((node, known))
    return sorted(found, key=lambda pair: (-fmean(pair[1]), pair[0].code))


def _listed(material: Material, averages: list[tuple[Any, list[float]]], card: str) -> str:
    return joined(
        phrase(
            "findings.item",
            name=node.name,
            score=tables.score(fmean(known), material.decimals),
            units=str(len(known)),
            unit=phrase(f"findings.unit.{card}"),
        )
        for node, known in averages
    )


def _below(material: Material, averages: list[tuple[Any, list[float]]], card: str) -> str:
    band = min((b for b in material.results.plan.bands if b.cut > 0), key=lambda b: b.cut)
    unit = phrase(f"findings.unit.{card}")
    words = {"cut": tables.points(band.cut), "band": band.label, "unit": unit}
    counts = [(node, sum(value < band.cut for value in known)) for node, known in averages]
    listed = joined(
        phrase("findings.low_item", name=node.name, units=str(number), unit=unit)
        for node, number in sorted(counts, key=lambda pair: (-pair[1], pair[0].code))
        if number
    )
    if not listed:
        return phrase("findings.none_low", **words)
    return phrase("findings.low_units", list=listed, **words)


def _withheld(material: Material, cards: list[str]) -> Iterator[str]:
    """What was due and not delivered, by code with the number of units; none of them is named."""
    frame = material.results.indicators
    frame = frame[(frame["status"] == "withheld") & frame["scorecard"].isin(cards)]
    if frame.empty:
        return
    frame = frame[[material.own(row) for row in frame.itertuples()]]  # a city's county is its own
    counts = frame.groupby(["scorecard", "indicator"], sort=True)["unit"].nunique()
    by_number: dict[tuple[str, int], list[str]] = {}
    for (card, code), number in counts.items():
        by_number.setdefault((card, int(number)), []).append(code)
    listed = [
        phrase(
            "findings.withheld_items" if len(codes) > 1 else "findings.withheld_item",
            codes=joined(codes),
            units=str(number),
            unit=phrase(f"findings.unit.{card}"),
        )
        for (card, number), codes in sorted(
            by_number.items(), key=lambda pair: (cards.index(pair[0][0]), -pair[0][1])
        )
    ]
    reminders = str(material.results.plan.thresholds.reminders)
    yield phrase("findings.withheld", list=joined(listed, "clauses"), reminders=reminders)
