"""The points of a scorecard's leaves as its page shows and sends them: typed, read, summed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from instruments.faults import Fault, Place, fault
from instruments.model import Item
from instruments.reweighting import leaf_points, node_points
from instruments.scorecard import Framework, Indicator
from instruments.types import labels_of
from survey_app.phrases import phrase
from survey_app.typed import Mistyped, read_answer

LIMITS = {"proposer": ("提出者", 100), "reason": ("理由", 1000)}
"""Field → its label, and the signs that it may have."""
FIELD = "p-"
"""Begins the name of a leaf's field, so that no code is taken for another field."""
UNSAID = "—"
"""Stands for proposer or reason in a framework that is only tried."""
_POINTS = re.compile(r"\d{1,3}(\.\d{1,2})?")


@dataclass(frozen=True)
class Line:
    """One leaf: what it is, what it counts now, and what was typed for it."""

    leaf: Indicator
    above: str
    """Name of the node between it and the first level; '' if there is none."""
    frozen: str
    typed: str
    wrong: bool


@dataclass(frozen=True)
class Branch:
    """A first-level indicator with its leaves, and its sum frozen and new."""

    node: Indicator
    frozen: str
    sum: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class PointsSheet:
    """What was typed about a framework's points, what of it can be read, and what is wrong."""

    framework: Framework
    """The frozen one."""
    typed: Mapping[str, str]
    points: Mapping[str, Decimal]
    proposer: str = ""
    reason: str = ""
    faults: tuple[Fault, ...] = ()
    wrong: frozenset[str] = field(default_factory=frozenset)

    @property
    def sum(self) -> str:
        """Sum of what can be read."""
        return plain(sum(self.points.values(), Decimal(0)))

    @property
    def total(self) -> str:
        """What the sum must be: that of the frozen points."""
        return plain(sum(leaf_points(self.framework).values(), Decimal(0)))

    def branches(self) -> tuple[Branch, ...]:
        """First-level indicators in order, with their leaves."""
        return _branches(self.framework, self.points, self.typed, self.wrong)


def plain(number: Decimal) -> str:
    """Points as people write them, all digits and no more."""
    return format(number.normalize(), "f")


def tree_of(frozen: Framework, current: Framework) -> tuple[Branch, ...]:
    """Points of ``frozen`` beside those of ``current``."""
    now = leaf_points(current)
    return _branches(frozen, now, {code: plain(number) for code, number in now.items()})


def sheet_of(
    frozen: Framework, points: Mapping[str, Decimal], *, proposer: str = "", reason: str = ""
) -> PointsSheet:
    """A sheet that shows ``points`` of the leaves of ``frozen``."""
    typed = {code: plain(number) for code, number in points.items()}
    return PointsSheet(frozen, typed, points, proposer, reason)


def read_sheet(frozen: Framework, sent: Mapping[str, str]) -> PointsSheet:
    """What was sent about the leaves of ``frozen``, with every fault of it."""
    typed = {leaf.code: sent.get(f"{FIELD}{leaf.code}", "").strip()[:40] for leaf in frozen.leaves}
    points = {code: number for code, text in typed.items() if (number := _number(text))}
    wrong = frozenset(typed) - frozenset(points)
    faults = [
        fault("site.points_wrong", Place(file=f"{leaf.code} {leaf.name}"), typed=typed[leaf.code])
        for leaf in frozen.leaves
        if leaf.code in wrong
    ]
    proposer, reason = (one_line(sent.get(name, "")) for name in LIMITS)
    sheet = PointsSheet(frozen, typed, points, proposer, reason)
    faults += [] if wrong else _sum_faults(sheet)
    return replace(sheet, faults=tuple(faults), wrong=wrong)


def proposal_faults(sheet: PointsSheet) -> list[Fault]:
    """Why a version cannot be saved with these words: both are printed in the bulletin."""
    missing = {"proposer": "site.proposer_missing", "reason": "site.change_reason_missing"}
    faults = [fault(code) for name, code in missing.items() if not getattr(sheet, name)]
    return faults + [
        fault("site.text_long", name=label, limit=limit)
        for name, (label, limit) in LIMITS.items()
        if len(getattr(sheet, name)) > limit
    ]


def read_date(text: str) -> str:
    """A civil date as YYYY-MM-DD; '' for what is none."""
    try:
        return str(read_answer(Item("date", "date", ""), text)) if text.strip() else ""
    except Mistyped:
        return ""


def one_line(text: str) -> str:
    """``text`` on one line, without signs that do not show, normalised."""
    shown = (sign if sign.isprintable() else " " for sign in unicodedata.normalize("NFC", text))
    return " ".join("".join(shown).split())


def carried_words(frozen: Framework, draft: Framework) -> list[str]:
    """Modifiers that other points carry along, in words."""
    names = {**labels_of("project_types"), **labels_of("locality_types")}
    return [
        phrase(
            "weights.carried",
            types="、".join(names[kind] for kind in after.types),
            changes="，".join(
                f"{code} {before.points[code]:g}→{after.points[code]:g}" for code in after.points
            ),
        )
        for before, after in zip(frozen.modifiers, draft.modifiers, strict=True)
        if before != after
    ]


def _branches(
    frozen: Framework,
    points: Mapping[str, Decimal],
    typed: Mapping[str, str],
    wrong: frozenset[str] = frozenset(),
) -> tuple[Branch, ...]:
    before, now = node_points(frozen, leaf_points(frozen)), node_points(frozen, points)
    lines: dict[str, list[Line]] = {node.code: [] for node in frozen.children("")}
    for leaf in frozen.leaves:
        top = frozen.first_level(leaf.code)
        above = "" if leaf.parent == top.code else frozen.indicator(leaf.parent).name
        said, faulty = typed.get(leaf.code, ""), leaf.code in wrong
        lines[top.code].append(Line(leaf, above, plain(before[leaf.code]), said, faulty))
    return tuple(
        Branch(node, plain(before[node.code]), plain(now[node.code]), tuple(lines[node.code]))
        for node in frozen.children("")
    )


def _number(text: str) -> Decimal | None:
    """The points typed, or nothing where they are none, or none more than 0."""
    digits = unicodedata.normalize("NFKC", text)
    return (Decimal(digits) or None) if _POINTS.fullmatch(digits) and digits.isascii() else None


def _sum_faults(sheet: PointsSheet) -> list[Fault]:
    off = Decimal(sheet.sum) - Decimal(sheet.total)
    if not off:
        return []
    code = "site.points_over" if off > 0 else "site.points_under"
    return [fault(code, sum=sheet.sum, total=sheet.total, difference=plain(abs(off)))]
