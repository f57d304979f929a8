"""Names and codes of a formula against the instrument whose answers it is about."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from instruments.faults import Fault, Place, fault
from instruments.formula.grammar import (
    NONE,
    NOWHERE,
    ROW,
    Formula,
    called,
    field_of,
    over_rows,
    repeat_of,
    shown,
)
from instruments.model import Instrument, Item

_NUMBERS = ("integer", "decimal", "select_one")
"""Item types that arithmetic may use; a choice counts by its code, if that is a number."""


@dataclass(frozen=True)
class _Scope:
    """What names mean where a node stands; ``row`` holds the items of the repeat around it."""

    fields: dict[str, Item]
    context: tuple[str, ...]
    repeats: dict[str, dict[str, Item]]
    place: Place
    row: dict[str, Item] | None = None

    def item(self, node: ast.AST) -> Item | None:
        """The item that ``node`` names, None when it names none."""
        name, in_row = field_of(node) or ("", False)
        return ((self.row or {}) if in_row else self.fields).get(name)


def check_names(formula: Formula, instrument: Instrument, place: Place = NOWHERE) -> list[Fault]:
    """Faults of ``formula``'s names, each at ``place``; none when it fits ``instrument``.

    A field must be an item asked once, or ``row.item`` of the repeat it runs over, or a context
    name; a repeat stands only in a generator or in ``answered``; a code must be among the item's
    choices; arithmetic takes numbers and choices.
    """
    repeats = {one.name: {i.name: i for i in one.items} for one in instrument.repeats}
    fields = {item.name: item for item in instrument.single_items}
    scope = _Scope(fields, instrument.context, repeats, place)
    return list(dict.fromkeys(_faults(formula.tree, scope)))


def _faults(node: ast.AST, scope: _Scope) -> Iterator[Fault]:
    generator = over_rows(node)
    if generator is not None:
        yield from _generator_faults(generator, scope)
        return
    if field_of(node) is not None:
        yield from _field_faults(node, scope)
        return
    if isinstance(node, ast.Call):
        yield from _call_faults(node, scope)
        return
    if isinstance(node, ast.Compare):
        yield from _code_faults(node, scope)
    if isinstance(node, ast.BinOp | ast.UnaryOp) and not isinstance(
        getattr(node, "op", None), ast.Not
    ):
        yield from _number_faults(node, scope)
    for child in ast.iter_child_nodes(node):
        yield from _faults(child, scope)


def _generator_faults(generator: ast.GeneratorExp, scope: _Scope) -> Iterator[Fault]:
    name = repeat_of(generator)
    if name not in scope.repeats:
        known = "、".join(scope.repeats) or "（无）"
        yield fault("formula.unknown_repeat", scope.place, name=name, known=known)
        return
    inner = _Scope(scope.fields, scope.context, scope.repeats, scope.place, scope.repeats[name])
    if field_of(generator.elt) != (ROW, False):
        yield from _faults(generator.elt, inner)
    for condition in generator.generators[0].ifs:
        yield from _faults(condition, inner)


def _field_faults(node: ast.AST, scope: _Scope) -> Iterator[Fault]:
    name, in_row = field_of(node) or ("", False)
    item = scope.item(node)
    if item is not None and item.type != "note":
        return
    if not in_row and name in (*scope.context, NONE):
        return
    code = "formula.repeat_as_value" if name in scope.repeats else "formula.unknown_field"
    yield fault(code, scope.place, name=shown(node))


def _call_faults(node: ast.Call, scope: _Scope) -> Iterator[Fault]:
    name, first = called(node), field_of(node.args[0])
    if name == "answered" and first and not first[1] and first[0] in scope.repeats:
        return
    if name == "selected":
        yield from _field_faults(node.args[0], scope)
        yield from _choice_faults(node.args[0], node.args[1], scope)
        return
    for argument in node.args:
        yield from _faults(argument, scope)


def _code_faults(node: ast.Compare, scope: _Scope) -> Iterator[Fault]:
    sides = [node.left, *node.comparators]
    for one, other in zip(sides, sides[1:], strict=False):
        yield from _choice_faults(one, other, scope)
        yield from _choice_faults(other, one, scope)


def _choice_faults(field: ast.AST, code: ast.AST, scope: _Scope) -> Iterator[Fault]:
    item = scope.item(field)
    if item is None or item.scale is None or not isinstance(code, ast.Constant):
        return
    if isinstance(code.value, str) and code.value not in item.scale.codes:
        known = "、".join(item.scale.codes)
        details = {"item": item.name, "choice": code.value, "known": known}
        yield fault("formula.unknown_code", scope.place, **details)


def _number_faults(node: ast.AST, scope: _Scope) -> Iterator[Fault]:
    for child in ast.iter_child_nodes(node):
        item = scope.item(child)
        if item is not None and item.type not in _NUMBERS:
            yield fault("formula.not_number", scope.place, name=item.name)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield fault("formula.not_number", scope.place, name=child.value)
