"""Screens of whole classes: which to look at again, and why; no class and no answer is left out."""

from __future__ import annotations

import pandas as pd

from analysis.class_screens.bursts import BURST
from analysis.class_screens.form import columns_read, screen_form
from analysis.class_screens.likeness import COPIED, IDENTICAL
from analysis.class_screens.shares import OVERFULL, PRESSURE, QUICK, STRAIGHT
from instruments.methods import ClassScreens

__all__ = [
    "BY_CHANCE",
    "OVERFULL",
    "PRESSURE",
    "RAISED",
    "SCREENS",
    "STRAIGHT",
    "columns_read",
    "judge",
    "screen_form",
]
BY_CHANCE = (IDENTICAL, COPIED, BURST, STRAIGHT, QUICK, PRESSURE)
"""Screens that share the family's rate: what they find may be chance."""
SCREENS = (*BY_CHANCE, OVERFULL)
RAISED, CLEAR, UNJUDGED = "raised", "clear", "unjudged"


def judge(found: pd.DataFrame, *, choice: ClassScreens, least: int) -> pd.DataFrame:
    """Say of each row of the screens whether it raises the class.

    In: ``class_code``, ``screen``, ``n``, ``statistic``, ``expected``, ``p``. Out: the same with
    ``state``: ``raised`` where p is at most the family's rate shared among ``BY_CHANCE``
    (Bonferroni) and the statistic counts at least ``least`` answers, so that no raised class
    points at fewer people; ``unjudged`` where p is missing; else ``clear``.
    """
    level = choice.family_rate / len(BY_CHANCE)
    rare = (found["p"] <= level) & (found["statistic"] >= least)
    state = pd.Series(CLEAR, index=found.index).mask(rare, RAISED)
    return found.assign(state=state.mask(found["p"].isna(), UNJUDGED))
