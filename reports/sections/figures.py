"""Caterpillar plots of a ranked table: in several panels where one could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports import tables
from reports.charts import axes
from reports.charts.caterpillar import NAMED, Bar, Words, caterpillar
from reports.document import Figure, Table
from reports.material import Group, Material
from reports.sections.drawn import behind_table, cuts, glyph_notes, panels, part_of
from reports.sections.maps import map_figures
from reports.sections.profiles import profile_figure
from reports.wording import joined, phrase

__all__ = ["group_figures", "profile_figure"]

PANEL = 31
"""Units in one panel: more rows than that fill no page and no screen."""
NEAR = 0.25
"""Parts of the scores' range: cuts no farther off are within the axis."""
PANELS = 4
"""With more units than so many panels hold, one panel without names shows all."""


def group_figures(material: Material, group: Group, number: int) -> list[Figure]:
    """Scores with intervals and rank sets of a group that ranks more than one unit; after the last
    table of localities the map of them all."""
    after = map_figures(material) if group is _last_local(material) else ()
    return [*_panels(material, group, number), *after]


def _panels(material: Material, group: Group, number: int) -> list[Figure]:
    """All panels have one axis; one dot beside nothing would be no picture."""
    units = [unit for unit in group.units if not tables.absent(unit.score_low)]
    if len(units) < 2 or group.lone:
        return []
    parts = panels(units, PANEL) if len(units) <= PANEL * PANELS else [units]
    bars = [_bar(unit) for unit in units]
    limits = _limits(material, [end for bar in bars for end in (bar.low, bar.high)])
    return [
        _caterpillar(
            material,
            group.title if len(parts) == 1 else part_of(group.title, part),
            f"{number}-{place}" if place else str(number),
            part,
            limits,
        )
        for place, part in enumerate(parts)
    ]


def _last_local(material: Material) -> Group | None:
    """The table of localities after which the map of them all follows."""
    return next((g for g in reversed(material.groups) if g.local), None)


def _limits(material: Material, ends: Sequence[float]) -> tuple[float, float]:
    """Where the axis begins and ends: a band's cut that is near is shown too."""
    near = NEAR * (max(ends) - min(ends))
    close = [c.value for c in cuts(material) if min(ends) - near < c.value < max(ends) + near]
    return axes.span([*ends, *close])


def _bar(unit: Any) -> Bar:
    score, low, high = float(unit.score), float(unit.score_low), float(unit.score_high)
    return Bar(unit.name, score, low, high, unit.ranked, _ranks(unit))


def _ranks(unit: Any) -> str:
    return tables.interval(unit.rank_low, unit.rank_high, 0)


def _caterpillar(
    material: Material, title: str, name: str, units: Sequence[Any], limits: tuple[float, float]
) -> Figure:
    drawing = caterpillar(
        bars=[_bar(unit) for unit in units],
        cuts=cuts(material),
        limits=limits,
        words=Words(*(phrase(f"figure.{n}") for n in ("axis", "ranked", "unranked", "ranks"))),
        prefix=f"f{name}",
    )
    caption = phrase("figure.caption", title=title, level=material.level)
    all_ranked = all(unit.ranked for unit in units)
    return Figure(
        f"figure{name}",
        caption,
        _alt(material, title, units),
        drawing.svg,
        glyph_notes(drawing.replaced),
        behind=f"table{name.split('-')[0]}" if all_ranked else "",
        data=None if all_ranked else _data(material, f"figure{name}-data", caption, units),
    )


def _data(material: Material, anchor: str, caption: str, units: Sequence[Any]) -> Table:
    """Where a unit is not ranked the ranked table has not all that is drawn."""
    names = ("unit", "score", "interval", "ranks")
    columns = [(phrase(f"columns.{n}", level=material.level), n != "unit") for n in names]
    body = [(unit.name, *_numbers(material, unit), _ranks(unit)) for unit in units]
    return behind_table(anchor, caption, columns, body)


def _numbers(material: Material, unit: Any) -> tuple[str, str]:
    score = tables.score(unit.score, material.decimals)
    return score, tables.interval(unit.score_low, unit.score_high, material.decimals)


def _alt(material: Material, title: str, units: Sequence[Any]) -> str:
    shown = units[:NAMED]
    listed = [_item(material, unit) for unit in shown]
    more = [phrase("figure.more", units=str(len(units)))] if len(shown) < len(units) else []
    return phrase(
        "figure.alt", title=title, units=str(len(units)), level=material.level,
        list=joined(listed + more, "clauses"),
    )  # fmt: skip


def _item(material: Material, unit: Any) -> str:
    score, interval = _numbers(material, unit)
    ranks = phrase("figure.item_ranks", ranks=_ranks(unit)) if unit.ranked else ""
    return phrase(
        "figure.item",
        name=unit.name,
        score=score,
        interval=interval,
        ranks=ranks or phrase("figure.no_ranks"),
    )
