"""The self-made code 自编代码: how it is asked, from library/self_code.yaml, and what makes one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from instruments.model import CHINESE

LONGEST = 20
"""Signs of one part that are looked at."""


@dataclass(frozen=True)
class Element:
    """One small question of the code; ``kind``: 'word', or 'number' whose leading zeros say
    nothing."""

    name: str
    kind: str
    label: str


@dataclass(frozen=True)
class SelfCode:
    """The recipe, in the words of the page and of the paper form."""

    title: str
    hint: str
    parts: tuple[Element, ...]


@cache
def self_code(language: str = CHINESE.code) -> SelfCode:
    """The recipe that comes with the program, in a language that it is worded in, else in Chinese;
    its sources are named in the file."""
    path = files("instruments").joinpath("library/self_code.yaml")
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    said = found["words"].get(language) or found["words"][CHINESE.code]
    parts = tuple(Element(**part, label=said[part["name"]]) for part in found["parts"])
    return SelfCode(said["title"], said["hint"], parts)


def normalised_code(typed: Mapping[str, str]) -> str:
    """One text for what was typed alike: part name → as typed; '' unless every part says something.

    Width, case, spaces and punctuation do not count, nor leading zeros of a number.
    """
    parts = [_normalised(part, typed.get(part.name, "")) for part in self_code().parts]
    return "|".join(parts) if all(parts) else ""


def _normalised(part: Element, typed: str) -> str:
    folded = unicodedata.normalize("NFKC", typed).casefold()
    if part.kind == "number":
        return "".join(sign for sign in folded if sign.isdecimal())[:LONGEST].lstrip("0")
    return "".join(sign for sign in folded if sign.isalnum())[:LONGEST]
