"""Ranks under other choices: ranges beside rank sets, and which choice moves them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports import tables
from reports.document import Block, Cell, Column, Paragraph, Rows, Table, layout_of
from reports.material import Group, Material, rows
from reports.wording import choice, phrase

COLUMNS = ("unit", "rank", "ranks", "robust_range", "band_changed")
WORDS = 1
"""Columns of text; the others are numbers."""


def robust_ranks(material: Material) -> tuple[Block, ...]:
    """What other choices would have made of every ranked table; () where none was tried."""
    if material.results.robust_units.empty:
        return ()
    plan = material.results.plan.robustness
    assert plan is not None  # there are results of it
    note = phrase(
        "robust.note",
        draws=str(plan.draws),
        low=tables.share(plan.levels[0]),
        high=tables.share(plan.levels[1]),
    )
    words = "".join(_sentences(material))
    found = () if material.by_band else (_table(material),)
    return (Paragraph(note), *found, Paragraph(words))


def _table(material: Material) -> Table:
    groups = tuple(
        Rows(group.title, tuple(_rows(material, group)))
        for group in material.groups
        if _of(material, group)
    )
    heads = tuple(Column(phrase(f"columns.{n}"), k >= WORDS) for k, n in enumerate(COLUMNS))
    caption = phrase("quality.robust")
    return Table("robust-table", caption, heads, groups, layout=layout_of(groups, "plain"))


def _of(material: Material, group: Group) -> dict[str, Any]:
    found = material.of("robust_units", scorecard=group.scorecard, group=group.group)
    return {row.unit: row for row in found}


def _rows(material: Material, group: Group) -> Iterator[tuple[Cell, ...]]:
    found = _of(material, group)
    for unit in group.ranked:
        row = found[unit.unit]
        yield (
            Cell(unit.name),
            Cell(tables.count(row.rank)),
            Cell(tables.interval(unit.rank_low, unit.rank_high, 0)),
            Cell(tables.interval(row.rank_low, row.rank_high, 0)),
            Cell(tables.rate(row.band_changed)),
        )


def _sentences(material: Material) -> Iterator[str]:
    shares = material.results.sobol.query("output == 'shift'").dropna(subset=["total"])
    mean = shares.groupby("factor", sort=True)["total"].sum()
    mean = mean / max(len(shares[["scorecard", "group"]].drop_duplicates()), 1)
    if mean.max() > 0:
        most = str(mean.idxmax())
        factor = choice("robust.factors", most)
        yield phrase("robust.most", factor=factor, share=tables.share(min(mean[most], 1.0)))
    for factor in ("expert", "item"):
        found = rows(material.results.left_out, factor=factor)
        if found:
            places = max(int(row.move_most) for row in found)
            key = f"robust.{factor}" if places else f"robust.{factor}_none"
            yield phrase(key, places=str(places))
    yield _pairs(material)


def _pairs(material: Material) -> str:
    plan = material.results.plan.robustness
    assert plan is not None
    found = rows(material.results.robust_pairs)
    told = {"pairs": str(len(found)), "open": str(sum(not row.settled for row in found))}
    return phrase("robust.pairs", level=tables.share(plan.settled), **told)
