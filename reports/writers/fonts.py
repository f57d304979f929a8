"""Fonts of a printed bulletin by role; a character that no font of a role has stops the run."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn as package
import typst
import yaml

from instruments.faults import Fault, FaultsFound, Place, fault, refuse
from reports.document import Bulletin
from reports.wording import packaged
from reports.writers.strings import ROLES, String, printed, strings_of

BUILT_IN = "fonts.yaml"
_KEYS = {"file", "package", "family", "word", "latin", "more"}
LATIN = "Times New Roman"
"""Word's family for letters and digits in tables: every office has it or its equal in width."""
_TOLD = 40
"""Faults told one by one."""
_MANY, _FIRST = 12, 8
"""More characters than that lacks only a font of another script: told as one, by the first few."""


@dataclass(frozen=True)
class Face:
    """One font of a role: its family, its file, and the family that Word is told."""

    family: str
    path: Path
    word: str
    latin: str = LATIN
    """The family that Word is told for letters and digits in tables."""
    more: tuple[Face, ...] = ()
    """Further fonts, asked for characters that this one lacks."""


@dataclass(frozen=True)
class Fonts:
    """The face of each role: headline, running text, second-level and first-level headings."""

    title: Face
    body: Face
    kai: Face
    hei: Face

    def role(self, name: str) -> Face:
        """The face of ``name``, one of ROLES."""
        return {"title": self.title, "body": self.body, "kai": self.kai, "hei": self.hei}[name]

    def paths(self) -> tuple[Path, ...]:
        """Every font file once, in the roles' order."""
        faces = [one for name in ROLES for one in _chain(self.role(name))]
        return tuple(dict.fromkeys(face.path for face in faces))

    def named(self) -> tuple[tuple[str, str, str], ...]:
        """Role, family and hash of each font file, for whoever is to set the same again."""
        pairs = [(name, one) for name in ROLES for one in _chain(self.role(name))]
        return tuple(
            (name, face.family, hashlib.sha256(face.path.read_bytes()).hexdigest())
            for name, face in pairs
        )


@dataclass(frozen=True)
class Substitute:
    """A character set in another font than its role's, because that lacks it."""

    role: str
    character: str
    family: str


def read_fonts(path: Path | None) -> Fonts:
    """The fonts that ``path`` names, built-in ones for roles it leaves out; FaultsFound if bad."""
    faces = _faces(packaged(f"templates/{BUILT_IN}"), Place(BUILT_IN), Path())
    if path is not None:
        place = Place(path.name)
        faces |= _faces(_loaded(path, place), place, path.parent)
    return Fonts(**faces)


def _loaded(path: Path, place: Place) -> Any:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise refuse("fonts.yaml", place) from error
    if not isinstance(found, dict):
        raise refuse("fonts.yaml", place)
    return found


def _faces(stated: Mapping[Any, Any], place: Place, folder: Path) -> dict[str, Face]:
    faces = {}
    for role, choice in stated.items():
        if role not in ROLES:
            raise refuse("fonts.role", place, role=role, known=", ".join(ROLES))
        if not isinstance(choice, dict):
            raise refuse("fonts.key", place, role=role, key=choice)
        faces[role] = _face(role, choice, place, folder)
    return faces


def _face(role: str, choice: Mapping[Any, Any], place: Place, folder: Path) -> Face:
    more = choice.get("more") or []
    texts = [key for key in choice if key != "more" and not isinstance(choice[key], str)]
    wrong = [key for key in choice if key not in _KEYS] + texts
    if wrong or not isinstance(more, list) or not all(isinstance(one, str) for one in more):
        raise refuse("fonts.key", place, role=role, key=", ".join(map(str, wrong)) or "more")
    if not choice.get("file") and choice.get("package") not in ("serif", "sans"):
        raise refuse("fonts.key", place, role=role, key="file")
    path = folder / choice["file"] if choice.get("file") else _packaged(choice["package"])
    family = _family(role, path, choice.get("family", ""), place)
    others = tuple(
        Face(name, folder / one, name, name)
        for one in more
        for name in [_family(role, folder / one, "", place)]
    )
    word, latin = choice.get("word", family), choice.get("latin", LATIN)
    return Face(family, path, word, latin, others)


