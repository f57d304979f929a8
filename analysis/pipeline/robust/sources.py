"""Leaf values of all projects from other data: unadjusted, unscreened, without somebody's part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import counts, goalposts, raters
from analysis.pipeline import evidence, items
from analysis.pipeline.estimation import (
    Panel,
    all_leaves,
    leaf_codes,
    panel_values_of,
    survey_leaves,
    survey_values,
)
from analysis.pipeline.evidence import Evidence
from analysis.results import Cells
from instruments.methods import Plan

Tables = dict[str, np.ndarray]
"""Name of an alternative -> projects x leaves."""


@dataclass(frozen=True, eq=False)
class Sources:
    """What the same projects would have been measured by."""

    leaves: tuple[str, ...]
    declared: np.ndarray
    """Projects x leaves."""
    others: dict[str, Tables]
    """Factor (a name of ``robustness.sources``) -> what differs from ``declared``."""


@dataclass(frozen=True, eq=False)
class Given:
    """What a source is made of."""

    extract: Any
    data: Evidence
    panel: Panel
    plan: Plan
    shown: np.ndarray
    """Projects whose score may be shown; only these are what others are compared with."""

    def values(self, *, value: str, everything: bool = False) -> np.ndarray:
        """Projects x leaves, as ``estimation.estimate`` has them."""
        mean, n = survey_values(
            self.data,
            self.plan,
            cells=[c.cells for c in self.data.trainee],
            leaves=survey_leaves(self.data),
            shown=self.shown,
            everything=everything,
            value=value,
        )
        return all_leaves(self.data, self.panel, self.plan, value=mean, n=n)


def sources(given: Given) -> Sources:
    """Alternatives that the plan names in ``robustness.sources``, where the data have them.

    No alternative tells what one to four people said: a project of which so few rows are left out
    keeps its declared values under 'screening' (as ``score_all`` is hidden there), and under the
    'item' that so few answered.
    """
    robustness = given.plan.robustness
    assert robustness is not None  # nothing is asked for without it
    declared = given.values(value=given.plan.composite.value)
    made = {name: dict(MAKERS[name](given, declared)) for name in robustness.sources}
    return Sources(leaf_codes(given.data, given.panel), declared, made)


def _adjustment(given: Given, declared: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    other = {"raw": "adjusted", "adjusted": "raw"}[given.plan.composite.value]
    yield other, given.values(value=other)


def _screening(given: Given, declared: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    if given.data.excluded:
        every = given.values(value=given.plan.composite.value, everything=True)
        few = evidence.few_excluded(given.data, cell=given.plan.thresholds.min_cell)
        every[[project in few for project in given.data.projects]] = np.nan
        yield "everything", np.where(np.isnan(every), declared, every)


def _experts(given: Given, declared: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Without each rater in turn, at the deviations of the whole panel. What enough experts rated
    stays although one fewer is left: else one of two would take along all that experts saw."""
    rows = _panel_rows(given)
    for rater in sorted(set(rows["rater"])):
        yield rater, _by_panel(given, declared, ratings=rows[rows["rater"] != rater])


def _panel_rows(given: Given) -> pd.DataFrame:
    least = given.plan.thresholds.min_experts
    rows = raters.panel_rows(given.data.ratings, min_experts=least)
    return rows.drop(columns="rater_site")


def _items(given: Given, declared: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Without each scored question in turn; a leaf that has no other question is missing."""
    found: Tables = {}
    for name, leaf, values in (*_asked(given), *_rated(given, declared)):
        place = leaf_codes(given.data, given.panel).index(leaf)
        table = found.setdefault(name, declared.copy())
        table[:, place] = np.where(np.isnan(declared[:, place]), np.nan, values)
    hidden = items.few_answers(given.data, cell=given.plan.thresholds.min_cell)
    for name, table in found.items():
        few = [(unit, *name.split(" ", 1)) in hidden for unit in given.data.projects]
        yield name, np.where(np.array(few, dtype=bool)[:, None], declared, table)


def _asked(given: Given) -> Iterator[tuple[str, str, np.ndarray]]:
    """Item, leaf and the leaf's values without it: of trainees' forms, one count of each."""
    data, cell, cells = given.data, given.plan.thresholds.min_cell, []
    named: dict[str, tuple[str, str]] = {}
    for form in data.trainee:
        yield from _alone(form, len(data.projects))
        reduced, names = goalposts.without_items(form.scoring, plan=given.plan)
        code = form.scoring.instrument.code
        flags = data.flags[data.flags["instrument"] == code]
        counted = counts.count_cells(given.extract, scoring=reduced, flags=flags) if names else None
        none = Cells(form.cells.keys, (), form.cells.n[:, :0], form.cells.total[:, :0])
        cells.append(none if counted is None else counted)
        named |= {name: (f"{code} {item}", leaf) for name, (item, leaf) in names.items()}
    if named:
        value, n = survey_values(
            data,
            given.plan,
            cells=cells,
            leaves=list(named),
            shown=given.shown,
            everything=False,
            value=given.plan.composite.value,
        )
        for place, (name, leaf) in enumerate(named.values()):
            yield name, leaf, np.where(n[:, place] < cell, np.nan, value[:, place])


def _rated(given: Given, declared: np.ndarray) -> Iterator[tuple[str, str, np.ndarray]]:
    """The same of experts' forms, at the deviations of the whole panel; a leaf
    without other items is missing, and the others stay as they are."""
    for form in given.data.expert:
        yield from _alone(form, len(given.data.projects))
        reduced, names = goalposts.without_items(form.scoring, plan=given.plan)
        rows = counts.rating_rows(given.extract, scoring=reduced) if names else None
        for name, (item, leaf) in names.items():
            assert rows is not None
            other = _panel_rows(given).query("leaf != @leaf")
            own = rows[rows["leaf"] == name].assign(leaf=leaf)
            ratings = pd.concat([other, own[list(other)]], ignore_index=True)
            table = _by_panel(given, declared, ratings=ratings)
            place = leaf_codes(given.data, given.panel).index(leaf)
            yield f"{form.scoring.instrument.code} {item}", leaf, table[:, place]


def _alone(form: counts.Counts, size: int) -> Iterator[tuple[str, str, np.ndarray]]:
    for leaf in form.scoring.leaves:
        if len(leaf.items) == 1:
            yield (
                f"{form.scoring.instrument.code} {leaf.items[0]}",
                leaf.leaf,
                np.full(size, np.nan),
            )


def _by_panel(given: Given, declared: np.ndarray, *, ratings: pd.DataFrame) -> np.ndarray:
    """``declared`` with what these ratings say in place of the panel's; as declared where the
    model cannot be fitted to them."""
    try:
        left = panel_values_of(given.data, given.panel, given.plan, ratings=ratings)
    except ValueError:
        return declared
    first = len(survey_leaves(given.data))
    table, place = declared.copy(), slice(first, first + left.shape[1])
    table[:, place] = np.where(np.isnan(declared[:, place]), np.nan, left)
    return table


MAKERS = {"adjustment": _adjustment, "screening": _screening, "expert": _experts, "item": _items}
