"""YAML declarations read strictly into frozen values, every fault named with its line."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import yaml

from instruments.faults import Fault, FaultsFound, Place, fault, refuse

MAX_BYTES = 200_000
"""A larger declaration is refused unread: all of the library's together have a quarter of this."""
MAX_DEPTH = 20
"""Deeper nesting has no meaning in any of our files."""
LARGEST = 2**63 - 1
"""No count, seed, score or share of ours is larger; also what a column of whole numbers holds."""
GUIDE = "自带文件"
"""What most declarations are written after: the library's own."""
_SCALARS = {str: "文字", int: "整数", float: "数值", bool: "true 或 false"}
_DECIMAL = re.compile(
    r"[-+]?(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|nan)", re.IGNORECASE
)
"""Numbers as people write them: YAML 1.1 would take 1:30 for 90, and 010 for 8."""

Path = tuple[object, ...]
Ranges = Mapping[str, tuple[float, float]]
Choices = Mapping[str, tuple[str, ...]]
_ANY: Mapping[str, typing.Any] = types.MappingProxyType({})


@dataclasses.dataclass(frozen=True)
class _Unreadable:
    """What stands for a value that YAML would misread or cannot read."""

    text: str


class Declaration:
    """One parsed file: ``value`` plain data, ``line`` of each key path, ``faults`` so far.

    ``ranges``: inclusive bounds by dotted key without list positions (``bands.cut``); a table's
    bounds hold for each of its values. ``choices``: the texts that a key may have. ``guide``: what
    a person is told to compare the file with.
    """

    def __init__(
        self,
        data: bytes,
        name: str,
        *,
        ranges: Ranges = _ANY,
        choices: Choices = _ANY,
        guide: str = GUIDE,
    ) -> None:
        self.name, self.guide = name, guide
        self.faults: list[Fault] = []
        self.ranges, self.choices = ranges, choices
        self._lines: dict[Path, int] = {}
        self.value = self._plain(_compose(data, name), ())
        if not isinstance(self.value, dict):
            raise refuse("declaration.not_mapping", Place(file=name), guide=guide)

    def place(self, path: Path) -> Place:
        """Where the value at ``path`` stands (its parent's line, if it is missing)."""
        while path and path not in self._lines:
            path = path[:-1]
        return Place(file=self.name, row=self._lines.get(path))

    def add(self, code: str, path: Path, /, **details: object) -> None:
        """Note a fault at ``path``."""
        self.faults.append(fault(code, self.place(path), **details))

    def settle(self) -> None:
        """Raise FaultsFound if any fault was noted."""
        if self.faults:
            raise FaultsFound(self.faults)

    def _plain(self, node: yaml.Node | None, path: Path) -> Any:
        if node is None:
            return None
        self._lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(child, (*path, i)) for i, child in enumerate(node.value)]
        return _scalar_value(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, child in node.value:
            here = Place(file=self.name, row=key_node.start_mark.line + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self.faults.append(fault("declaration.bad_key", here))
                continue
            key = key_node.value
            if key in result:
                self.faults.append(fault("declaration.repeated_key", here, key=key))
            result[key] = self._plain(child, (*path, key))
        return result


def _scalar_value(node: yaml.Node) -> Any:
    try:
        value = yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError):  # no such day; a number of thousands of digits
        return _Unreadable(node.value)
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return value if not numeric or _DECIMAL.fullmatch(node.value) else _Unreadable(node.value)


def _compose(data: bytes, name: str) -> yaml.Node | None:
    if len(data) > MAX_BYTES:
        raise refuse("declaration.too_large", Place(file=name), limit=MAX_BYTES)
    try:
        text = data.decode("utf-8-sig")
        _check_events(text, name)
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise refuse("declaration.not_utf8", Place(file=name)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(file=name, row=mark.line + 1 if mark else None)
        raise refuse("declaration.not_yaml", place) from error


def _check_events(text: str, name: str) -> None:
    """Refuse aliases, tags and deep nesting before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        place = Place(file=name, row=event.start_mark.line + 1)
        if isinstance(event, yaml.AliasEvent):
            raise refuse("declaration.alias", place)
        if getattr(event, "tag", None):
            raise refuse("declaration.tag", place, tag=event.tag)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise refuse("declaration.too_deep", place, limit=MAX_DEPTH)


def build(cls: type, declaration: Declaration, value: Any, path: Path = ()) -> Any:
    """Make ``cls`` (a frozen dataclass) of ``value``; None when a fault made that impossible.

    Unknown and missing keys, wrong types, numbers out of range and texts that are no choice are
    noted in ``declaration.faults``, all of the file; a field with a default may be left out.
    """
    if not isinstance(value, dict):
        declaration.add("declaration.wrong_type", path, key=_dotted(path), type="键值表")
        return None
    hints = typing.get_type_hints(cls)
    known = {field.name: field for field in dataclasses.fields(cls)}
    for key in [key for key in value if key not in known]:
        _unknown(declaration, (*path, key), key, known)
    arguments, before = {}, len(declaration.faults)
    for name, field in known.items():
        if name in value:
            arguments[name] = _typed(hints[name], declaration, value[name], (*path, name))
        elif field.default is dataclasses.MISSING:
            told = {"key": _dotted((*path, name)), "guide": declaration.guide}
            declaration.add("declaration.missing_key", path, **told)
    return cls(**arguments) if len(declaration.faults) == before else None


def _unknown(declaration: Declaration, path: Path, key: str, known: Iterable[str]) -> None:
    told = {"key": _dotted(path), "guide": declaration.guide}
    near = get_close_matches(key, known, 1)
    if near:
        declaration.add("declaration.misspelt_key", path, near=near[0], **told)
    else:
        declaration.add("declaration.unknown_key", path, **told)


def _typed(hint: Any, declaration: Declaration, value: Any, path: Path) -> Any:
    origin = typing.get_origin(hint)
    if isinstance(value, _Unreadable):
        declaration.add("declaration.bad_value", path, value=value.text)
        return None
    if origin is types.UnionType:
        inner = next(part for part in typing.get_args(hint) if part is not type(None))
        return None if value is None else _typed(inner, declaration, value, path)
    if origin is tuple:
        return _sequence(typing.get_args(hint)[0], declaration, value, path)
    if origin is Mapping:
        return _numbers(declaration, value, path)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), declaration, value, path)
    return _scalar(hint, declaration, value, path)


def _sequence(hint: Any, declaration: Declaration, value: Any, path: Path) -> tuple[Any, ...]:
    if not isinstance(value, list):
        declaration.add("declaration.wrong_type", path, key=_dotted(path), type="列表")
        return ()
    return tuple(_typed(hint, declaration, part, (*path, i)) for i, part in enumerate(value))


def _numbers(declaration: Declaration, value: Any, path: Path) -> Mapping[str, float]:
    if not isinstance(value, dict):
        declaration.add("declaration.wrong_type", path, key=_dotted(path), type="键值表")
        return {}
    pairs = {k: _typed(float, declaration, v, (*path, k)) for k, v in value.items()}
    return types.MappingProxyType(pairs)


def _scalar(hint: type, declaration: Declaration, value: Any, path: Path) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and hint in (int, float) or isinstance(value, float) and hint is float:
        return _number(hint, declaration, value, path)
    if hint is str and isinstance(value, str):
        return _text(declaration, value, path)
    if hint is bool and isinstance(value, bool):
        return value
    declaration.add("declaration.wrong_type", path, key=_dotted(path), type=_SCALARS[hint])
    return hint()


def _number(hint: type, declaration: Declaration, value: int | float, path: Path) -> Any:
    if not -LARGEST <= value <= LARGEST:  # nor is not-a-number between them
        declaration.add("declaration.not_finite", path, key=_dotted(path))
        return hint()
    key = _dotted(part for part in path if not isinstance(part, int))
    ranges = declaration.ranges
    low, high = ranges.get(key) or ranges.get(key.rpartition(".")[0]) or (-LARGEST, LARGEST)
    if not low <= value <= high:
        details = {"value": value, "low": low, "high": high}
        declaration.add("declaration.out_of_range", path, key=_dotted(path), **details)
    return hint(value)


def _text(declaration: Declaration, value: str, path: Path) -> str:
    known = declaration.choices.get(_dotted(part for part in path if not isinstance(part, int)))
    if known and value not in known:
        listed = "、".join(known)
        details = {"key": _dotted(path), "value": value, "known": listed}
        declaration.add("declaration.unknown_choice", path, **details)
    return value


def _dotted(path: Iterable[object]) -> str:
    return ".".join(str(part) for part in path) or "（文件）"
