"""The bulletin's phrases, read from templates/phrases.yaml and filled with formatted text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def packaged(name: str) -> Any:
    """What a YAML file of this package says, read once; ``name`` is its path below reports/."""
    return yaml.safe_load(files("reports").joinpath(name).read_text(encoding="utf-8"))


def _phrases() -> dict[str, Any]:
    found: dict[str, Any] = packaged("templates/phrases.yaml")
    return found


def phrase(key: str, **values: object) -> str:
    """The phrase at dotted ``key`` with ``values`` filled in; raises KeyError if there is none."""
    found = entry(key)
    if not isinstance(found, str):
        raise KeyError(f"{key} is not a phrase")
    return found.format_map(values)


def phrases(key: str, **values: object) -> tuple[str, ...]:
    """The list of phrases at dotted ``key``, each filled in."""
    return tuple(text.format_map(values) for text in entry(key))


def entry(key: str) -> Any:
    """Whatever stands at dotted ``key``; raises KeyError naming it if nothing does."""
    node: Any = _phrases()
    for part in key.split("."):
        if part not in node:
            raise KeyError(key)
        node = node[part]
    return node


def choice(key: str, value: str) -> str:
    """The phrase for ``value`` in the table at ``key``; ``value`` itself when it has none."""
    return str(entry(key).get(value, value))


def joined(parts: Iterable[str], joint: str = "listing") -> str:
    """``parts`` with the punctuation of ``joints.<joint>`` between them."""
    return phrase(f"joints.{joint}").join(parts)
