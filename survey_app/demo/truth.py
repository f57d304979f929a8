"""How near the scores came to the planted truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.pipeline.truth import true_leaves, true_scores
from instruments.extract import read_extract
from reports import tables
from survey_app.demo.run import Sample


def compare_with_truth(out: Path, sample: Sample) -> list[str]:
    """One line per scorecard: mean absolute error, intervals and rank sets that hold the truth."""
    extract = read_extract(out / "extract")
    leaves = true_leaves(sample.province, instruments=extract.instruments, plan=extract.plan)
    scored = pd.read_csv(out / "results" / "units.csv", dtype={"unit": str, "group": str})
    truth = true_scores(
        leaves,
        units=extract.table("units"),
        classes=extract.table("classes"),
        framework=extract.framework("A"),
        plan=extract.plan,
        scored=scored,
    )
    keys = ["scorecard", "group", "unit"]
    both = scored.fillna({"group": ""}).merge(truth, on=keys)
    ranked = both.dropna(subset=["rank"]).copy()
    ranked["true_rank"] = ranked.groupby(keys[:2])["truth"].rank(ascending=False, method="min")
    return [_line(str(card), part) for card, part in ranked.groupby("scorecard", sort=True)]


def _line(scorecard: str, part: pd.DataFrame) -> str:
    error = float(np.mean(np.abs(part["score"] - part["truth"])))
    inside = int(part["truth"].between(part["score_low"], part["score_high"]).sum())
    sets = int(part["true_rank"].between(part["rank_low"], part["rank_high"]).sum())
    return (
        f"{scorecard}:{len(part)} 个单位，平均绝对误差 {tables.score(error, 2)} 分;"
        f"95% 区间含真值 {inside}/{len(part)},名次区间含真名次 {sets}/{len(part)}"
    )
