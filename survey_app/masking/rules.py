"""The rules of masking as frozen values, from rules.yaml, surnames.yaml and ordinary_words.txt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Cue:
    """Words that announce digits of a kind; ``least``: how few digits count then."""

    kind: str
    least: int
    before: re.Pattern[str]


@dataclass(frozen=True)
class Surnames:
    """Which signs are surnames, and when: 'certain' anywhere, 'uncertain' where a phrase begins."""

    certain: frozenset[str]
    uncertain: frozenset[str]
    compound: frozenset[str]
    leads: tuple[str, ...]
    ordinary: frozenset[str]
    longest: int


@dataclass(frozen=True)
class Rules:
    """All that rules.yaml says; ``data`` holds what is used as it stands there."""

    data: Mapping[str, Any]
    cues: tuple[Cue, ...]
    shapes: tuple[tuple[str, re.Pattern[str]], ...]
    title: re.Pattern[str]
    introduction: re.Pattern[str]
    called: re.Pattern[str]
    wechat: re.Pattern[str]
    surnames: Surnames

    @property
    def marks(self) -> dict[str, str]:
        """Kind → what stands in the place of something masked."""
        marks: dict[str, str] = self.data["marks"]
        return marks


@cache
def masking_rules() -> Rules:
    """The rules that come with the program, read once."""
    data, surnames = yaml.safe_load(_file("rules.yaml")), _surnames()
    return Rules(
        data=data,
        cues=tuple(_cue(row, data["gap"]) for row in data["cues"]),
        shapes=tuple((kind, re.compile(shape)) for kind, shape in data["shapes"]),
        title=re.compile(_one_of(data["titles"])),
        introduction=re.compile(_one_of(data["introductions"]) + data["fillers"]),
        called=_called(surnames),
        wechat=_wechat(data),
        surnames=surnames,
    )


def _file(name: str) -> str:
    return files("survey_app.masking").joinpath(name).read_text(encoding="utf-8")


def _one_of(words: list[str]) -> str:
    return "(?:" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + ")"


def _cue(row: Mapping[str, Any], gap: int) -> Cue:
    before = re.compile(f"{_one_of(row['words'])}[^。！？!?;；\\n\\ue000\\d]{{0,{gap}}}$", re.I)
    return Cue(row["kind"], row["least"], before)


def _wechat(data: Mapping[str, Any]) -> re.Pattern[str]:
    joints = f"[{re.escape(data['wechat_joints'])}\\s]{{0,8}}"
    words = _one_of(data["wechat"])
    return re.compile(f"(?<![A-Za-z]){words}{joints}([A-Za-z][-_A-Za-z0-9]{{5,19}})", re.I)


def _called(surnames: Surnames) -> re.Pattern[str]:
    known = sorted(surnames.certain | surnames.uncertain | surnames.compound)
    return re.compile(f"姓({'|'.join(known)})(?=的|某|，|,|。|$)")


def _surnames() -> Surnames:
    found, more = (yaml.safe_load(_file(name)) for name in ("surnames.yaml", "rules.yaml"))
    single, never, uncertain = (
        set("".join(found[name].split())) for name in ("single", "never", "uncertain")
    )
    lines = _file("ordinary_words.txt").splitlines()
    ordinary = {w for line in lines if not line.startswith("#") for w in line.split()}
    ordinary |= {*more["words"].split(), *more["models"], *more["titles"]}
    ordinary |= {word for word in found["leads"] if len(word) > 1}
    return Surnames(
        certain=frozenset(single - never - uncertain),
        uncertain=frozenset(uncertain),
        compound=frozenset(found["compound"].split()),
        leads=tuple(found["leads"]),
        ordinary=frozenset(ordinary),
        longest=max(map(len, ordinary)),
    )
