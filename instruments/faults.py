"""Coded faults: what is wrong, where, and how to mend it, in words for the person who must."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import yaml

_LONGEST = 400
"""Characters of a detail that a message shows; longer texts are no names or numbers of ours."""


@dataclass(frozen=True)
class Place:
    """Where a fault sits: file, sheet, row (1-based, as a spreadsheet shows it), column."""

    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        parts = [self.file, f"工作表“{self.sheet}”" if self.sheet else ""]
        parts += [
            f"第{self.row}行" if self.row else "",
            f"“{self.column}”列" if self.column else "",
        ]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Fault:
    """One fault: code (a key of library/faults.yaml), place, and the details its text names."""

    code: str
    place: Place
    details: tuple[tuple[str, str], ...] = ()

    @property
    def message(self) -> str:
        """What is wrong, in Chinese."""
        return _texts()[self.code]["message"].format_map(dict(self.details))

    @property
    def remedy(self) -> str:
        """How to mend it, in Chinese."""
        return _texts()[self.code]["remedy"].format_map(dict(self.details))

    def in_language(self, code: str) -> tuple[str, str]:
        """What is wrong and how to mend it, in a language that has words, else Chinese."""
        words = _texts(code).get(self.code) or _texts()[self.code]
        details = dict(self.details)
        return words["message"].format_map(details), words["remedy"].format_map(details)

    def __str__(self) -> str:
        place = f"{self.place}：" if str(self.place) else ""
        return f"[{self.code}] {place}{self.message} 处理办法：{self.remedy}"


class FaultsFound(Exception):  # noqa: N818 - it says what happened
    """Input was refused; ``faults`` holds all of them at once, never only the first."""

    def __init__(self, faults: list[Fault] | tuple[Fault, ...]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def fault(code: str, place: Place | None = None, /, **details: object) -> Fault:
    """Make a fault; raises KeyError when ``code`` has no text in library/faults.yaml."""
    if code not in _texts():
        raise KeyError(code)
    told = tuple((key, _told(value)) for key, value in sorted(details.items()))
    return Fault(code, place or Place(), told)


def _told(value: object) -> str:
    """``value`` as a person can read it, whatever a hostile file put there."""
    text = "".join(char if char.isprintable() else " " for char in str(value)[: 10 * _LONGEST])
    lined = " ".join(text.split())
    return lined if len(lined) <= _LONGEST else f"{lined[:_LONGEST]}…"


def refuse(code: str, place: Place | None = None, /, **details: object) -> FaultsFound:
    """An exception that carries one fault, to be raised by the caller."""
    return FaultsFound([fault(code, place, **details)])


_CACHE: dict[str, dict[str, dict[str, str]]] = {}


def _texts(language: str = "zh") -> dict[str, dict[str, str]]:
    """All texts of a language: Chinese ones in library/faults, others in a folder there each."""
    if language not in _CACHE:
        merged: dict[str, dict[str, str]] = {}
        folder = files("instruments").joinpath("library/faults")
        of = folder if language == "zh" else folder.joinpath(language)
        for path in sorted(of.iterdir(), key=str) if of.is_dir() else ():
            if path.name.endswith(".yaml"):
                merged |= yaml.safe_load(path.read_text(encoding="utf-8"))
        _CACHE[language] = merged
    return _CACHE[language]
