"""Numbers and addresses by which somebody can be called or looked up: telephone, identity, mail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from survey_app.masking.folding import Folded, Span
from survey_app.masking.rules import Cue, Rules

_MAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+-]*\s*(?:@|\(at\)|\[at\]|#at#|艾特)\s*"
    r"[A-Za-z0-9-]+(?:\s*[.。·点]\s*[A-Za-z0-9-]{2,})+"
)
MOST_DIGITS = 25
"""Digits beyond which nothing is one number: bounds the search, whatever somebody types."""
_CHECK = re.compile(r"[Xx](?![A-Za-z])")


@dataclass(frozen=True)
class Group:
    """Digits in one piece of a text."""

    start: int
    end: int
    digits: str

    @property
    def size(self) -> int:
        """How many digits."""
        return len(self.digits)


def number_spans(folded: Folded, rules: Rules) -> Iterator[Span]:
    """Where mail addresses, account names and numbers of persons stand, the surest first."""
    text = folded.text
    yield from (Span(*found.span(), "mail") for found in _MAIL.finditer(text))
    runs = list(_runs(text, rules))
    for run in runs:
        yield from _shaped(run, text, rules)
    for run in runs:
        yield from _announced(run, text, rules)
    yield from _wechat_names(text, rules)
    for run in runs:
        yield from _long(run, text, rules)


def _runs(text: str, rules: Rules) -> Iterator[list[Group]]:
    """Groups of digits with nothing but separators between them."""
    tight, loose = (re.escape(rules.data[name]) for name in ("tight", "loose"))
    table, digit = _numerals(rules), f"[0-9{''.join(rules.data['numerals'])}]"
    for found in re.finditer(
        rf"{digit}+(?:[{tight}{loose}]{{1,3}}(?:{digit}+|X(?![A-Za-z])))*", text
    ):
        pieces = re.finditer(rf"{digit}+X?|X", found.group())
        groups = [
            Group(found.start() + p.start(), found.start() + p.end(), p.group()) for p in pieces
        ]
        yield [Group(g.start, g.end, g.digits.translate(table)) for g in _checked(groups, text)]


def _checked(groups: list[Group], text: str) -> list[Group]:
    """The last group with the X of an identity number that follows it."""
    last = groups[-1]
    if _CHECK.match(text, last.end):
        groups[-1] = Group(last.start, last.end + 1, last.digits + "X")
    return groups


@cache
def _table(numerals: tuple[tuple[str, int], ...]) -> dict[int, str]:
    return {ord(sign): str(digit) for sign, digit in numerals}


def _numerals(rules: Rules) -> dict[int, str]:
    return _table(tuple(rules.data["numerals"].items()))


def _shaped(run: list[Group], text: str, rules: Rules) -> Iterator[Span]:
    """Groups that make up a number of a known shape, the longest first."""
    first = 0
    while first < len(run):
        ends = range(min(len(run), first + MOST_DIGITS), first, -1)
        last = next((n for n in ends if _kind(run[first:n], text, rules)), 0)
        if last:
            kind = _kind(run[first:last], text, rules)
            yield Span(run[first].start, run[last - 1].end, kind)
        first = last or first + 1


def _kind(groups: list[Group], text: str, rules: Rules) -> str:
    """What these groups are together; '' if nothing."""
    digits = _digits(groups)
    if len(digits) > MOST_DIGITS:
        return ""
    card = "number" if _is_card(groups, digits, rules) else ""
    kind = next((kind for kind, shape in rules.shapes if shape.fullmatch(digits)), card)
    return kind if kind and _belong(groups, text, rules) else ""


def _digits(groups: list[Group]) -> str:
    return "".join(group.digits for group in groups)


def _is_card(groups: list[Group], digits: str, rules: Rules) -> bool:
    limits = rules.data["groups"]
    return len(groups) > 1 and limits["least"] <= len(digits) <= limits["most"]


def _belong(groups: list[Group], text: str, rules: Rules) -> bool:
    """Whether what stands between the groups splits one number, and not several."""
    pairs = zip(groups, groups[1:], strict=False)
    gaps = "".join(text[one.end : other.start] for one, other in pairs)
    if all(group.size > 1 for group in groups[:-1]):
        return True
    single = all(group.size == 1 for group in groups)
    highest = max(int(group.digits.rstrip("X") or 9) for group in groups)
    answers = single and highest <= rules.data["highest_answer"]
    return all(sign in rules.data["tight"] for sign in gaps) and not answers


def _announced(run: list[Group], text: str, rules: Rules) -> Iterator[Span]:
    """Digits after a word that says what they are."""
    for cue in rules.cues:
        found = _after(cue, run[0], text)
        size = sum(group.size for group in run)
        public = cue.kind == "phone" and _digits(run) in rules.data["public"]
        enough = size >= cue.least and not public
        if found and enough and not _is_harmless(run[-1], text, rules):
            yield Span(run[0].start, run[-1].end, cue.kind)
    yield from _wechat_number(run, text, rules)


def _wechat_number(run: list[Group], text: str, rules: Rules) -> Iterator[Span]:
    words = "|".join(map(re.escape, rules.data["wechat"]))
    joints = re.escape(rules.data["wechat_joints"])
    size = sum(group.size for group in run)
    before = text[max(0, run[0].start - 20) : run[0].start]
    found = re.search(rf"(?:{words})[{joints}\s]{{0,8}}$", before, re.I)
    if found and size >= 5 and not _is_harmless(run[-1], text, rules):
        yield Span(run[0].start, run[-1].end, "wechat")


def _after(cue: Cue, group: Group, text: str) -> bool:
    return bool(cue.before.search(text[max(0, group.start - 20) : group.start]))


def _long(run: list[Group], text: str, rules: Rules) -> Iterator[Span]:
    """Digits in one piece that are too many for a year, a score or a count."""
    for group in run:
        ascii_only = text[group.start : group.end].rstrip("Xx").isascii()
        if ascii_only and group.size >= rules.data["long"] and not _is_harmless(group, text, rules):
            yield Span(group.start, group.end, "number")


def _is_harmless(group: Group, text: str, rules: Rules) -> bool:
    """A date, a round number, or digits that count something."""
    units: list[str] = rules.data["units"]
    after = re.sub(r"^(?:[.,]\d+)*\s*", "", text[group.end : group.end + 12])
    counted = any(after.startswith(unit) for unit in units)
    return counted or _is_date(group.digits) or group.digits.endswith(rules.data["round"])


def _is_date(digits: str) -> bool:
    try:
        made = date.fromisoformat(digits) if len(digits) == 8 else date.min
    except ValueError:
        return False
    return 1900 <= made.year < 2100


def _wechat_names(text: str, rules: Rules) -> Iterator[Span]:
    known: Mapping[str, None] = dict.fromkeys(rules.data["not_ids"])
    for found in rules.wechat.finditer(text):
        if found.group(1).casefold() not in known:
            yield Span(*found.span(1), "wechat")
