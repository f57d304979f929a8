"""From a sealed extract and a plan to results: the only package that composes the stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pandas as pd

from analysis import provenance, robustness
from analysis.pipeline import admission, estimation, evidence, league
from analysis.pipeline.cards import cards
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
    admitted = admission.admit(data, plan, rated=panel.measured)
    estimate = partial(estimation.estimate, data, panel, plan, shown=admitted[0].shown)
    kept = estimate(everything=False)
    whole = estimate(everything=True) if data.excluded else kept
    _tell(progress, steps)
    main = cards(data, kept, panel, plan, admitted=admitted)
    leagues = [league.decide(card, data.framework, plan) for card in main]
    frames = {name: _stack(leagues, name) for name in league.TABLES}
    _tell(progress, steps)
    others = cards(data, whole, panel, plan, admitted=admitted)
    again = pd.concat([league.rank_again(card, frames["units"], plan) for card in others])
    beside = robustness.with_and_without(frames["units"], everything=again)
    frames["sensitivity"] = evidence.hide_effect_of_few(
        beside, data=data, plan=plan, rosters=[one.who for one in admitted]
    )
    shown = frames["units"].query("scorecard == 'A-project' and score.notna()")["unit"]
    frames |= evidence.frames(data, plan, rated=panel.measured, published=set(shown))
    people = estimation.people_variance(data, shown=admitted[0].shown)
    variance = [part for part in (panel.variance, people) if len(part)] or [panel.variance]
    frames |= {"raters": panel.severities, "variance": pd.concat(variance, ignore_index=True)}
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
