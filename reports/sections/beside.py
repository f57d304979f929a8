"""What stands beside the ranking and never decides it, in short tables that say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from instruments.beside_tables import YEAR_VERDICTS
from reports import tables
from reports.document import Block, Cell, Paragraph, Rows, Table, layout_of
from reports.material import Group, Material, band_label
from reports.sections.annex import plain_table
from reports.sections.fuzzy import fuzzy_blocks
from reports.wording import choice, joined, phrase


def beside_parts(material: Material) -> dict[str, tuple[Block, ...]]:
    """Subsections by key; one whose table of results is empty is left out."""
    found = {name: make(material) for name, make in MAKERS.items()}
    return {name: blocks for name, blocks in found.items() if blocks}


def grouped_table(
    name: str,
    columns: tuple[str, ...],
    groups: Iterator[tuple[Group, list[tuple[str, ...]]]],
    words: int = 1,
) -> Table:
    """A plain table with a heading for each ranked table; ``words`` as in ``plain_table``."""
    made = tuple(
        Rows(group.title, tuple(tuple(Cell(text) for text in row) for row in body))
        for group, body in groups
        if body
    )
    table = plain_table(name, columns, (), words)
    return replace(table, groups=made, layout=layout_of(made, "plain"))


def _claims(material: Material) -> tuple[Block, ...]:
    """What ranked units may claim for sure, where that is less than their band."""
    claims = material.results.band_claims
    if claims.empty:
        return ()
    note = phrase(
        "beside.claims_note",
        level=tables.share(material.results.plan.band_probability),
        units=str(len(claims)),
        same=str(int((claims["band"] == claims["assured"]).sum())),
    )
    if (claims["band"] == claims["assured"]).all():
        return (Paragraph(note),)
    body = ((group, [*_claim_rows(material, group)]) for group in material.groups)
    columns = ("unit", "band", "assured", "assured_chance")
    return (Paragraph(note), grouped_table("claims", columns, body, words=3))


def _claim_rows(material: Material, group: Group) -> Iterator[tuple[str, ...]]:
    found = {row.unit: row for row in _of(material, "band_claims", group)}
    for unit in group.ranked:
        row = found.get(unit.unit)
        if row is not None and row.band != row.assured:
            assured = band_label(material.results, row.assured)
            yield unit.name, tables.plain(unit.band), assured, tables.rate(row.probability)


def _contrast(material: Material) -> tuple[Block, ...]:
    """Ranks under weights from the data and by closeness; the weights that moved most."""
    if material.results.contrast_weights.empty:
        return ()
    methods = _methods(material)
    names = [choice("beside.methods", method) for method in methods]
    note = Paragraph(phrase("beside.contrast_note", methods=joined(names)))
    body = [
        (group, [_contrast_row(material, group, unit) for unit in group.ranked])
        for group in material.groups
        if _of(material, "contrast_ranks", group)
    ]
    words = "".join(filter(None, (_weight_words(material, group) for group in material.groups)))
    words += _refusals(material)
    said = (Paragraph(words),) if words else ()
    if material.by_band or not body:
        return (note, *said)
    table = grouped_table("contrast", ("unit", "rank", *methods), iter(body))
    return (note, table, *said)


def _of(material: Material, table: str, group: Group) -> list[Any]:
    return material.of(table, scorecard=group.scorecard, group=group.group)


def _methods(material: Material) -> tuple[str, ...]:
    robustness = material.results.plan.robustness
    return robustness.contrasts if robustness is not None else ()


def _contrast_row(material: Material, group: Group, unit: Any) -> tuple[str, ...]:
    found = {
        row.method: row for row in _of(material, "contrast_ranks", group) if row.unit == unit.unit
    }
    methods = _methods(material)
    places = (tables.count(found[m].rank) if m in found else tables.MISSING for m in methods)
    return (unit.name, tables.count(unit.rank), *places)


def _weight_words(material: Material, group: Group) -> str:
    """Of one ranked table: by each method the indicator whose weight is furthest from its share."""
    told = []
    framework = material.framework(group.scorecard)
    for method, rows in _weights(material, group).items():
        known = [row for row in rows if not tables.absent(row.weight)]
        if not known:
            continue
        most = max(known, key=lambda row: (abs(row.weight - row.declared), row.indicator))
        if most.weight != most.declared:
            name, node = choice("beside.methods", method), framework.indicator(most.indicator)
            shares = {"declared": tables.rate(most.declared), "weight": tables.rate(most.weight)}
            told.append(phrase("beside.weights", method=name, indicator=node.name, **shares))
    words = joined(told, "clauses")
    return phrase("beside.of_group", group=group.title, words=words) if told else ""


def _weights(material: Material, group: Group) -> dict[str, list[Any]]:
    """Rows of one ranked table by method, in the plan's order."""
    found = _of(material, "contrast_weights", group)
    of = {name: [row for row in found if row.method == name] for name in _methods(material)}
    return {name: rows for name, rows in of.items() if rows}


