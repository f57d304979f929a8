"""Fixed goalposts as expressions of the query engine: from an answer to a score of 0-100."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from analysis.results import ItemScore, LeafScore, Scoring
from instruments.methods import Plan, Scaling
from instruments.model import Comparison, IndicatorMapping, Instrument, Item

UNIT = 1_000_000
"""Scores are whole multiples of 1/UNIT point, so that no order of summing changes a sum."""
CONTEXT = "project_"
"""Context names are this prefix and a column of the project (``project_mode``)."""


def scoring(instrument: Instrument, *, plan: Plan, leaves: Collection[str]) -> Scoring:
    """Expressions that score one instrument version by the plan's goalposts.

    They speak of ``r`` (a row of responses) and ``u`` (its project) and give whole numbers of
    1/UNIT point, null where nothing is to be scored: not asked, blank, 不适用, 未观察到, or a gain
    whose baseline is already at the top. A leaf's score is the mean of its items' scores. Only
    ``leaves`` are scored: those of one scorecard.
    """
    mappings = [m for m in instrument.mappings if m.indicator in leaves]
    firsts = {m.item: m for m in reversed(mappings)}
    names = dict.fromkeys(m.item for m in mappings)
    items = tuple(_item(firsts[name], instrument, plan) for name in names)
    fed = dict.fromkeys(m.indicator for m in mappings)
    return Scoring(
        instrument,
        UNIT,
        tuple((name, _context(name)) for name in instrument.context),
        tuple(_traits(instrument, plan)),
        items,
        tuple(_leaf(leaf, instrument, plan) for leaf in fed),
    )


def without_items(scoring: Scoring, *, plan: Plan) -> tuple[Scoring, dict[str, tuple[str, str]]]:
    """The same instrument with one leaf for each item that is left out, in place of its own.

    Only for items whose leaf has others; the names of such leaves -> (item, leaf).
    """
    found: dict[str, tuple[str, str]] = {}
    columns, leaves = [], []
    for leaf in (one for one in scoring.leaves if len(one.items) > 1):
        used = [m for m in scoring.instrument.mappings if m.indicator == leaf.leaf]
        named = {m.item: f"{leaf.leaf} {m.item} apart" for m in used}
        columns += [(named[m.item], _item_sql(m, scoring.instrument, plan)) for m in used]
        for item in leaf.items:
            rest = tuple(other for other in leaf.items if other != item)
            name, parts = f"{leaf.leaf} {item}", [f"r.{_name(named[other])}" for other in rest]
            own = tuple(_item(m, scoring.instrument, plan) for m in used if m.item != item)
            leaves.append(LeafScore(name, rest, _mean_sql(parts), own))
            found[name] = (item, leaf.leaf)
    return replace(scoring, leaves=tuple(leaves), columns=tuple(columns)), found


def slope(instrument: Instrument, *, plan: Plan) -> float:
    """Points of 0-100 per unit of the answers' own scale; NaN unless one line scores all items."""
    used = {mapping.scaling: plan.scale(mapping.scaling) for mapping in instrument.mappings}
    lines = [line for line in used.values() if line.points is None]
    if len(used) != 1 or not lines or any(mapping.baseline for mapping in instrument.mappings):
        return float("nan")
    low, high, start, end = (
        float(getattr(lines[0], name) or 0.0) for name in ("low", "high", "low_score", "high_score")
    )
    return (end - start) / (high - low)


def _item(mapping: IndicatorMapping, instrument: Instrument, plan: Plan) -> ItemScore:
    asked = _asked_sql(instrument.item(mapping.item), instrument)
    score = f"CAST({_item_sql(mapping, instrument, plan)} AS BIGINT)"
    return ItemScore(mapping.item, mapping.indicator, score, asked, _is_alone(mapping, instrument))


def _is_alone(mapping: IndicatorMapping, instrument: Instrument) -> bool:
    item = instrument.item(mapping.item)
    closed = item.type == "select_one" and item.scale is not None and not mapping.baseline
    return closed and all(rule.item in instrument.context for rule in _rules(item, instrument))


