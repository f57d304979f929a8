"""Tables of results that say what the data are worth, none of which changes a score."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.pipeline.quality import compared, marked, scales, shares, silence
from analysis.pipeline.quality.among import Among
from analysis.pipeline.rounds import Round
from instruments.quality_tables import QUALITY_TABLES
from instruments.scale_tables import SCALE_TABLES


def frames(
    extract: Any, main: Round, units: pd.DataFrame, items: pd.DataFrame, classes: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """``QUALITY_TABLES`` and ``SCALE_TABLES`` after disclosure control.

    ``units``, ``items``, ``classes``: those tables as they are published. Projects whose score is
    withheld give nothing to any row. A part that the plan does not have leaves its tables empty.
    """
    among = Among(extract, main, units, items, classes)
    found = silence.frames(among) | compared.frames(among) | shares.frames(among)
    found |= {"careless": marked.careless_rows(among)} | scales.frames(among)
    tables = (*QUALITY_TABLES, *SCALE_TABLES)
    return {table.name: found[table.name].reindex(columns=table.names) for table in tables}
