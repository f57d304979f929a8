"""Facts of one scorecard: how many are ranked and told apart, bands, best and worst indicators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import fmean
from typing import Any

from instruments.methods import Band, Plan
from reports import tables
from reports.levels import Level, levels, practices
from reports.material import SINGLE, Group, Material, band_of, parts_of
from reports.rules import Fact, rule_book
from reports.sheet_files import KINDS, sheeted
from reports.wording import choice, joined, phrase

Named = Iterator[tuple[str, Fact]]
UPPER = 2
"""Bands that count as the upper ones."""
PROJECTS = "A-project"


def card_facts(material: Material, card: str) -> Named:
    """Key and fact, for a scorecard that this edition may lack."""
    groups = [group for group in material.groups if group.scorecard == card]
    ranked = [unit for group in groups for unit in group.ranked]
    yield "units", _count(sum(len(group.units) for group in groups))
    yield "ranked", _count(len(ranked))
    yield "unranked", _count(sum(len(group.unranked) for group in groups))
    yield from _pairs(material, card)
    yield from _bands(material, ranked)
    mean = fmean(float(unit.score) for unit in ranked) if ranked else None
    yield "mean", Fact(tables.score(mean, material.decimals), mean)
    yield from _levels(material, card)
    yield "withheld", _withheld(material, card)
    yield "practices", _practices(material, card, groups)


def _count(value: int) -> Fact:
    return Fact(tables.count(value), value)


def _list(parts: Iterable[str], joint: str = "listing") -> Fact:
    listed = list(parts)
    return Fact(joined(listed, joint) or tables.MISSING, len(listed))


def _pairs(material: Material, card: str) -> Named:
    found = material.of("pairs", scorecard=card)
    yield "pairs", _count(len(found))
    yield "separable", _count(sum(bool(pair.separable) for pair in found))


def _bands(material: Material, ranked: list[Any]) -> Named:
    """How many of the ranked units are in each band of the plan."""
    bands = material.results.plan.bands
    found = [band_of(material.results, unit) for unit in ranked]
    counts = [sum(one == place for one in found) for place in range(len(bands))]
    told = [
        phrase("facts.band", label=band.label, units=str(number))
        for band, number in zip(bands, counts, strict=True)
    ]
    yield "spread", Fact(joined(told) if ranked else tables.MISSING, len(ranked))
    yield "best", _count(counts[0])
    yield "upper", _count(sum(counts[:UPPER]))


def _levels(material: Material, card: str) -> Named:
    """First-level indicators: the best averages that are good, the worst ones, and low values by
    their number."""
    found = levels(material, card)
    size = min(rule_book().ends.listed, len(found) // 2)
    best, worst = found[:size], found[len(found) - size :][::-1]
    unit = choice("facts.unit", card)
    cut = min(band.cut for band in material.results.plan.bands if band.cut > 0)
    low = sorted(
        ((level, level.below(cut)) for level in found if level.below(cut)),
        key=lambda pair: (-pair[1], pair[0].node.code),
    )
    yield "levels", _count(len(found))
    yield (
        "strong",
        _list(_average(material, level, unit) for level in best if _good(material, level)),
    )
    yield "weak", _list(_average(material, level, unit) for level in worst)
    yield "weak_names", _list(level.node.name for level in worst)
    yield (
        "low",
        _list(
            phrase("facts.low", name=level.node.name, units=str(number), unit=unit)
            for level, number in low
        ),
    )


def praised_band(plan: Plan) -> Band:
    """The last of the upper bands: an average below its cut is no achievement."""
    upper = plan.bands[:UPPER]
    return next((band for band in reversed(upper) if band.cut > 0), upper[0])


def _good(material: Material, level: Level) -> bool:
    """Whether an average, as printed, reaches the upper bands."""
    printed = float(tables.score(level.mean, material.decimals))
    return printed >= praised_band(material.results.plan).cut


def _average(material: Material, level: Level, unit: str) -> str:
    score = tables.score(level.mean, material.decimals)
    units = str(len(level.values))
    return phrase("facts.average", name=level.node.name, score=score, units=units, unit=unit)


def _withheld(material: Material, card: str) -> Fact:
    """What was due and not delivered: units by code, each with its number of leaves; of many the
    first ones. The fact's value is how many units there are."""
    found: dict[str, set[str]] = {}
    if card in SINGLE:
        for row in material.of("indicators", scorecard=card, status="withheld"):
            if material.own(row):  # a city's county is its own
                found.setdefault(row.unit, set()).add(row.indicator)
    if not found:
        return _list(())
    most = rule_book().withheld.listed
    names = _names(material, card)
    listed = joined(
        phrase("facts.withheld", name=names.get(unit, unit), items=str(len(found[unit])))
        for unit in sorted(found)[:most]
    )
    more = phrase("facts.withheld_more", units=str(len(found)), unit=choice("facts.unit", card))
    where = phrase(f"facts.withheld_{'sheet' if sheeted(material) else 'trail'}")
    return Fact(f"{listed}{more if len(found) > most else ''}{where}", len(found))


def _names(material: Material, card: str) -> dict[str, str]:
    """Names of a scorecard's units by code, a project's with its institution's."""
    units = [unit for group in material.groups for unit in group.units]
    owners = {
        part: unit.name for unit in units if KINDS[unit.scorecard] == "institution"
        for part in parts_of(unit)
    }  # fmt: skip
    return {
        unit.unit: phrase("facts.of_type", name=unit.name, type=owners[unit.unit])
        if unit.unit in owners and card == PROJECTS
        else str(unit.name)
        for unit in units
        if unit.scorecard == card
    }


def _practices(material: Material, card: str, groups: list[Group]) -> Fact:
    found = practices(material, card, rule_book().practices)
    many = len(groups) > 1
    titles = {group.group: group.units[0].group_label for group in groups if group.units}
    return _list(
        (
            phrase(
                "facts.practice",
                name=node.name,
                units=joined(_named(unit, titles, many) for unit in units),
            )
            for node, units in found
        ),
        "clauses",
    )


def _named(unit: Any, titles: dict[str, str], many: bool) -> str:
    """A unit's name, with its type where the scorecard has several."""
    if not many:
        return str(unit.name)
    return phrase("facts.of_type", name=unit.name, type=titles[unit.group])
