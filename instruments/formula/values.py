"""What a formula is worth for one record: a value, 缺测 or 不适用, three distinct outcomes."""

from __future__ import annotations

import ast
import math
import numbers
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from instruments.formula.grammar import (
    NONE,
    ROW,
    Formula,
    called,
    field_of,
    over_rows,
    repeat_of,
)


class Outcome(Enum):
    """Why a formula has no value."""

    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"


MISSING, NOT_APPLICABLE = Outcome.MISSING, Outcome.NOT_APPLICABLE
Value = float | str | Outcome
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ORDER: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def evaluate(formula: Formula, answers: Mapping[str, object]) -> Value:
    """The value of ``formula`` for one record's ``answers``: a number, a text, or an outcome.

    ``answers``: item -> stored answer, context name -> code, repeat -> list of rows; blank is
    absent, None, NaN or ''. A condition counts 1 or 0. MISSING: something needed is blank, a
    repeat not delivered, or no finite number; NOT_APPLICABLE: ``none``, a division by zero, the
    share or mean of no rows. MISSING goes before NOT_APPLICABLE; what is certain whatever the
    blank might hold (``and``, ``or``, ``any``, ``all``) is not missing. Never raises.
    """
    return _value(formula.tree, _Answers(answers))


@dataclass(frozen=True)
class _Answers:
    """The answers, and the row of the repeat in which a node is evaluated."""

    record: Mapping[str, object]
    row: Mapping[str, object] | None = None

    def stored(self, node: ast.AST) -> object:
        name, in_row = field_of(node) or ("", False)
        return ((self.row or {}) if in_row else self.record).get(name)


def _value(node: ast.AST, answers: _Answers) -> Value:
    if over_rows(node) is not None:
        return _over_rows(node, answers)
    return _VALUES[type(node)](node, answers)


def _constant(node: ast.Constant, _: _Answers) -> Value:
    return node.value if isinstance(node.value, str) else float(node.value)  # type: ignore[arg-type]


def _field(node: ast.AST, answers: _Answers) -> Value:
    if field_of(node) == (NONE, False):
        return NOT_APPLICABLE
    return _plain(answers.stored(node))


def _plain(stored: object) -> Value:
    if isinstance(stored, str):
        return stored.strip() or MISSING
    if isinstance(stored, numbers.Real):
        return _finite(lambda: float(stored))
    return MISSING


def _finite(compute: Callable[[], float]) -> Value:
    try:
        number = compute()
    except (ArithmeticError, ValueError, TypeError):
        return MISSING
    return number if math.isfinite(number) else MISSING


def _number(value: Value) -> float | Outcome:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else MISSING
    return value


def _truth(value: Value) -> bool | Outcome:
    return value if isinstance(value, Outcome) else bool(value)


def _worse(values: Iterable[object]) -> Outcome | None:
    """The outcome that a combination of ``values`` has, if any of them has none."""
    found = {value for value in values if isinstance(value, Outcome)}
    return (MISSING if MISSING in found else NOT_APPLICABLE) if found else None


def _arithmetic(node: ast.BinOp, answers: _Answers) -> Value:
    left, right = (_number(_value(side, answers)) for side in (node.left, node.right))
    if isinstance(node.op, ast.Div) and right == 0:
        return NOT_APPLICABLE
    worse = _worse((left, right))
    if worse is not None:
        return worse
    return _finite(lambda: _ARITHMETIC[type(node.op)](left, right))  # type: ignore[arg-type]


def _unary(node: ast.UnaryOp, answers: _Answers) -> Value:
    value = _value(node.operand, answers)
    if isinstance(node.op, ast.Not):
        truth = _truth(value)
        return truth if isinstance(truth, Outcome) else float(not truth)
    number = _number(value)
    return number if isinstance(number, Outcome) else -number


def _comparison(node: ast.Compare, answers: _Answers) -> Value:
    sides = [_value(side, answers) for side in (node.left, *node.comparators)]
    pairs = zip(node.ops, sides, sides[1:], strict=False)
    return _every(_compare(sign, left, right) for sign, left, right in pairs)


def _compare(sign: ast.cmpop, left: Value, right: Value) -> Value:
    worse = _worse((left, right))
    if worse is None and isinstance(left, str) and isinstance(right, str):
        return float(_ORDER[type(sign)](left, right))  # type: ignore[arg-type]
    left, right = _number(left), _number(right)
    worse = worse or _worse((left, right))
    return worse or float(_ORDER[type(sign)](left, right))  # type: ignore[arg-type]


