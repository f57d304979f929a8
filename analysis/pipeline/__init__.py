"""From a sealed extract and a plan to results: the only package that composes the stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from analysis import provenance, robustness
from analysis.pipeline import estimation, evidence, league
from analysis.results import Results
from instruments.result_tables import RESULT_TABLES
from instruments.scorecard import Plan

Progress = Callable[[str, int, int], None]
STEPS = ("筛查与计数", "专家评分", "均值与调整", "合成与排名", "结果成表", "完成")


def score(extract: Any, plan: Plan, *, progress: Progress | None = None) -> Results:
    """Score every project and institution of an extract (``instruments.extract.Extract``).

    Stages in order: flags, counts, weights, means, adjustment, experts' panel, composite,
    shrinkage, ranks, bands, robustness, disclosure. ``progress`` is told (step, done, total).
    Scores are points of 0-100. Raises FaultsFound ``analysis.disconnected`` when the plan refuses
    a panel that falls apart. Method: docs/method.md, whose sections follow these stages.
    """
    steps = iter(enumerate(STEPS))
    _tell(progress, steps)
    data = evidence.collect(extract, plan)
    _tell(progress, steps)
    panel = estimation.rate_panel(data, plan)
    _tell(progress, steps)
    kept = estimation.estimate(data, panel, plan, everything=False)
    whole = estimation.estimate(data, panel, plan, everything=True) if data.excluded else kept
    _tell(progress, steps)
    cards = estimation.cards(data, kept, panel, plan)
    leagues = [league.decide(card, data.framework, plan) for card in cards]
    frames = {name: _stack(leagues, name) for name in league.TABLES}
    _tell(progress, steps)
    others = estimation.cards(data, whole, panel, plan)
    again = pd.concat([league.rank_again(card, frames["units"], plan) for card in others])
    beside = robustness.with_and_without(frames["units"], everything=again)
    frames["sensitivity"] = evidence.hide_effect_of_few(beside, data=data, plan=plan)
    shown = frames["units"].query("scorecard == 'A-project' and score.notna()")["unit"]
    frames |= evidence.frames(data, plan, rated=panel.measured, published=set(shown))
    frames |= {"raters": panel.severities, "variance": panel.variance}
    _tell(progress, steps)
    return Results(
        extract.cycle,
        extract.day,
        extract.sha256,
        data.framework,
        plan,
        tuple(extract.instruments),
        data.framework.measurable,
        provenance.describe(),
        **{table.name: frames[table.name][table.names] for table in RESULT_TABLES},
    )


def _tell(progress: Progress | None, steps: Iterator[tuple[int, str]]) -> None:
    done, step = next(steps)
    if progress is not None:
        progress(step, done, len(STEPS) - 1)


def _stack(leagues: list[dict[str, pd.DataFrame]], name: str) -> pd.DataFrame:
    parts = [found[name] for found in leagues if len(found[name])]
    return pd.concat(parts or [leagues[0][name]], ignore_index=True)