def _refusals(material: Material) -> str:
    """Why there is nothing to look at: of how many ranked tables, by each method that says so."""
    whys: dict[str, dict[str, list[str]]] = {}
    for group in material.groups:
        for method, rows in _weights(material, group).items():
            if all(tables.absent(row.weight) for row in rows):
                of = whys.setdefault(str(rows[0].note).rstrip("。"), {})
                of.setdefault(group.title, []).append(choice("beside.methods", method))
    return "".join(
        phrase(
            "beside.weights_none",
            tables=str(len(of)),
            methods=joined(dict.fromkeys(name for names in of.values() for name in names)),
            why=why,
        )
        for why, of in whys.items()
    )


def _natural(material: Material) -> tuple[Block, ...]:
    """Gaps between the scores of ranked tables with several units, and the bands in each class."""
    several = [group for group in material.groups if not group.lone]
    body = [(group, [*_natural_rows(material, group)]) for group in several]
    if not any(rows for _, rows in body):
        return ()
    part = material.results.plan.natural
    assert part is not None  # there are results of it
    note = Paragraph(phrase("beside.natural_note", most=str(part.most)))
    columns = ("natural", "bands_in", "span", "units", "gap")
    return (note, grouped_table("natural", columns, iter(body), words=2))


def _natural_rows(material: Material, group: Group) -> Iterator[tuple[str, ...]]:
    inside: dict[int, Counter[str]] = {}
    for row in _of(material, "natural_units", group):
        inside.setdefault(row.natural, Counter())[tables.plain(row.band)] += 1
    decimals = material.decimals
    for row in _of(material, "natural_classes", group):
        counted = (
            phrase("beside.band_count", band=band, units=str(n))
            for band, n in sorted(inside[row.natural].items())
        )
        yield (
            phrase("beside.natural_class", number=str(row.natural)),
            joined(counted),
            tables.interval(row.low, row.high, decimals),
            tables.count(row.units),
            tables.score(row.gap, decimals),
        )


def _years(material: Material) -> tuple[Block, ...]:
    """Each unit beside its earlier score, and what may be said of the change."""
    before, table = material.results.before, material.results.years
    if before is None or table.empty:
        return ()
    found = Counter(table["verdict"])
    counts = {verdict: str(found[verdict]) for verdict in YEAR_VERDICTS}
    plan = material.results.plan.years
    level = tables.share(plan.level if plan is not None else None)
    told = phrase("beside.years_note", title=before.title, day=before.day, level=level, **counts)
    own = {(one.code, one.version) for one in material.results.instruments}
    changed = [code for code, version in before.instruments if (code, version) not in own]
    if changed:
        told += phrase("beside.years_forms", forms=joined(changed))
    body = ((group, [*_year_rows(material, group)]) for group in material.groups)
    columns = ("unit", "before", "after", "change", "change_interval", "regression", "verdict")
    return (Paragraph(told), grouped_table("years", columns, body))


def _year_rows(material: Material, group: Group) -> Iterator[tuple[str, ...]]:
    decimals = material.decimals
    for row in _of(material, "years", group):
        yield (
            row.name,
            *(tables.score(value, decimals) for value in (row.before, row.after)),
            tables.signed(row.change, decimals),
            tables.interval(row.low, row.high, decimals),
            tables.signed(row.expected, decimals),
            choice("beside.year_verdicts", row.verdict),
        )


MAKERS: Mapping[str, Callable[[Material], tuple[Block, ...]]] = {
    "claims": _claims,
    "contrast": _contrast,
    "natural": _natural,
    "years": _years,
    "fuzzy": fuzzy_blocks,
}
