"""Which scored items of a form belong together, and their answers as numbers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from analysis import screen
from instruments.methods import Plan
from instruments.model import Instrument, Item

WHOLE = "*"
"""All scored items of a form, as one scale."""
LEAST = 2
"""One item is no scale."""


def scored_items(instrument: Instrument) -> list[Item]:
    """Items that are scored by themselves, in the order asked."""
    names = {m.item for m in instrument.mappings if not m.baseline}
    return [item for item in instrument.items if item.name in names and item.scale is not None]


def main_grid(instrument: Instrument) -> list[str]:
    """Scored items of the answer scale that most of them share, in the order asked."""
    items = [item for item in scored_items(instrument) if item.scale is not None]
    sizes = Counter(item.scale.name for item in items if item.scale)
    if not sizes:
        return []
    most = max(sizes.values())
    name = next(i.scale.name for i in items if i.scale and sizes[i.scale.name] == most)
    return [item.name for item in items if item.scale and item.scale.name == name]


def scales_of(instrument: Instrument) -> dict[str, list[str]]:
    """Scales of a form: items of one answer scale feeding one first- or second-level indicator.

    Only of the items that everybody is asked.
    Key: the indicator's code; ``WHOLE``: all scored items. A first-level indicator is left out
    where it has the items of one of its second-level ones, and where items of several answer
    scales feed an indicator each answer scale's are taken, the largest under the bare code.
    """
    leaf = {m.item: m.indicator for m in instrument.mappings}
    conditional = {
        item.name for part in instrument.sections for item in part.items if part.relevant
    }
    order = [i for i in scored_items(instrument) if not i.relevant and i.name not in conditional]
    found: dict[str, list[str]] = {}
    for depth in (2, 1):
        of: dict[tuple[str, str], list[str]] = {}
        for item in order:
            code = ".".join(leaf[item.name].split(".")[:depth])
            of.setdefault((code, item.scale.name if item.scale else ""), []).append(item.name)
        for (code, _), items in sorted(of.items(), key=lambda pair: -len(pair[1])):
            known = items in found.values() or code in found
            if len(items) >= LEAST and not known:
                found[code] = items
    whole = [item.name for item in order]
    if len(whole) >= LEAST and whole not in found.values():
        found[WHOLE] = whole
    return dict(sorted(found.items()))


def as_codes(answers: pd.DataFrame, items: list[str]) -> pd.DataFrame:
    """Codes as numbers; blanks and codes that are no number, such as 不适用, are missing."""
    return pd.DataFrame({name: _numbers(answers[name]) for name in items}, index=answers.index)


def _numbers(answers: pd.Series) -> np.ndarray:
    codes = sorted(set(answers.dropna().unique()))
    found = pd.to_numeric(pd.Series(codes, dtype=object), errors="coerce").astype(float)
    return screen.told(answers, dict(zip(codes, found, strict=True)), unknown=np.nan)


def as_scores(
    answers: pd.DataFrame, items: list[str], *, instrument: Instrument, plan: Plan
) -> pd.DataFrame:
    """Answers as points of 0-100 by the plan's goalposts, so that all point in one direction."""
    scaling = {m.item: plan.scale(m.scaling) for m in instrument.mappings}
    out = {}
    for name in items:
        known = {}
        for code in sorted(set(answers[name].dropna().unique())):
            try:
                known[code] = scaling[name].score(str(code))
            except (KeyError, ValueError):  # 不适用, or no number
                known[code] = np.nan
        out[name] = screen.told(answers[name], known, unknown=np.nan)
    return pd.DataFrame(out, index=answers.index)