def _logic(node: ast.BoolOp, answers: _Answers) -> Value:
    values = (_value(part, answers) for part in node.values)
    return _every(values) if isinstance(node.op, ast.And) else _some(values)


def _every(values: Iterable[Value]) -> Value:
    truths = [_truth(value) for value in values]
    if False in truths:
        return 0.0
    return _worse(truths) or 1.0


def _some(values: Iterable[Value]) -> Value:
    truths = [_truth(value) for value in values]
    if True in truths:
        return 1.0
    return _worse(truths) or 0.0


def _call(node: ast.Call, answers: _Answers) -> Value:
    return _CALLS[called(node)](node.args, answers)


def _when(arguments: list[ast.expr], answers: _Answers) -> Value:
    condition = _truth(_value(arguments[0], answers))
    if isinstance(condition, Outcome):
        return condition
    return _value(arguments[1 if condition else 2], answers)


def _extreme(pick: Callable[[list[float]], float]) -> Callable[[list[ast.expr], _Answers], Value]:
    def extreme(arguments: list[ast.expr], answers: _Answers) -> Value:
        found = [_number(_value(argument, answers)) for argument in arguments]
        return _worse(found) or pick([value for value in found if not isinstance(value, Outcome)])

    return extreme


def _answered(arguments: list[ast.expr], answers: _Answers) -> Value:
    stored = answers.stored(arguments[0])
    if isinstance(stored, list | tuple):
        return float(bool(stored))
    return float(not isinstance(_plain(stored), Outcome))


def _selected(arguments: list[ast.expr], answers: _Answers) -> Value:
    chosen = _plain(answers.stored(arguments[0]))
    if isinstance(chosen, Outcome):
        return chosen
    code = arguments[1]
    return float(isinstance(code, ast.Constant) and code.value in str(chosen).split())


def _number_selected(arguments: list[ast.expr], answers: _Answers) -> Value:
    chosen = _plain(answers.stored(arguments[0]))
    return chosen if isinstance(chosen, Outcome) else float(len(str(chosen).split()))


def _over_rows(node: ast.AST, answers: _Answers) -> Value:
    generator = over_rows(node)
    assert generator is not None and isinstance(node, ast.Call)
    rows = answers.record.get(repeat_of(generator))
    if not isinstance(rows, list | tuple):
        return MISSING
    found = list(_row_values(generator, rows, answers.record))
    return _OVER_ROWS[called(node)](found)


def _row_values(
    generator: ast.GeneratorExp, rows: Iterable[object], record: Mapping[str, object]
) -> Iterator[Value]:
    """The element for every row that passes; an outcome where that cannot be told."""
    conditions = generator.generators[0].ifs
    for row in rows:
        inner = _Answers(record, row if isinstance(row, Mapping) else {})
        passes = _every(_value(condition, inner) for condition in conditions)
        if isinstance(passes, Outcome):
            yield passes
        elif passes:
            whole = field_of(generator.elt) == (ROW, False)
            yield 1.0 if whole else _value(generator.elt, inner)


def _sum(values: list[Value]) -> Value:
    found = [_number(value) for value in values]
    return _worse(found) or _finite(lambda: math.fsum(found))  # type: ignore[arg-type]


def _count(values: list[Value]) -> Value:
    return _worse(values) or float(len(values))


def _mean(values: list[Value]) -> Value:
    total = _sum(values)
    if isinstance(total, Outcome) or not values:
        return total if values else NOT_APPLICABLE
    return float(total) / len(values)


def _share(values: list[Value]) -> Value:
    truths = [_truth(value) for value in values]
    return _mean([t if isinstance(t, Outcome) else float(t) for t in truths])


def _distinct(values: list[Value]) -> Value:
    return _worse(values) or float(len(set(values)))


_OVER_ROWS: dict[str, Callable[[list[Value]], Value]] = {
    "sum": _sum,
    "count": _count,
    "any": _some,
    "all": _every,
    "share": _share,
    "mean": _mean,
    "distinct": _distinct,
}
_CALLS: dict[str, Callable[[list[ast.expr], _Answers], Value]] = {
    "when": _when,
    "min": _extreme(min),
    "max": _extreme(max),
    "answered": _answered,
    "selected": _selected,
    "number_selected": _number_selected,
}
_VALUES: dict[type[ast.AST], Callable[..., Value]] = {
    ast.Constant: _constant,
    ast.Name: _field,
    ast.Attribute: _field,
    ast.BinOp: _arithmetic,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.BoolOp: _logic,
    ast.Call: _call,
}
