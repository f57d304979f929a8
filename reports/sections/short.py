"""名次简表 and 等次名单: who ranks where, at a glance; who is in the best bands, by name."""

from __future__ import annotations

from typing import Any

from reports import tables
from reports.document import Cell, Column, Paragraph, Rows, Section, Table, layout_of
from reports.material import Group, Material, band_of
from reports.rules import rule_book
from reports.sections.places import lone_notes, place_of
from reports.wording import choice, joined, phrase

BY_RANK: tuple[str, ...] = ("rank", "unit", "score", "band", "ranks")
BY_BAND: tuple[str, ...] = ("band", "unit", "score", "ranks")
"""Columns of the one-page table, by the plan's order."""
NAMED = ("A-overall", "A", "B-city", "B-county")
"""Scorecards of 等次名单; without institutions every group is shown."""
SHORT = ("A-overall", "B-city", "B-county", "A")
"""Scorecards of the one-page table as they are let in, while there is room for all of one."""


def _shown(material: Material, cards: tuple[str, ...]) -> list[Group]:
    groups = [group for group in material.groups if group.ranked]
    return [group for group in groups if group.scorecard in cards] or groups


def short_section(material: Material) -> Section:
    """The one-page table of ranked units: rank, unit, score, band, rank set; a plan that orders
    by band puts the band in the rank's place."""
    cards = _fitting(material)
    shown = [group for group in _shown(material, NAMED) if group.scorecard in cards]
    names = BY_BAND if material.by_band else BY_RANK
    columns = tuple(Column(phrase(f"columns.{n}"), n in {"rank", "score"}) for n in names)
    body = tuple(
        Rows(g.title, tuple(_short_row(material, g, unit, names) for unit in g.ranked))
        for g in shown
    )
    table = Table(
        anchor="short-table",
        caption=material.titled(phrase("sections.short"), [u for g in shown for u in g.units]),
        columns=columns,
        groups=body,
        layout=layout_of(body, "plain"),
        notes=_short_notes(material, shown, cards),
        head=1,
    )
    return Section("short", phrase("sections.short"), (table,), page=True)


def _short_notes(material: Material, shown: list[Group], cards: list[str]) -> tuple[str, ...]:
    """How rank sets and shared bands are read, in one line, and what is left out."""
    plan = material.results.plan
    shared = any(_shares(material, unit) for group in shown for unit in group.ranked)
    words = {"level": material.level, "probability": tables.share(plan.band_probability)}
    return (
        phrase(f"ranking.short_{'shared' if shared else 'note'}", **words),
        *lone_notes(shown),
        *_left_out(material, cards),
    )


def _shares(material: Material, unit: Any) -> bool:
    """Whether a unit's band names a band nearby."""
    bands, place = material.results.plan.bands, band_of(material.results, unit)
    return place < len(bands) and str(unit.band) != bands[place].label


def _fitting(material: Material) -> list[str]:
    """Scorecards that the page has room for: the first one always, each other one if it fits."""
    groups = _shown(material, NAMED)
    present = [*dict.fromkeys(g.scorecard for g in groups)]
    cards: list[str] = []
    rows = 0
    for card in sorted(present, key=[*SHORT, *present].index):
        own = [group for group in groups if group.scorecard == card]
        lines = sum(1 + len(group.ranked) for group in own) + len(lone_notes(own))
        if not cards or rows + lines <= rule_book().short.rows:
            cards.append(card)
            rows += lines
    return cards


def _left_out(material: Material, cards: list[str]) -> tuple[str, ...]:
    """Which ranked tables the page had no room for."""
    titles = {
        group.scorecard: choice("scorecards", group.scorecard)
        for group in _shown(material, NAMED)
        if group.scorecard not in cards
    }
    if not titles:
        return ()
    return (phrase("ranking.short_left", list=joined(titles.values())),)


def _short_row(
    material: Material, group: Group, unit: Any, names: tuple[str, ...]
) -> tuple[Cell, ...]:
    place = place_of(group, unit)
    cells = {
        "rank": Cell(place.rank),
        "unit": Cell(unit.name, material.anchor(unit)),
        "score": Cell(tables.score(unit.score, material.decimals)),
        "band": Cell(tables.plain(unit.band)),
        "ranks": Cell(place.ranks),
    }
    return tuple(cells[name] for name in names)


def bands_section(material: Material) -> Section | None:
    """Units of the best bands by name, of the others by number; None when nobody is ranked."""
    groups = _shown(material, NAMED)
    if not groups:
        return None
    bands = material.results.plan.bands
    named = min(rule_book().naming.bands, len(bands))
    heads = [Column(phrase("columns.group"))]
    heads += [Column(phrase("bands.listed", band=band.label)) for band in bands[:named]]
    heads += [Column(phrase("bands.counted", band=band.label), True) for band in bands[named:]]
    body = tuple(_bands_row(material, group, named) for group in groups)
    caption = phrase("bands.table")
    table = Table("bands-table", caption, tuple(heads), (Rows("", body),), layout="cards",
                  notes=_notes(material, groups, named))  # fmt: skip
    labels = joined(phrase("bands.band", label=band.label) for band in bands[:named])
    intro = Paragraph(phrase("bands.intro", named=labels))
    return Section("bands", phrase("sections.bands"), (intro, table))


def _bands_row(material: Material, group: Group, named: int) -> tuple[Cell, ...]:
    units = sorted(group.ranked, key=lambda unit: unit.unit)
    found: list[list[Any]] = [[] for _ in material.results.plan.bands]
    for unit in units:
        place = band_of(material.results, unit)
        if place < len(found):
            found[place].append(unit)
    listed = [joined(_named(material, unit) for unit in units) for units in found[:named]]
    return (
        Cell(group.title),
        *(Cell(names or phrase("bands.nobody")) for names in listed),
        *(Cell(tables.count(len(units))) for units in found[named:]),
    )


def _named(material: Material, unit: Any) -> str:
    """The unit's name; what its band says beyond the band's label stays with it."""
    label = material.results.plan.bands[band_of(material.results, unit)].label
    return f"{unit.name}{str(unit.band)[len(label) :]}"


def _notes(material: Material, groups: list[Group], named: int) -> tuple[str, ...]:
    """The plan's rule of probability where a named unit shares two bands."""
    plan = material.results.plan
    shared = any(
        band_of(material.results, unit) < named and _shares(material, unit)
        for group in groups
        for unit in group.ranked
    )
    rule = phrase("bands.shared", probability=tables.share(plan.band_probability))
    return (phrase("bands.order"), *([rule] if shared else []))