def _leaf(leaf: str, instrument: Instrument, plan: Plan) -> LeafScore:
    parts = tuple(_item(m, instrument, plan) for m in instrument.mappings if m.indicator == leaf)
    items = tuple(part.item for part in parts)
    return LeafScore(leaf, items, _leaf_sql(leaf, instrument, plan), parts)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _context(name: str) -> str:
    return f"u.{_name(name.removeprefix(CONTEXT))}"


def _traits(instrument: Instrument, plan: Plan) -> list[str]:
    asked = {use.item for use in instrument.used_as("trait")}
    return [trait for trait in plan.adjustment.traits if trait in asked]


def _rule_sql(rule: Comparison, instrument: Instrument) -> str:
    known = rule.item in instrument.context
    column = _context(rule.item) if known else f"r.{_name(rule.item)}"
    operator = "=" if rule.operator == "=" else "<>"
    return f"coalesce(CAST({column} AS VARCHAR), '') {operator} {_text(rule.value)}"


def _rules(item: Item, instrument: Instrument) -> tuple[Comparison, ...]:
    section = next(s for s in instrument.sections if item in s.items)
    return (*section.relevant, *item.relevant)


def _asked_sql(item: Item, instrument: Instrument) -> str:
    rules = [_rule_sql(rule, instrument) for rule in _rules(item, instrument)]
    return " AND ".join(rules) or "TRUE"


def _item_sql(mapping: IndicatorMapping, instrument: Instrument, plan: Plan) -> str:
    item, scaling = instrument.item(mapping.item), plan.scale(mapping.scaling)
    column = f"r.{_name(item.name)}"
    if scaling.points is not None:
        whens = (
            f"WHEN {_text(code)} THEN {int(round(points * UNIT))}"
            for code, points in scaling.points.items()
        )
        score = f"CASE CAST({column} AS VARCHAR) {' '.join(whens)} END"
    else:
        score = _line_sql(_number_sql(mapping, item, column), scaling)
    return f"CASE WHEN {_asked_sql(item, instrument)} THEN {score} END"


def _number_sql(mapping: IndicatorMapping, item: Item, column: str) -> str:
    value = f"TRY_CAST({column} AS DOUBLE)"
    if not mapping.baseline:
        return value
    before = f"TRY_CAST(r.{_name(mapping.baseline)} AS DOUBLE)"
    return f"({value} - {before}) / nullif({_top(item)} - {before}, 0)"


def _top(item: Item) -> float:
    codes = item.scale.codes if item.scale else ()
    numbers = [float(code) for code in codes if code.replace(".", "", 1).isdigit()]
    return max(numbers) if numbers else float((item.limit and item.limit.high) or 0.0)


def _line_sql(value: str, scaling: Scaling) -> str:
    low, high = float(scaling.low or 0.0), float(scaling.high or 0.0)
    start, end = float(scaling.low_score or 0.0), float(scaling.high_score or 0.0)
    line = f"({start!r} + ({value} - {low!r}) * {(end - start) / (high - low)!r})"
    clipped = f"least(greatest({line}, {scaling.floor!r}), {scaling.ceiling!r})"
    return f"CASE WHEN {value} IS NOT NULL THEN CAST(round({clipped} * {UNIT}) AS BIGINT) END"


def _leaf_sql(leaf: str, instrument: Instrument, plan: Plan) -> str:
    return _mean_sql(
        [_item_sql(m, instrument, plan) for m in instrument.mappings if m.indicator == leaf]
    )


def _mean_sql(parts: list[str]) -> str:
    if len(parts) == 1:
        return f"CAST({parts[0]} AS BIGINT)"
    scores = f"list_filter([{', '.join(parts)}], lambda x: x IS NOT NULL)"
    return (
        f"CAST((2 * list_sum({scores}) + len({scores})) // nullif(2 * len({scores}), 0) AS BIGINT)"
    )
