"""Where the printed scores of a ranked group have gaps: a description, beside the bands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import classes, ranks
from analysis.pipeline.rows import ranked_groups, stacked
from instruments.beside_tables import (
    NATURAL_CHOICE_RESULTS,
    NATURAL_CLASS_RESULTS,
    NATURAL_UNIT_RESULTS,
)
from instruments.methods import Plan

TABLES = (NATURAL_UNIT_RESULTS, NATURAL_CLASS_RESULTS, NATURAL_CHOICE_RESULTS)


def natural_frames(units: pd.DataFrame, plan: Plan) -> dict[str, pd.DataFrame]:
    """``natural_units``, ``natural_classes``, ``natural_choice`` of every ranked group.

    ``units``: the result table after disclosure control. The values are the printed scores, so
    that no tie is split; their number of classes is the one of the best BIC, with the median
    standard error, but at least half of the last printed digit, as floor of a class's spread.
    Empty where the plan has no part ``natural``.
    """
    parts: dict[str, list[pd.DataFrame]] = {table.name: [] for table in TABLES}
    for (card, group), rows in ranked_groups(units) if plan.natural is not None else ():
        for name, frame in _group(rows, plan).items():
            parts[name].append(frame.assign(scorecard=card, group=group))
    return {table.name: stacked(parts[table.name], table.names) for table in TABLES}


def _group(rows: pd.DataFrame, plan: Plan) -> dict[str, pd.DataFrame]:
    assert plan.natural is not None  # asked for by the plan
    decimals = plan.ranks.printed_decimals
    score = ranks.printed_scores(rows["score"].to_numpy(dtype=float), decimals=decimals)
    each, noise = np.ones(len(score)), _noise(rows, decimals=decimals)
    bic = classes.class_bic(score, most=plan.natural.most, weights=each, noise=noise)
    number = 1 + int(bic.argmax())
    found = classes.optimal_classes(score, k=number, weights=each)
    high = np.array([score[found.label == k].max() for k in range(number)])
    choice = {"number": np.arange(1, len(bic) + 1), "bic": bic, "noise": noise}
    kinds = {
        "natural": np.arange(1, number + 1),
        "units": found.size.astype(int),
        "low": found.cut,
        "high": high,
        "centre": found.centre,
        "gap": np.append(found.cut[:-1] - high[1:], np.nan),
    }
    own = {"unit": rows["unit"].to_numpy(), "natural": found.label + 1}
    return {
        NATURAL_UNIT_RESULTS.name: pd.DataFrame(own | {"band": rows["band"].to_numpy()}),
        NATURAL_CLASS_RESULTS.name: pd.DataFrame(kinds),
        NATURAL_CHOICE_RESULTS.name: pd.DataFrame(choice).assign(
            chosen=lambda table: table["number"] == number
        ),
    }


def _noise(rows: pd.DataFrame, *, decimals: int) -> float:
    error = rows["score_se"].to_numpy(dtype=float)
    return max(float(np.median(error)), 0.5 * 10.0**-decimals)
