"""A unit's own results for its sheet: where it stands, how it compares, what it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from analysis.intervals import normal_interval
from instruments.scorecard import Indicator
from reports import tables
from reports.document import Block, Cell, Column, Paragraph, Rows, Table
from reports.material import Group, Material
from reports.sections.places import lone_notes, lone_words, place_of
from reports.sections.profiles import profile_figure
from reports.sections.scores import shown_nodes
from reports.sheet_files import sheet_rules
from reports.wording import phrase

COUNTS = ("n", "rate")
LOCAL_COUNTS = ("schools", "school_rate")
RESULT = ("rank_of", "score", "interval", "ranks", "letters", "band")
WORDS = ("letters", "band")


def group_of(material: Material, unit: Any) -> Group:
    """The ranked table that a unit stands in."""
    key = (unit.scorecard, unit.group)
    return next(group for group in material.groups if (group.scorecard, group.group) == key)


def standing_blocks(material: Material, units: Sequence[Any]) -> Iterator[Block]:
    """One row for each table that a unit stands in, then the first of them in words."""
    labelled = [(unit, Cell(group_of(material, unit).title)) for unit in units]
    yield results_table(material, "standing", phrase("columns.table"), labelled)
    yield Paragraph(_sentence(material, units[0]))


def results_table(
    material: Material, name: str, first: str, labelled: Sequence[tuple[Any, Cell]]
) -> Table:
    """Units with all that the ranked tables print of them; ``first`` heads their labels."""
    counts = LOCAL_COUNTS if group_of(material, labelled[0][0]).local else COUNTS
    columns = (
        Column(first),
        *(Column(phrase(f"columns.{n}", level=material.level), n not in WORDS) for n in RESULT),
        *(Column(phrase(f"columns.{n}"), True) for n in counts),
    )
    rows = tuple(_result_row(material, unit, label) for unit, label in labelled)
    groups = [group_of(material, unit) for unit, _ in labelled if unit.ranked]
    caption = phrase(f"sheet.{name}_table")
    notes = tuple(dict.fromkeys(
        phrase("ranking.remark", units=label.text, note=unit.note)
        for unit, label in labelled if not tables.absent(unit.note)
    ))  # fmt: skip
    return Table(
        f"{name}-table", caption, columns, (Rows("", rows),), "cards", lone_notes(groups) + notes
    )


def _result_row(material: Material, unit: Any, label: Cell) -> tuple[Cell, ...]:
    group = group_of(material, unit)
    place = place_of(group, unit)
    rank_of = phrase("sheet.rank_of", rank=place.rank, units=len(group.ranked))
    return (
        label,
        Cell(rank_of if unit.ranked and not group.lone else tables.MISSING),
        Cell(tables.score(unit.score, material.decimals), material.anchor(unit)),
        Cell(tables.interval(unit.score_low, unit.score_high, material.decimals)),
        Cell(place.ranks),
        Cell(place.letters),
        Cell(tables.plain(unit.band)),
        Cell(tables.count(unit.n)),
        Cell(tables.rate(unit.response_rate)),
    )


def _sentence(material: Material, unit: Any) -> str:
    group = group_of(material, unit)
    if not unit.ranked:
        reason = tables.plain(unit.note)
        return phrase("sheet.unranked", title=group.title, reason=reason)
    band = tables.plain(unit.band)
    if group.lone:
        return phrase("sheet.alone", title=group.title, band=band, lone=lone_words(group))
    keys = {"scorecard": unit.scorecard, "group": unit.group}
    found = [
        *material.of("pairs", **keys, unit_a=unit.unit),
        *material.of("pairs", **keys, unit_b=unit.unit),
    ]
    words = {
        "title": group.title,
        "units": str(len(group.ranked)),
        "rank": tables.count(unit.rank),
        "ranks": tables.interval(unit.rank_low, unit.rank_high, 0),
        "level": material.level,
        "band": band,
    }
    separable = sum(bool(pair.separable) for pair in found)
    rest = len(found) - separable
    key = "pairs" if separable and rest else "pairs_all" if separable else "pairs_none"
    pairs = phrase(f"sheet.{key}", separable=str(separable), rest=str(rest))
    return phrase("sheet.ranked", **words, pairs=pairs)


@dataclass(frozen=True)
class Difference:
    """An indicator of a unit against the mean of its group."""

    node: Indicator
    value: float
    mean: float
    told: str
    """Key of ``sheet.told``: whether the difference can be confirmed."""

    @property
    def size(self) -> float:
        """How far above the group's mean."""
        return self.value - self.mean


