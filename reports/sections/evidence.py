"""What an indicator of a trail rests on: items as asked, fields as reported, what groups said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from instruments.formula import describe, parse
from instruments.methods import Scaling
from instruments.model import Instrument
from instruments.scorecard import Indicator
from reports import tables
from reports.document import TrailCell, TrailRow
from reports.material import SINGLE, Material
from reports.wording import choice, joined, packaged, phrase

CHECKED = ("sampled", "confirmed")
"""States of a field that somebody has looked at."""
FILLED = "filled"
"""Stands in ``fields`` for free text and files, which are not shown."""

ByUnit = dict[str, Any]


@dataclass(frozen=True)
class Basis:
    """The rows below the indicators of a few units that stand side by side.

    Units that are made of others have none: the trails of those have them.
    """

    material: Material
    units: tuple[Any, ...]

    def rows(self, node: Indicator) -> Iterator[TrailRow]:
        """Rows of one node."""
        fields = self._fields.get(node.code, {})
        if node.formula and fields:
            yield TrailRow("formula", formula_text(self.material, node))
        if node.minimum_of:
            yield TrailRow("formula", minimum_text(node))
        for (instrument, item), by_unit in self._items.get(node.code, {}).items():
            label = f"{item} {self._wording(instrument, item)}".strip()
            yield TrailRow("item", label, self._cells(by_unit, self._item))
        for (instrument, item), by_unit in fields.items():
            label = self._wording(instrument, item)
            yield TrailRow("field", label, self._cells(by_unit, self._field))
        yield from self._spoken(node.code, phrase("trail.focus"))

    def spoken_elsewhere(self) -> Iterator[TrailRow]:
        """What focus groups said of indicators that are none of this scorecard."""
        labels = focus_labels(self.material)
        framework = self.material.framework(self.units[0].scorecard)
        own = {node.code for node in framework.indicators}
        for code in self._focus:
            if code not in own:
                yield from self._spoken(code, phrase("trail.focus_on", name=labels.get(code, code)))

    def _spoken(self, code: str, label: str) -> Iterator[TrailRow]:
        by_unit = self._focus.get(code, {})
        if by_unit:
            yield TrailRow("focus", label, self._cells(by_unit, self._talk))

    def _cells(self, by_unit: ByUnit, render: Any) -> tuple[TrailCell, ...]:
        found = [by_unit.get(unit.unit) for unit in self.units]
        return tuple(TrailCell(tables.MISSING) if row is None else render(row) for row in found)

    def _item(self, row: Any) -> TrailCell:
        if tables.absent(row.mean):
            return TrailCell(tables.MISSING)
        return TrailCell(tables.score(row.mean, self.material.decimals), tables.count(row.n))

    def _field(self, row: Any) -> TrailCell:
        if tables.absent(row.value):
            return TrailCell(tables.MISSING)
        words = field_words(self.material.forms.get(row.instrument), row.item, row.value)
        return TrailCell(words, choice("trail.states", row.state))

    def _talk(self, row: Any) -> TrailCell:
        counts = {k: str(getattr(row, k)) for k in ("positive", "neutral", "negative", "groups")}
        dissent = phrase("trail.dissent", dissent=str(row.dissent)) if row.dissent else ""
        return TrailCell(
            phrase("trail.spoken", **counts), phrase("trail.groups", dissent=dissent, **counts)
        )

    def _wording(self, code: str, item: str) -> str:
        return self.material.asked.get(code, {}).get(item, item)

    @property
    def _concerned(self) -> tuple[Any, ...]:
        return tuple(unit for unit in self.units if unit.scorecard in SINGLE)

    @cached_property
    def _items(self) -> dict[str, dict[Any, ByUnit]]:
        return self._sorted("items")

    @cached_property
    def _fields(self) -> dict[str, dict[Any, ByUnit]]:
        return self._sorted("fields")

    def _sorted(self, table: str) -> dict[str, dict[Any, ByUnit]]:
        """Indicator -> (instrument, item) -> unit -> row."""
        found: dict[str, dict[Any, ByUnit]] = {}
        for unit in self._concerned:
            for row in self.material.of(table, unit=unit.unit):
                by_item = found.setdefault(row.indicator, {})
                by_item.setdefault((row.instrument, row.item), {})[unit.unit] = row
        return found

    @cached_property
    def _focus(self) -> dict[str, ByUnit]:
        found: dict[str, ByUnit] = {}
        for unit in self._concerned:
            for row in self.material.of("focus", unit=unit.unit):
                found.setdefault(row.indicator, {})[unit.unit] = row
        return dict(sorted(found.items()))


def formula_words(material: Material, node: Indicator) -> str:
    """A leaf's formula in Chinese; its own text where the form is absent."""
    form = material.forms.get(node.instrument)
    return describe(parse(node.formula), form) if form is not None else node.formula


