"""What a board 看板 may tell of how many have answered: in steps, a day later, never of a few.

A count that is looked at twice tells who came between. So days count when they are over, days with
few answers wait until they are enough together, and what was told once is never told otherwise
(decision record 18).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from survey_app.phrases import phrase

UNBEGUN, SMALL, FEW, SOME, NEARLY = "unbegun", "small", "few", "some", "nearly"
"""How much is told: that nobody could answer yet; nothing, the class is too small; that there are
few; a number; that so few are missing that their number is not told."""
ALL_OVER = "9999-12-31"
"""``today`` for a form that takes no answer any more: no day of its is still going on."""


@dataclass(frozen=True)
class Span:
    """Days up to ``last`` and since the span before: how many answers they brought, and how many
    there were by then; at least so many in the last span of a class of which few are missing."""

    last: str
    n: int
    total: int


@dataclass(frozen=True)
class Stepped:
    """What may be told of one form of one class or session."""

    enrolled: int
    least: int
    """Minimum cell."""
    state: str
    n: int
    """At least so many have answered: the only number that any page, sum or share is made of."""
    spans: tuple[Span, ...] = ()

    @property
    def words(self) -> str:
        """The count in words."""
        return phrase(f"board.{self.state}", n=self.n, least=self.least)

    @property
    def percent(self) -> int:
        """Share of the enrolled in whole percent: rounded, but down where it is a least."""
        half = 0 if self.state == NEARLY else self.enrolled // 2
        return (100 * self.n + half) // self.enrolled if self.enrolled else 0

    @property
    def share(self) -> str:
        """The same in words; '—' where no count is told."""
        more = phrase("board.more") if self.state == NEARLY else ""
        return f"{self.percent}%{more}" if self.n else "—"


def step(
    by_medium: Mapping[str, Mapping[str, int]], *, enrolled: int, least: int, today: str
) -> Stepped:
    """What may be told ``today`` of answers (medium → ISO day → how many) of those enrolled, with
    ``least`` as the minimum cell. Each medium has its own steps: who knows how many sheets of paper
    there were takes them off, and what is left is stepped still."""
    if enrolled < least:
        return Stepped(enrolled, least, SMALL, 0)
    spans: list[Span] = []
    total = 0
    for day, n in _released(by_medium, least, today):
        before, total = total, total + n
        if total > enrolled - least:  # whoever is missing would be one of a few
            most = max(least, enrolled - least + 1)
            spans.append(Span(day, most - before, most))
            return Stepped(enrolled, least, NEARLY, most, tuple(spans))
        spans.append(Span(day, n, total))
    return Stepped(enrolled, least, SOME if spans else FEW, total, tuple(spans))


def _released(
    by_medium: Mapping[str, Mapping[str, int]], least: int, today: str
) -> list[tuple[str, int]]:
    """Days from which more could be told, and how many more."""
    found: Counter[str] = Counter()
    for by_day in by_medium.values():
        found.update(dict(_closed(by_day, least, today)))
    return sorted(found.items())


def _closed(by_day: Mapping[str, int], least: int, today: str) -> Iterator[tuple[str, int]]:
    """Last days of spans that are over, each as short as it can be with ``least`` answers."""
    n = 0
    for day in sorted(day for day in by_day if day < today):
        n += by_day[day]
        if n >= least:
            yield day, n
            n = 0