def comparison_blocks(material: Material, unit: Any) -> Iterator[Block]:
    """The unit's profile, and its strongest and weakest indicators against its group."""
    figure = profile_figure(material, unit, "sheet")
    if figure is not None:
        yield figure
    found = differences(material, unit)
    if not found:
        yield Paragraph(phrase("sheet.not_compared"))
        return
    ordered = sorted(found, key=lambda one: (-one.size, one.node.code))
    most = sheet_rules()["listed"]
    above = [one for one in ordered if one.size > 0][:most]
    below = [one for one in ordered[::-1] if one.size < 0][:most]
    yield _differences_table(material, unit, {"above": above, "below": below}, len(found))


def differences(material: Material, unit: Any) -> list[Difference]:
    """Measured second-level indicators against the group's mean. Intervals hold for all of the
    unit's comparisons at once (Bonferroni); a record is no sample and needs none."""
    column = material.results.plan.composite.value
    group = [_measured(material, one) for one in group_of(material, unit).units]
    own = _measured(material, unit)
    nodes = [node for nodes in shown_nodes(material.framework(unit.scorecard)) for node in nodes]
    known = {node: [rows[node.code] for rows in group if node.code in rows] for node in nodes}
    compared = [node for node in nodes if node.code in own and len(known[node]) > 1]
    found = []
    for node in compared:
        row = own[node.code]
        mean = fmean(float(getattr(one, column)) for one in known[node])
        value, error = float(getattr(row, column)), getattr(row, f"{column}_se")
        level = 1 - (1 - material.results.plan.ranks.level) / len(compared)
        found.append(Difference(node, value, mean, _told(value, error, mean, level)))
    return found


def _measured(material: Material, unit: Any) -> dict[str, Any]:
    keys = {"scorecard": unit.scorecard, "group": unit.group, "unit": unit.unit}
    column = material.results.plan.composite.value
    return {
        row.indicator: row
        for row in material.of("indicators", **keys)
        if row.status == "measured" and not tables.absent(getattr(row, column))
    }


def _told(value: Any, error: Any, mean: float, level: float) -> str:
    if tables.absent(error) or not error:
        return "record"
    low, high = normal_interval(value, se=error, level=level)
    return "confirmed" if low > mean or high < mean else "open"


def _differences_table(
    material: Material, unit: Any, ends: dict[str, list[Difference]], compared: int
) -> Table:
    names = ("indicator", "own", "mean", "difference", "told")
    columns = tuple(
        Column(phrase(f"sheet.columns.{name}"), name in ("own", "mean", "difference"))
        for name in names
    )
    groups = tuple(
        Rows(phrase(f"sheet.{end}"), tuple(_difference_row(material, one) for one in found))
        for end, found in ends.items()
        if found
    )
    note = phrase(
        "sheet.compared",
        title=group_of(material, unit).title,
        compared=str(compared),
        level=material.level,
    )
    caption = phrase("sheet.differences", name=unit.name)
    return Table("differences-table", caption, columns, groups, notes=(note,))


def _difference_row(material: Material, one: Difference) -> tuple[Cell, ...]:
    sign = phrase(f"sheet.{'plus' if one.size > 0 else 'minus'}")
    return (
        Cell(phrase("trail.node", code=one.node.code, name=one.node.name)),
        Cell(tables.score(one.value, material.decimals)),
        Cell(tables.score(one.mean, material.decimals)),
        Cell(sign + tables.score(abs(one.size), material.decimals)),
        Cell(phrase(f"sheet.told.{one.told}")),
    )
