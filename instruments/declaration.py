"""YAML declarations read strictly into frozen values, every fault named with its line."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any

import yaml

from instruments.faults import Fault, FaultsFound, Place, fault, refuse

MAX_BYTES = 1_000_000
"""A larger declaration is refused unread."""
MAX_DEPTH = 20
"""Deeper nesting has no meaning in any of our files."""
_SCALARS = {str: "文字", int: "整数", float: "数值", bool: "true 或 false"}


class Declaration:
    """One parsed file: ``value`` plain data, ``line`` of each key path, ``faults`` so far."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self._lines: dict[tuple[object, ...], int] = {}
        self.value = self._plain(_compose(data, name), ())
        if not isinstance(self.value, dict):
            raise refuse("declaration.not_mapping", Place(file=name))

    def place(self, path: tuple[object, ...]) -> Place:
        """Where the value at ``path`` stands (its parent's line, if it is missing)."""
        while path and path not in self._lines:
            path = path[:-1]
        return Place(file=self.name, row=self._lines.get(path))

    def add(self, code: str, path: tuple[object, ...], /, **details: object) -> None:
        """Note a fault at ``path``."""
        self.faults.append(fault(code, self.place(path), **details))

    def settle(self) -> None:
        """Raise FaultsFound if any fault was noted."""
        if self.faults:
            raise FaultsFound(self.faults)

    def _plain(self, node: yaml.Node | None, path: tuple[object, ...]) -> Any:
        if node is None:
            return None
        self._lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(child, (*path, i)) for i, child in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: tuple[object, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, child in node.value:
            key = str(key_node.value)
            if key in result:
                self.add("declaration.repeated_key", path, key=key)
            result[key] = self._plain(child, (*path, key))
        return result

    def _scalar(self, node: yaml.Node, path: tuple[object, ...]) -> Any:
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self.add("declaration.bad_value", path, value=node.value)
            return None


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
    """Refuse aliases and deep nesting before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        place = Place(file=name, row=event.start_mark.line + 1)
        if isinstance(event, yaml.AliasEvent):
            raise refuse("declaration.alias", place)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise refuse("declaration.too_deep", place, limit=MAX_DEPTH)


def build(cls: type, declaration: Declaration, value: Any, path: tuple[object, ...] = ()) -> Any:
    """Make ``cls`` (a frozen dataclass) of ``value``; None when a fault made that impossible.

    Unknown and missing keys and wrong types are noted in ``declaration.faults``; a field with a
    default may be left out.
    """
    if not isinstance(value, dict):
        declaration.add("declaration.wrong_type", path, key=_dotted(path), type="键值表")
        return None
    hints = typing.get_type_hints(cls)
    known = {field.name: field for field in dataclasses.fields(cls)}
    for key in value.keys() - known.keys():
        declaration.add("declaration.unknown_key", (*path, key), key=_dotted((*path, key)))
    arguments, before = {}, len(declaration.faults)
    for name, field in known.items():
        if name in value:
            arguments[name] = _typed(hints[name], declaration, value[name], (*path, name))
        elif field.default is dataclasses.MISSING:
            declaration.add("declaration.missing_key", path, key=_dotted((*path, name)))
    return cls(**arguments) if len(declaration.faults) == before else None


def _typed(hint: Any, declaration: Declaration, value: Any, path: tuple[object, ...]) -> Any:
    origin = typing.get_origin(hint)
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


def _sequence(
    hint: Any, declaration: Declaration, value: Any, path: tuple[object, ...]
) -> tuple[Any, ...]:
    if not isinstance(value, list):
        declaration.add("declaration.wrong_type", path, key=_dotted(path), type="列表")
        return ()
    return tuple(_typed(hint, declaration, part, (*path, i)) for i, part in enumerate(value))


def _numbers(declaration: Declaration, value: Any, path: tuple[object, ...]) -> Mapping[str, float]:
    if not isinstance(value, dict):
        declaration.add("declaration.wrong_type", path, key=_dotted(path), type="键值表")
        return {}
    pairs = {k: _scalar(float, declaration, v, (*path, k)) for k, v in value.items()}
    return types.MappingProxyType(pairs)


def _scalar(hint: type, declaration: Declaration, value: Any, path: tuple[object, ...]) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if hint is float and (whole or isinstance(value, float)) and abs(value) < float("inf"):
        return float(value)
    if (hint is int and whole) or (hint in (str, bool) and isinstance(value, hint)):
        return value
    declaration.add("declaration.wrong_type", path, key=_dotted(path), type=_SCALARS[hint])
    return hint()


def _dotted(path: tuple[object, ...]) -> str:
    return ".".join(str(part) for part in path) or "(文件)"
