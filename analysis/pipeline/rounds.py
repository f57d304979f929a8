"""One round of scoring: all that is collected for some waves, and the cards made of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis import counts, tabulate
from analysis.pipeline import admission, cards, estimation, evidence, league, localities, raised
from analysis.pipeline.reported import Reported
from analysis.results import SURVEYS
from instruments.methods import Plan
from instruments.scorecard import Framework

EXPERT = "expert"
"""Role of those whose ratings the experts' model rests on."""
BOTH = ("end", "followup")
WAVES = {"end": ("end",), "followup": BOTH}
"""Waves that an edition is scored from: 期末通报, 跟踪通报 (domain section 00, two editions)."""


@dataclass(frozen=True, eq=False)
class Round:
    """Everything known of one extract for some waves, under one plan and its frameworks."""

    plan: Plan
    data: evidence.Evidence
    local: localities.Localities | None
    rated: estimation.Panel | None = None
    """The experts' model, where another round has fitted it to the same ratings."""

    @property
    def excluded(self) -> bool:
        """Whether any row is left out of the main ranking."""
        local = self.local is not None and self.local.evidence.excluded
        return self.data.excluded or local

    @cached_property
    def panel(self) -> estimation.Panel:
        """The experts' model."""
        return self.rated or estimation.rate_panel(self.data, self.plan)

    @cached_property
    def admitted(self) -> tuple[admission.Admitted, ...]:
        """The three rosters of scorecard A with what enters them."""
        return admission.admit(self.data, self.plan, rated=self.panel.measured)

    @cached_property
    def estimates(self) -> estimation.ProjectEstimates:
        """Leaf estimates of the projects, from the kept rows."""
        return estimation.estimate(self.data, self.panel, self.plan, shown=self._shown)

    @property
    def _shown(self) -> np.ndarray:
        return self.admitted[0].shown

    def cards(self) -> list[tabulate.Card]:
        """Cards of both scorecards, from the kept rows."""
        found = cards.cards(
            self.data, self.estimates, self.panel, self.plan, admitted=self.admitted
        )
        if self.local is None:
            return found
        return found + localities.cards(self.local, self.plan)

    def scores(
        self, *, everything: bool, without: Collection[str] = frozenset()
    ) -> list[pd.DataFrame]:
        """Scorecard, group, unit and score of each card, from the kept rows or from
        ``everything``; those of the classes ``without`` are left aside, by the same panel and for
        the same units."""
        data = raised.without(self.data, without) if without else self.data
        values = estimation.ranked_values(
            data, self.panel, self.plan, shown=self._shown, everything=everything
        )
        found = cards.scores(data, values, self.plan, admitted=self.admitted)
        if self.local is None:
            return found
        local = raised.without_local(self.local, without) if without else self.local
        return found + localities.scores(local, self.plan, everything=everything)

    @property
    def reports(self) -> list[tuple[Framework, Reported]]:
        """What records say, with the framework whose leaves they measure."""
        found = [(self.data.framework, self.data.reported)]
        if self.local is not None:
            own = self.local.evidence
            found += [(own.framework, own.reported), (own.framework, self.local.own)]
        return found

    def framework(self, card: tabulate.Card) -> Framework:
        """The framework that a card is scored by."""
        if self.local is not None and card.scorecard in localities.CARDS.values():
            return self.local.evidence.framework
        return self.data.framework

    def decide(self, found: list[tabulate.Card]) -> dict[str, pd.DataFrame]:
        """The tables of ``league.TABLES`` over all cards."""
        leagues = [league.decide(card, self.framework(card), self.plan) for card in found]
        return {name: _stack([one[name] for one in leagues]) for name in league.TABLES}


def collect(extract: Any, plan: Plan, *, waves: Collection[str]) -> Round:
    """Flag, count and read all that an extract holds of these waves."""
    local = localities.collect(extract, plan, waves=waves)
    return Round(plan, evidence.collect(extract, plan, waves=waves), local)


def narrowed(whole: Round, extract: Any, *, waves: Collection[str]) -> Round:
    """What ``collect`` gives for fewer waves than those of ``whole``, from the same extract and
    plan: forms are counted one by one, so that those left are not counted again."""
    data, local = whole.data, whole.local
    gone = [c.scoring for c in (*data.trainee, *data.expert) if _wave(c) not in waves]
    kept = _of_waves(data, extract, waves)
    lost = any(counts.identifies(s) or s.instrument.role == EXPERT for s in gone)
    if lost or _counting(data) is not _counting(kept):  # more than forms would have to go
        return collect(extract, whole.plan, waves=waves)
    if local is not None:
        own = _of_waves(local.evidence, extract, waves)
        own = replace(own, by_class=localities.answered(own.trainee))
        local = replace(local, evidence=own)
    return Round(whole.plan, kept, local, rated=whole.panel)


def _wave(counted: counts.Counts) -> str:
    return counted.scoring.instrument.wave


def _counting(data: evidence.Evidence) -> counts.Counts | None:
    """The form that people are counted by."""
    whole = [c for c in data.trainee if c.scoring.instrument.subject == SURVEYS[0]]
    return next(iter([*whole, *data.trainee]), None)


def _of_waves(data: evidence.Evidence, extract: Any, waves: Collection[str]) -> evidence.Evidence:
    left = tuple(c for c in data.trainee if _wave(c) in waves)
    codes = [c.scoring.instrument.code for c in left]
    return replace(
        data,
        trainee=left,
        flags=data.flags[data.flags["instrument"].isin(codes)].reset_index(drop=True),
        not_due=evidence.not_due(extract, data.framework, waves=waves),
    )


def beside(other: Round, main: pd.DataFrame, *, suffix: str) -> pd.DataFrame:
    """What another round said of every unit of ``main``, beside its own score and rank.

    Out: scorecard, group, unit, score_<suffix>, rank_<suffix>, score, rank.
    """
    placed = [league.placed(card, other.framework(card), other.plan) for card in other.cards()]
    keys = ["scorecard", "group", "unit"]
    names = {"score": f"score_{suffix}", "rank": f"rank_{suffix}"}
    earlier = pd.concat(placed)[[*keys, *names]].rename(columns=names)
    return main[[*keys, "score", "rank"]].merge(earlier, on=keys, how="left")


def _stack(frames: list[pd.DataFrame]) -> pd.DataFrame:
    full = [frame for frame in frames if len(frame)]
    return pd.concat(full or frames[:1], ignore_index=True)
