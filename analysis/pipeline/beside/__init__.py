"""What stands beside the ranking and never decides it: the tables of ``beside_tables``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.pipeline.beside import contrast, fuzzy_table, natural, years
from analysis.results import Earlier
from instruments.methods import Plan


def frames(
    published: Mapping[str, pd.DataFrame], plan: Plan, *, of: Any, before: Earlier | None
) -> dict[str, pd.DataFrame]:
    """Frames of ``beside_tables.MADE_BESIDE``, made of ``published`` ones as a reader could.

    ``of``: the extract, whose frameworks and instruments say what the numbers are of. A part that
    the plan does not have leaves its tables empty.
    """
    units = published["units"]
    found = contrast.contrast_frames(units, published["indicators"], plan)
    found |= natural.natural_frames(units, plan)
    found |= years.year_frames(units, plan, before=before)
    words = {"frameworks": of.frameworks, "instruments": of.instruments}
    return found | fuzzy_table.fuzzy_frames(published["shares"], plan, **words)