def formula_text(material: Material, node: Indicator) -> str:
    """How a leaf is reckoned from its record, with the goalposts of its scaling."""
    key = (node.instrument, node.formula, node.scaling)
    if key not in material.formulas:  # the same for every unit
        scaling = material.results.plan.scale(node.scaling)
        told = {"scaling": scale_name(node.scaling), "goalposts": goalposts(scaling)}
        words = formula_words(material, node)
        material.formulas[key] = phrase("trail.formula", words=words, **told)
    return material.formulas[key]


def minimum_text(node: Indicator) -> str:
    """Of which leaves a leaf takes the lowest."""
    return phrase("indicators.minimum_of", codes=joined(node.minimum_of))


def scale_label(code: str) -> str:
    """A scaling by its name; one that templates/scales.yaml does not name by its code."""
    return str(packaged("templates/scales.yaml").get(code) or code)


def scale_name(code: str) -> str:
    """A scaling by its name and its code."""
    label = scale_label(code)
    return label if label == code else phrase("method.scale", name=label, code=code)


def goalposts(scaling: Scaling) -> str:
    """From which answer to which score a scaling leads, in words."""
    if scaling.points is not None:
        listed = [
            phrase("method.goalpost", answer=answer, score=tables.points(score))
            for answer, score in scaling.points.items()
        ]
        return joined(listed, "pairs")
    return phrase(
        "method.line",
        low=tables.points(scaling.low),
        low_score=tables.points(scaling.low_score),
        high=tables.points(scaling.high),
        high_score=tables.points(scaling.high_score),
        floor=tables.points(scaling.floor),
        ceiling=tables.points(scaling.ceiling),
    )


def field_words(form: Instrument | None, item: str, value: str) -> str:
    """A reported value as people read it: choices by their labels, a repeat by its rows."""
    if form is None:
        return value
    if item in {section.name for section in form.repeats}:
        return phrase("trail.rows", rows=value)
    scales = {one.name: one.scale for one in form.items}
    types = {one.name: one.type for one in form.items}
    if types.get(item) in ("text", "file") and value == FILLED:
        return phrase("trail.filled")
    scale = scales.get(item)
    if scale is None:
        return value
    labels: Mapping[str, str] = {one.code: one.label for one in scale.choices}
    return joined(labels.get(code, code) for code in value.split(" "))


def focus_labels(material: Material) -> dict[str, str]:
    """Indicator codes as recorders chose them, in words: nodes first, then the form's own list."""
    listed = {
        choice_.code: choice_.label
        for form in material.results.instruments if form.role == "recorder"
        for item in form.items if item.scale
        for choice_ in item.scale.choices
    }  # fmt: skip
    nodes = {
        n.code: f"{n.code} {n.name}" for f in material.results.frameworks for n in f.indicators
    }
    return listed | nodes


def verified_of(material: Material, unit: Any) -> str:
    """Share of a unit's reported fields that were sampled or confirmed, with their numbers."""
    if unit.scorecard not in SINGLE:
        return ""
    return verified_share(material.of("fields", unit=unit.unit))


def verified_share(found: Sequence[Any]) -> str:
    """抽核 and 核定 over all fields with a value; one that several indicators use counts once."""
    states = {
        (row.unit, row.instrument, row.item): row.state
        for row in found
        if not tables.absent(row.value)
    }
    if not states:
        return ""
    checked = sum(state in CHECKED for state in states.values())
    return phrase(
        "trail.share",
        share=tables.rate(checked / len(states)),
        checked=str(checked),
        fields=str(len(states)),
    )
