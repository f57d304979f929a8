"""How near the scores came to the planted truth, and what careless and pressed answers became."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.pipeline import evidence
from analysis.pipeline.truth import honest_leaves, true_leaves, true_localities, true_scores
from analysis.results import SURVEYS
from analysis.screen import PROBES, STRAIGHT_LINE
from instruments.extract import Extract, read_extract
from reports import tables
from reports.wording import choice
from survey_app.demo.run import Sample

KEYS = ["scorecard", "group", "unit"]
PLANTED = {
    "careless_classes": (STRAIGHT_LINE, "直线作答且未通过检测题"),
    "pressed_classes": (PROBES[0], "有人要求打高分或在旁观看"),
}
"""Setting that names classes, the flag that must find them, its name."""


def compare_with_truth(out: Path, sample: Sample) -> list[str]:
    """Lines for people: per scorecard how near truth and score are; per flag, in which classes."""
    extract = read_extract(out / "extract")
    both = _both(extract, sample, out / "results")
    off = _touched(extract.table("units"), sample.draw.settings)
    ranked = both[both["ranked"]]
    keys = zip(*(ranked[key] for key in KEYS), strict=True)
    spoilt = np.array([key in off for key in keys], dtype=bool)
    kept = _with_true_ranks(ranked, spoilt)[~spoilt]
    lines = [_line(str(card), part) for card, part in kept.groupby("scorecard", sort=True)]
    lines.append(
        f"另有 {int(spoilt.sum())} 个参加排名的单位因预设的应报未报、留空而偏离真值，不计入以上各行"
    )
    return [*lines, IMPLIED, *_flagged(extract, sample)]


IMPLIED = (
    "“设计本身允许的相关”由标准误推得：信度＝真值方差÷（真值方差＋标准误平方的均值），取平方根"
)


def _both(extract: Extract, sample: Sample, results: Path) -> pd.DataFrame:
    """Units of the results with their planted truth."""
    scored = pd.read_parquet(results / "units.parquet").fillna({"group": ""})
    return scored.merge(_truth(extract, sample, scored), on=KEYS)


def _with_true_ranks(ranked: pd.DataFrame, spoilt: np.ndarray) -> pd.DataFrame:
    """With the rank that each truth would have, among spoilt units as they were scored."""
    seen = ranked["truth"].where(~spoilt, ranked["score"])
    ranks = seen.groupby([ranked[key] for key in KEYS[:2]]).rank(ascending=False, method="min")
    return ranked.assign(true_rank=ranks)


def _truth(extract: Extract, sample: Sample, scored: pd.DataFrame) -> pd.DataFrame:
    """Composite of the planted truth of every unit of every scorecard."""
    known: dict[str, Any] = {"instruments": extract.instruments, "plan": extract.plan}
    units = extract.table("units")
    honest = {(case.instrument, case.target): case.answers for case in sample.honest}
    records = honest_leaves(honest, units=units, frameworks=extract.frameworks, **known)
    leaves = pd.concat([true_leaves(sample.province, **known), records], ignore_index=True)
    institutions = true_scores(
        leaves,
        units=units,
        classes=extract.table("classes"),
        framework=extract.framework("A"),
        plan=extract.plan,
        scored=scored,
    )
    places = true_localities(leaves, extract=extract, plan=extract.plan)
    return pd.concat([institutions, places], ignore_index=True)


def _touched(units: pd.DataFrame, settings: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """Units whose record was planted to be missing or blank, and those above them."""
    rows = units.set_index("unit")[["kind", "type", "parent"]].fillna("")
    found = set()
    for code in {*settings["withheld"], *settings["blank"]} & set(rows.index):
        kind, type_, parent = (str(value) for value in rows.loc[code])
        if kind == "project":
            found |= {("A-project", type_, code), ("A", type_, parent), ("A-overall", "", parent)}
        else:
            found |= {("B-county", "", code), ("B-city", "", parent)}
    return found


def _line(scorecard: str, part: pd.DataFrame) -> str:
    error = float(np.mean(np.abs(part["score"] - part["truth"])))
    inside = int(part["truth"].between(part["score_low"], part["score_high"]).sum())
    sets = int(part["true_rank"].between(part["rank_low"], part["rank_high"]).sum())
    spread, noise = float(part["truth"].var()), float((part["score_se"] ** 2).mean())
    found = float(part["truth"].corr(part["score"], method="spearman"))
    return (
        f"{choice('scorecards', scorecard)}：{len(part)}个单位，"
        f"平均绝对误差{tables.score(error, 2)}分；"
        f"95%区间含真值{inside}/{len(part)}，名次区间含真名次{sets}/{len(part)}；"
        f"真值与得分的秩相关{tables.score(found, 2)}，"
        f"设计本身允许的相关{tables.score(float(np.sqrt(spread / (spread + noise))), 2)}"
    )


def _flagged(extract: Extract, sample: Sample) -> Iterator[str]:
    """Whether the classes in which most rows carry a flag are those in which it was planted."""
    flags, _ = evidence.surveys(
        extract, extract.plan, extract.framework("A"), subjects=SURVEYS[:1], waves=("end",)
    )
    by_class = pd.concat(flags, ignore_index=True).groupby("class_code")
    for setting, (flag, name) in PLANTED.items():
        shares = by_class[flag].mean().astype(float).sort_values(ascending=False)
        planted = set(sample.draw.settings[setting]) & set(shares.index)
        highest = set(shares.index[: len(planted)])
        means = shares[list(planted)].mean(), shares.drop(list(planted)).mean()
        there, elsewhere = (tables.share(float(mean)) for mean in means)
        yield (
            f"筛查“{name}”：预设集中的 {len(planted)} 个班（{'、'.join(sorted(planted))}）中，"
            f"{len(planted & highest)} 个在标记占比最高的 {len(planted)} 个班之内；"
            f"这些班标记占比平均 {there}，其余各班 {elsewhere}"
        )
