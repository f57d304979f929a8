"""A formula in Chinese, with the labels of fields and choices, for the annex of a bulletin."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from instruments.formula.grammar import (
    NONE,
    ROW,
    Formula,
    called,
    field_of,
    over_rows,
    repeat_of,
)
from instruments.model import Instrument, Item

_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "＋",
    ast.Sub: "－",
    ast.Mult: "×",
    ast.Div: "÷",
    ast.And: "且",
    ast.Or: "或",
    ast.Eq: "＝",
    ast.NotEq: "≠",
    ast.Lt: "＜",
    ast.LtE: "≤",
    ast.Gt: "＞",
    ast.GtE: "≥",
}
_OVER_ROWS = {
    "sum": "{rows}的{what}之和",
    "count": "{rows}的行数",
    "any": "{rows}中有一行{what}",
    "all": "{rows}每行都{what}",
    "share": "{rows}中{what}的行所占比例",
    "mean": "{rows}的{what}的平均",
    "distinct": "{rows}的{what}有几种",
}


@dataclass(frozen=True)
class _Labels:
    """Items and repeats by name; labels lose a closing full stop or question mark."""

    items: Mapping[str, Item]
    repeats: Mapping[str, str]

    def label(self, node: ast.AST) -> str:
        name, _ = field_of(node) or ("", False)
        found = self.items[name].label if name in self.items else self.repeats.get(name, name)
        return f"“{found.rstrip('。？：:?')}”"

    def code(self, field: ast.AST, node: ast.AST) -> str:
        """Words for the code ``node`` as an answer to ``field``."""
        name, _ = field_of(field) or ("", False)
        scale = self.items[name].scale if name in self.items else None
        value = node.value if isinstance(node, ast.Constant) else None
        if scale is not None and value in scale.codes:
            return f"“{scale.label(str(value))}”"
        return _words(node, self)


def describe(formula: Formula, instrument: Instrument) -> str:
    """``formula`` in Chinese; names that ``instrument`` lacks stay as they are."""
    items = {item.name: item for item in instrument.items}
    repeats = {section.name: section.label for section in instrument.repeats}
    return _words(formula.tree, _Labels(items, repeats))


def _words(node: ast.AST, labels: _Labels) -> str:
    if over_rows(node) is not None:
        return _rows(node, labels)
    return _WORDS[type(node)](node, labels)


def _inner(node: ast.AST, labels: _Labels) -> str:
    """``node`` as a part of something: in brackets when it is itself put together."""
    words = _words(node, labels)
    composed = isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare) or _is_when(node)
    return f"（{words}）" if composed else words


def _is_when(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called(node) == "when"


def _constant(node: ast.Constant, _: _Labels) -> str:
    value = node.value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else f"“{value!s}”"


def _field(node: ast.AST, labels: _Labels) -> str:
    return "不适用" if field_of(node) == (NONE, False) else labels.label(node)


def _arithmetic(node: ast.BinOp, labels: _Labels) -> str:
    return f"{_inner(node.left, labels)}{_SIGNS[type(node.op)]}{_inner(node.right, labels)}"


def _logic(node: ast.BoolOp, labels: _Labels) -> str:
    return _SIGNS[type(node.op)].join(_inner(part, labels) for part in node.values)


def _unary(node: ast.UnaryOp, labels: _Labels) -> str:
    return ("非" if isinstance(node.op, ast.Not) else "－") + _inner(node.operand, labels)


def _comparison(node: ast.Compare, labels: _Labels) -> str:
    sides = [node.left, *node.comparators]
    fields = [side for side in sides if field_of(side) is not None]
    words = [
        labels.code(fields[0], side) if fields and field_of(side) is None else _inner(side, labels)
        for side in sides
    ]
    rest = (f"{_SIGNS[type(op)]}{word}" for op, word in zip(node.ops, words[1:], strict=True))
    return words[0] + "".join(rest)


def _call(node: ast.Call, labels: _Labels) -> str:
    return _CALLS[called(node)](node.args, labels)


def _listed(head: str) -> Callable[[list[ast.expr], _Labels], str]:
    return lambda parts, labels: f"{head}（{'，'.join(_words(p, labels) for p in parts)}）"


def _when(parts: list[ast.expr], labels: _Labels) -> str:
    condition, then, otherwise = (_words(part, labels) for part in parts)
    return f"如{condition}，为{then}；否则为{otherwise}"


def _rows(node: ast.AST, labels: _Labels) -> str:
    generator = over_rows(node)
    assert generator is not None and isinstance(node, ast.Call)
    name = repeat_of(generator)
    rows = f"“{labels.repeats.get(name, name)}”各行"
    conditions = generator.generators[0].ifs
    if conditions:
        rows = f"“{labels.repeats.get(name, name)}”中"
        rows += "且".join(_inner(condition, labels) for condition in conditions) + "的各行"
    whole = field_of(generator.elt) == (ROW, False)
    what = "" if whole else _inner(generator.elt, labels)
    return _OVER_ROWS[called(node)].format(rows=rows, what=what)


_CALLS: dict[str, Callable[[list[ast.expr], _Labels], str]] = {
    "when": _when,
    "min": _listed("最小值"),
    "max": _listed("最大值"),
    "answered": lambda parts, labels: f"已填{labels.label(parts[0])}",
    "selected": lambda parts, labels: (
        f"{labels.label(parts[0])}选了{labels.code(parts[0], parts[1])}"
    ),
    "number_selected": lambda parts, labels: f"{labels.label(parts[0])}所选项数",
}
_WORDS: dict[type[ast.AST], Callable[..., str]] = {
    ast.Constant: _constant,
    ast.Name: _field,
    ast.Attribute: _field,
    ast.BinOp: _arithmetic,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.BoolOp: _logic,
    ast.Call: _call,
}
