"""A roster of remote trainees as it is pasted: names and short secrets, which are kept nowhere."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from instruments.faults import Fault, FaultsFound, Place, fault, refuse

PASTED = "名单"
_BETWEEN = re.compile(r"[\t,，;；]")
_MOBILE = re.compile(r"1\d{10}")
_SHORTEST, _LONGEST, _NAME = 4, 20, 60
"""Signs of a secret, and the most of a name."""


@dataclass(frozen=True)
class Member:
    """Somebody on a roster, written as one and the same however it was typed."""

    name: str
    secret: str

    @property
    def usable(self) -> bool:
        """Whether there is a name, and a secret neither too short nor too long."""
        return 0 < len(self.name) <= _NAME and _SHORTEST <= len(self.secret) <= _LONGEST


def member(name: str, secret: str) -> Member:
    """A name and the last four digits of a mobile number (of a whole one, its last four are
    taken), or whatever the class teacher has agreed on."""
    said = _folded(secret)
    return Member(_folded(name), said[-4:] if _MOBILE.fullmatch(said) else said)


def read_roster(text: str) -> list[Member]:
    """One member a line: name, then secret, between them a tab, comma or gap; a line that begins
    with 姓名 is a header. Raises FaultsFound with every fault by line."""
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    members: dict[Member, int] = {}
    faults: list[Fault] = []
    for number, line in lines:
        cells = _cells(line)
        if cells and cells[0] == "姓名":
            continue
        place = Place(file=PASTED, row=number)
        if len(cells) != 2:
            faults.append(fault("site.list_cells", place))
            continue
        found = member(*cells)
        if not found.usable:
            faults.append(fault("site.list_unusable", place, low=_SHORTEST, high=_LONGEST))
        elif members.setdefault(found, number) != number:
            faults.append(fault("site.list_twice", place, first=members[found]))
    if faults:
        raise FaultsFound(faults)
    if not members:
        raise refuse("site.list_empty", Place(file=PASTED))
    return list(members)


def _cells(line: str) -> list[str]:
    parts = _BETWEEN.split(line) if _BETWEEN.search(line) else line.rsplit(maxsplit=1)
    return [part.strip() for part in parts if part.strip()]


def _folded(text: str) -> str:
    """Letters and digits alone: full width, gaps and the dots in names are typed in many ways."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if sign.isalnum())
