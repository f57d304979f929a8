"""From a sealed extract and a plan to results: the only package that composes the stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis import provenance, robustness
from analysis.pipeline import (
    beside,
    changes,
    evidence,
    gating,
    items,
    league,
    panel,
    quality,
    raised,
    reported,
    robust,
    rounds,
)
from analysis.results import Earlier, Results
from instruments.methods import Plan
from instruments.paired_tables import PAIRED_RESULTS
from instruments.result_tables import (
    EDITION_RESULTS,
    RESULT_TABLES,
    REWEIGHTED_RESULTS,
    UNRAISED_RESULTS,
)
from instruments.scorecard import Framework

Progress = Callable[[str, int, int], None]
STEPS = ("筛查与计数", "专家评分", "均值、合成与排名", "稳健性", "结果成表", "完成")


def score(
    extract: Any,
    plan: Plan,
    *,
    frameworks: Sequence[Framework] | None = None,
    progress: Progress | None = None,
    before: Earlier | None = None,
) -> Results:
    """Score every unit of an extract (``instruments.extract.Extract``) by both scorecards.

    Stages in order: flags, counts, records, weights, means, adjustment, experts' panel, composite,
    shrinkage, ranks, bands, robustness, disclosure. ``frameworks``: versions later than the frozen
    ones of the extract; the ranks under the frozen points then stand beside. ``before``: an earlier
    cycle on the same scale, to be compared with. ``progress`` is told (step, done, total). Scores
    are points of 0-100. Raises FaultsFound ``analysis.disconnected`` when the plan refuses a panel
    that falls apart. Method: docs/method.md, whose sections follow these stages.
    """
    steps = iter(enumerate(STEPS))
    waves = rounds.WAVES[extract.cycle.edition]
    final = replace(extract, frameworks=tuple(frameworks)) if frameworks else extract
    _tell(progress, steps)
    main = rounds.collect(final, plan, waves=waves)
    _tell(progress, steps)
    rated = main.panel.measured
    _tell(progress, steps)
    cards = main.cards()
    frames = main.decide(cards)
    _tell(progress, steps)
    units = frames["units"]
    frames |= _by_other_rows(main, extract, units, waves)
    frames["editions"] = _earlier_edition(main, final, units, waves)
    frames["reweighted"] = _frozen_points(extract, plan, units, waves, changed=bool(frameworks))
    frames |= robust.robust_frames(main, extract=final, units=units, cards=cards)
    _tell(progress, steps)
    frames |= evidence.frames(main.data, plan) | {"items": _items(main, units, rated)}
    frames |= panel.frames(main, final)
    frames["fields"] = reported.field_rows(final, main.reports)
    frames["focus"] = reported.focus_rows(final, columns=reported.FOCUS)
    frames["paired"] = _changes(main, final, units, waves)
    frames |= quality.frames(final, main, units, frames["items"], frames["classes"])
    frames |= gating.gating_frames(frames, plan, frameworks=final.frameworks)
    frames |= beside.frames(frames, plan, of=final, before=before)
    _tell(progress, steps)
    return Results(
        extract.cycle,
        extract.day,
        extract.sha256,
        tuple(final.frameworks),
        tuple(extract.frameworks),
        plan,
        tuple(extract.instruments),
        provenance.describe(),
        **{table.name: frames[table.name][table.names] for table in RESULT_TABLES},
        before=before,
    )


def _by_other_rows(
    main: rounds.Round, extract: Any, units: pd.DataFrame, waves: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """The ranking with every row, and without the classes that the screens raise."""
    shown = main.admitted[0].shown
    screens = raised.screened_classes(extract, main.plan, main.data, waves=waves, shown=shown)
    unraised = _without_raised(main, units, screens)
    every = _with_everything(main, units)
    return {"sensitivity": every, "class_screens": screens, "unraised": unraised}


def _with_everything(main: rounds.Round, units: pd.DataFrame) -> pd.DataFrame:
    """The ranking with no row left out, beside the main one."""
    others = main.scores(everything=main.excluded)
    again = pd.concat([league.rank_again(rows, units, main.plan) for rows in others])
    both = robustness.with_and_without(units, other=again, suffix="all")
    rosters = [one.who for one in main.admitted]
    return evidence.hide_effect_of_few(both, data=main.data, plan=main.plan, rosters=rosters)


def _without_raised(main: rounds.Round, units: pd.DataFrame, screens: pd.DataFrame) -> pd.DataFrame:
    """The ranking without the classes that are raised for review, beside the main one."""
    codes = raised.raised_codes(screens)
    if not codes:
        return pd.DataFrame(columns=UNRAISED_RESULTS.names)
    gone = raised.emptied(main.data, codes, cell=main.plan.thresholds.min_cell)
    nothing = (units["scorecard"] == "A-project") & units["unit"].isin(gone)
    left = units.assign(score=units["score"].mask(nothing))
    others = main.scores(everything=False, without=codes)
    again = pd.concat([league.rank_again(rows, left, main.plan) for rows in others])
    both = robustness.with_and_without(units, other=again, suffix="unraised")
    rosters = [one.who for one in main.admitted]
    return raised.hide_few(both, data=main.data, plan=main.plan, rosters=rosters, classes=codes)


def _earlier_edition(
    main: rounds.Round, extract: Any, units: pd.DataFrame, waves: Sequence[str]
) -> pd.DataFrame:
    """The first edition beside the second: the same data without the follow-up wave."""
    if tuple(waves) != rounds.BOTH:
        return pd.DataFrame(columns=EDITION_RESULTS.names)
    return rounds.beside(rounds.narrowed(main, extract, waves=("end",)), units, suffix="end")


def _frozen_points(
    extract: Any, plan: Plan, units: pd.DataFrame, waves: Sequence[str], *, changed: bool
) -> pd.DataFrame:
    """The ranking under the extract's own frameworks beside that under later versions."""
    if not changed:
        return pd.DataFrame(columns=REWEIGHTED_RESULTS.names)
    return rounds.beside(rounds.collect(extract, plan, waves=waves), units, suffix="frozen")


def _items(main: rounds.Round, units: pd.DataFrame, rated: pd.DataFrame) -> pd.DataFrame:
    """Items of projects and, where there are any, of counties."""
    cell = main.plan.thresholds.min_cell
    shown = units.query("scorecard == 'A-project' and score.notna()")["unit"]
    parts = [items.of_projects(main.data, cell=cell, rated=rated, published=set(shown))]
    if main.local is not None:
        parts.append(items.of_counties(main.local.evidence, cell=cell))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _changes(
    main: rounds.Round, extract: Any, units: pd.DataFrame, waves: Sequence[str]
) -> pd.DataFrame:
    """How the same people changed from one wave to the other, where the edition has both."""
    if tuple(waves) != rounds.BOTH:
        return pd.DataFrame(columns=PAIRED_RESULTS.names)
    flags, shown = main.data.flags, units.query("scorecard == 'A-project' and score.notna()")
    return changes.paired_rows(
        extract,
        main.plan,
        excluded=set(flags.loc[flags["excluded"].astype(bool), "response"]),
        published=set(shown["unit"]),
    )


def _tell(progress: Progress | None, steps: Iterator[tuple[int, str]]) -> None:
    done, step = next(steps)
    if progress is not None:
        progress(step, done, len(STEPS) - 1)
