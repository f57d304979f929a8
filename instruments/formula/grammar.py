"""The grammar of formulas: Python's parser reads, a white list decides what may stand there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from instruments.faults import Fault, FaultsFound, Place, fault

MAX_LENGTH = 2000
MAX_DEPTH = 50
MAX_NUMBER = 1e12
NOWHERE = Place()
ROW, NONE = "row", "none"
"""The only loop variable, and the word for 不适用."""
CALLS = {
    "when": (3, 3),
    "min": (2, 20),
    "max": (2, 20),
    "answered": (1, 1),
    "selected": (2, 2),
    "number_selected": (1, 1),
}
"""Functions of values, with the least and the most arguments."""
OVER_ROWS = ("sum", "count", "any", "all", "share", "mean", "distinct")
"""Functions of one generator ``… for row in repeat if …``."""
_OPERATORS = (
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BoolOp, ast.And, ast.Or),
    *(ast.UnaryOp, ast.Not, ast.USub, ast.Compare),
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Load),
)


@dataclass(frozen=True)
class Formula:
    """A formula that keeps to the grammar; ``tree`` holds nothing but white-listed nodes."""

    text: str
    tree: ast.expr


def parse(text: str, place: Place = NOWHERE) -> Formula:
    """Read ``text``; raises FaultsFound with every departure from the grammar, at ``place``.

    Grammar: decision record 12. Nothing is compiled or run, whatever the text holds.
    """
    if len(text) > MAX_LENGTH:
        raise FaultsFound([fault("formula.too_long", place, limit=MAX_LENGTH)])
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FaultsFound([fault("formula.unreadable", place, text=text)]) from error
    if _depth_over(tree, MAX_DEPTH):
        raise FaultsFound([fault("formula.too_deep", place, limit=MAX_DEPTH)])
    faults = list(_grammar_faults(tree, place, inside=False))
    if faults:
        raise FaultsFound(faults)
    return Formula(text, tree)


def over_rows(node: ast.AST) -> ast.GeneratorExp | None:
    """The generator of a call like ``sum(… for row in …)``; None for any other node."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        argument = node.args[0]
        if node.func.id in OVER_ROWS and isinstance(argument, ast.GeneratorExp):
            return argument
    return None


def called(node: ast.Call) -> str:
    """Name of the function that a call of the grammar calls."""
    return node.func.id if isinstance(node.func, ast.Name) else ""


def repeat_of(generator: ast.GeneratorExp) -> str:
    """Name of the repeat that a generator of the grammar runs over."""
    source = generator.generators[0].iter
    return source.id if isinstance(source, ast.Name) else ""


def field_of(node: ast.AST) -> tuple[str, bool] | None:
    """``(name, in a row)`` of a field: a name, or ``row.name``; None for any other node."""
    if isinstance(node, ast.Name):
        return node.id, False
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return (node.attr, True) if node.value.id == ROW else None
    return None


def fields_of(formula: Formula) -> tuple[str, ...]:
    """Names of the fields and repeats that ``formula`` looks at, in the order of their names."""
    named = (field_of(node) for node in ast.walk(formula.tree))
    found = {name for name, in_row in filter(None, named) if not in_row}
    return tuple(sorted(found - {NONE, ROW, *CALLS, *OVER_ROWS}))


def _depth_over(tree: ast.AST, limit: int) -> bool:
    level = [tree]
    for _ in range(limit):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def _grammar_faults(node: ast.AST, place: Place, *, inside: bool) -> Iterator[Fault]:
    """Faults of ``node`` and all below it; ``inside`` a generator, ``row`` is known."""
    generator = over_rows(node)
    if isinstance(node, ast.Constant):
        yield from _constant_faults(node, place)
    elif isinstance(node, ast.Name | ast.Attribute):
        yield from _field_faults(node, place, inside=inside)
    elif generator is not None:
        yield from _generator_faults(node, generator, place, inside=inside)
    elif isinstance(node, ast.Call):
        yield from _call_faults(node, place)
        for argument in node.args:
            yield from _grammar_faults(argument, place, inside=inside)
    elif isinstance(node, _OPERATORS):
        for child in ast.iter_child_nodes(node):
            yield from _grammar_faults(child, place, inside=inside)
    else:
        yield _strange(node, place)


def _constant_faults(node: ast.Constant, place: Place) -> Iterator[Fault]:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        yield _strange(node, place)
    elif not isinstance(value, str) and not abs(value) <= MAX_NUMBER:
        yield fault("formula.huge", place, limit=f"{MAX_NUMBER:g}")


def _field_faults(node: ast.AST, place: Place, *, inside: bool) -> Iterator[Fault]:
    field = field_of(node)
    if field is None or field == (ROW, False):
        yield _strange(node, place)
    elif field[1] and not inside:
        yield fault("formula.row_outside", place, text=shown(node))


def _call_faults(node: ast.Call, place: Place) -> Iterator[Fault]:
    name = called(node)
    low, high = CALLS.get(name, (0, 0))
    if node.keywords or name not in CALLS:
        known = "、".join((*CALLS, *OVER_ROWS))
        yield fault("formula.unknown_call", place, text=shown(node), known=known)
        return
    if not low <= len(node.args) <= high:
        yield fault("formula.arguments", place, name=name, low=low, high=high)
    elif name in ("answered", "selected", "number_selected"):
        if field_of(node.args[0]) in (None, (NONE, False)):
            yield fault("formula.field_wanted", place, name=name)
        if name == "selected" and not is_text(node.args[1]):
            yield fault("formula.code_wanted", place, text=shown(node))


def shown(node: ast.AST) -> str:
    """``node`` as it was written, shortened, for a fault's text."""
    try:
        return ast.unparse(node)[:80]
    except ValueError:  # text in text that Python itself cannot write out
        return type(node).__name__


def is_text(node: ast.AST) -> bool:
    """Whether ``node`` is a text in quotes."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _generator_faults(
    node: ast.AST, generator: ast.GeneratorExp, place: Place, *, inside: bool
) -> Iterator[Fault]:
    assert isinstance(node, ast.Call)
    loops = generator.generators
    plain = len(loops) == 1 and not loops[0].is_async and not node.keywords
    target = loops[0].target
    whole = isinstance(generator.elt, ast.Name) and generator.elt.id == ROW
    named = isinstance(target, ast.Name) and target.id == ROW
    if inside or not plain or not named or not repeat_of(generator):
        yield fault("formula.generator", place, text=shown(node))
        return
    if whole != (called(node) == "count"):
        yield fault("formula.count_rows", place, text=shown(node))
    elif not whole:
        yield from _grammar_faults(generator.elt, place, inside=True)
    for condition in loops[0].ifs:
        yield from _grammar_faults(condition, place, inside=True)


def _strange(node: ast.AST, place: Place) -> Fault:
    return fault("formula.not_allowed", place, text=shown(node))