def _packaged(name: str) -> Path:
    return Path({"serif": package.serif_path, "sans": package.sans_path}[name]())


def _family(role: str, path: Path, stated: str, place: Place) -> str:
    """``stated`` if the file holds it, the file's first family if none is stated."""
    known = sorted({font.family for font in _fonts_in((path,))}) if path.is_file() else []
    if not known or not _cmap(path, known[0]):
        raise refuse("fonts.unreadable", place, role=role, file=path.name)
    if stated and stated not in known:
        told = {"file": path.name, "family": stated, "known": ", ".join(known)}
        raise refuse("fonts.family", place, role=role, **told)
    return stated or known[0]


@cache
def font_book(paths: tuple[Path, ...]) -> typst.Fonts:
    """Exactly these font files for Typst: no system font, nothing else of their folders."""
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            Path(folder, f"{number}{path.suffix}").symlink_to(path.resolve())
        return typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
        )


def _fonts_in(paths: tuple[Path, ...]) -> list[Any]:
    return list(font_book(paths).fonts())


@cache
def _cmap(path: Path, family: str) -> frozenset[str]:
    """Characters of the first font of ``family`` in a file; empty if it cannot be read."""
    from fontTools.ttLib import TTFont, TTLibError

    index = next(font.index for font in _fonts_in((path,)) if font.family == family)
    try:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            return frozenset(map(chr, font.getBestCmap() or ()))
    except (OSError, TTLibError, KeyError, ValueError):
        return frozenset()


_Lack = tuple[str, Place, list[str]]
"""Role, place, and the characters there that no font of the role has."""


def _chain(face: Face) -> tuple[Face, ...]:
    return (face, *face.more)


def check_glyphs(bulletin: Bulletin, fonts: Fonts) -> tuple[Substitute, ...]:
    """``check_texts`` for everything that a bulletin prints."""
    return check_texts(strings_of(bulletin), fonts)


def check_texts(texts: Iterable[String], fonts: Fonts) -> tuple[Substitute, ...]:
    """Characters of ``texts`` that a role's further fonts must lend, each once; raises FaultsFound
    that names place and characters where no font of the role has them, once for a role that lacks
    many."""
    chains = {
        role: [(one.family, _cmap(one.path, one.family)) for one in _chain(fonts.role(role))]
        for role in ROLES
    }
    lent: dict[Substitute, None] = {}
    found: list[_Lack] = []
    for role, place, text in texts:
        strange = sorted(set(printed(text)) - chains[role][0][1])
        if strange:
            lacking = list(_lacking(role, strange, chains[role], lent))
            if lacking:
                found.append((role, place, lacking))
    if found:
        faults = list(_glyph_faults(found, fonts))
        rest = len(faults) - _TOLD
        told = faults[:_TOLD] + ([fault("fonts.more", count=rest)] if rest > 0 else [])
        raise FaultsFound(told)
    return tuple(lent)


def _lacking(
    role: str,
    strange: list[str],
    chain: list[tuple[str, frozenset[str]]],
    lent: dict[Substitute, None],
) -> Iterator[str]:
    """Those of ``strange`` that no font of ``chain`` has; the others are noted in ``lent``."""
    for character in strange:
        family = next((name for name, cmap in chain if character in cmap), "")
        if family:
            lent.setdefault(Substitute(role, character, family))
        else:
            yield character


def _glyph_faults(found: list[_Lack], fonts: Fonts) -> Iterator[Fault]:
    lacked: dict[str, dict[str, None]] = {}
    for role, _, lacking in found:
        lacked.setdefault(role, {}).update(dict.fromkeys(lacking))
    many = {role for role, characters in lacked.items() if len(characters) > _MANY}
    for role, place, lacking in found:
        code, told = "fonts.glyph", lacking
        if role in many:
            code, told = "fonts.many", list(lacked.pop(role, ()))
        if told:
            words = {"role": role, "family": fonts.role(role).family, "count": len(told)}
            first = told if code == "fonts.glyph" else told[:_FIRST]
            yield fault(code, place, characters=_shown(first), **words)


def _shown(characters: list[str]) -> str:
    return " ".join(f"{character}(U+{ord(character):04X})" for character in characters)
