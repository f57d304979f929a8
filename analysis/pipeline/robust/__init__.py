"""What the ranks would have been under other choices: the tables of ``robustness_tables``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis import tabulate
from analysis.pipeline.robust.leagues import leagues
from analysis.pipeline.robust.rows import effective_rows, league_frames
from analysis.pipeline.rounds import Round
from analysis.pipeline.rows import stacked
from instruments.robustness_tables import EFFECTIVE_RESULTS, ROBUSTNESS_TABLES

__all__ = ["robust_frames"]


def robust_frames(
    main: Round, extract: Any, units: pd.DataFrame, *, cards: Sequence[tabulate.Card]
) -> dict[str, pd.DataFrame]:
    """Frames of ``ROBUSTNESS_TABLES``; empty where the plan has no part ``robustness``.

    ``units``: the result table, after disclosure control; only units that it ranks take part, so
    that nothing rests on what is withheld. ``cards``: those that ``units`` was made of.
    """
    parts: dict[str, list[pd.DataFrame]] = {table.name: [] for table in ROBUSTNESS_TABLES}
    if main.plan.robustness is not None:
        for league in leagues(main, extract, units):
            for name, frame in league_frames(league, main.plan).items():
                parts[name].append(frame)
        name = EFFECTIVE_RESULTS.name
        parts[name] = [effective_rows(card, main.framework(card), units) for card in cards]
    return {table.name: stacked(parts[table.name], table.names) for table in ROBUSTNESS_TABLES}
