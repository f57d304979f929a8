"""All that is counted before any estimate, and the tables of results that only count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis import counts, disclosure, goalposts, roster, screen
from analysis.pipeline import combined
from analysis.pipeline.reported import Reported, concerned, report
from analysis.results import OBSERVATIONS, SURVEYS, Scoring
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.scorecard import Framework

SCORECARD = "A"
"""Whose framework projects and institutions are scored by."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Counts of an extract; arrays run along ``projects``."""

    framework: Framework
    units: pd.DataFrame
    projects: tuple[str, ...]
    types: tuple[str, ...]
    """Type of each project; '' where it has none."""
    classes: pd.DataFrame
    trainee: tuple[counts.Counts, ...]
    expert: tuple[counts.Counts, ...]
    flags: pd.DataFrame
    ratings: pd.DataFrame
    people: pd.DataFrame | None
    """project, class_code, respondent, value: only when the instrument tells people apart."""
    slope: float
    """Points of 0-100 per unit of ``people.value``; NaN where no line leads to points."""
    by_class: pd.Series
    """Responses per class to the instrument that counts people."""
    reported: Reported
    not_due: frozenset[str]
    """Leaves whose wave is still to come."""
    concerned: Mapping[str, frozenset[str]]
    """Leaf to the projects that it applies to."""
    margins: pd.DataFrame
    """class_code, trait, level, count of the roster; none where nothing is raked to it."""

    @property
    def excluded(self) -> bool:
        """Whether any row is left out of the main ranking."""
        return bool(self.flags["excluded"].any())

    @cached_property
    def enrolled(self) -> np.ndarray:
        """People enrolled per project; NaN where any class's number is unknown."""
        numbers = self.classes.assign(enrolled=_floats(self.classes["enrolled"]))
        total = numbers.groupby("project")["enrolled"].sum(min_count=1).reindex(self.projects)
        unknown = numbers["enrolled"].isna().groupby(numbers["project"]).any()
        gaps = unknown.reindex(self.projects, fill_value=True).to_numpy(dtype=bool)
        return np.where(gaps, np.nan, total.to_numpy(dtype=float))

    @cached_property
    def n(self) -> np.ndarray:
        """Responses per project."""
        project = self.classes.set_index("class_code")["project"]
        found = self.by_class.groupby(self.by_class.index.map(project)).sum()
        return found.reindex(self.projects, fill_value=0).to_numpy(dtype=float)


def _floats(column: pd.Series) -> np.ndarray:
    return column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def collect(extract: Any, plan: Plan, *, waves: Collection[str]) -> Evidence:
    """Flag and count every response of these waves by the plan's goalposts (scorecard A)."""
    units, classes = extract.table("units"), extract.table("classes")
    framework = extract.framework(SCORECARD)
    flags, counted = surveys(extract, plan, framework, subjects=SURVEYS, waves=waves)
    expert = _scorings(extract, plan, framework, OBSERVATIONS, waves)
    ratings = [counts.rating_rows(extract, scoring=s) for s in expert]
    rated = [
        counts.count_scores(
            counts.read_scored(extract, scoring=s, items=()), flags=_unflagged(rows)
        )
        for s, rows in zip(expert, ratings, strict=True)
    ]
    people = _people(extract, [c.scoring for c in (*counted, *rated)], classes)
    projects = tuple(sorted(units.loc[units["kind"] == "project", "unit"]))
    leaves = [leaf.code for leaf in framework.leaves]
    return Evidence(
        framework,
        units,
        projects,
        types_of(units, projects, kind="project"),
        classes,
        tuple(counted),
        tuple(rated),
        joined_flags(flags, counted, plan),
        _joined(ratings, ["response", "rater", "project", "session", "leaf", "score"]),
        people,
        _slope([c.scoring for c in (*counted, *rated)], plan),
        _by_class([*counted, *rated], people),
        report(extract, framework, plan, units=projects, leaves=leaves),
        not_due(extract, framework, waves=waves),
        concerned(framework, units, projects),
        extract.table("roster_margins"),
    )


def _marks(plan: Plan) -> list[str]:
    return [*_FLAGGED, *screen.FLAGS, *combined.rule_names(plan), "excluded"]


_FLAGGED = ["response", "class_code", "project", "instrument"]


def joined_flags(
    flags: list[pd.DataFrame], counted: list[counts.Counts], plan: Plan
) -> pd.DataFrame:
    """Flags of all forms in one frame, each row with the code of its instrument."""
    pairs = zip(flags, counted, strict=True)
    by_form = [rows.assign(instrument=one.scoring.instrument.code) for rows, one in pairs]
    full = [rows for rows in by_form if len(rows)]
    codes = {
        name: sorted({code for rows in full for code in rows[name].cat.categories})
        for name in ("class_code", "project")
    }
    types = {name: pd.CategoricalDtype(levels) for name, levels in codes.items()}
    types["instrument"] = pd.CategoricalDtype([one.scoring.instrument.code for one in counted])
    return _joined([rows.astype(types) for rows in full], _marks(plan))


def types_of(units: pd.DataFrame, codes: Sequence[str], *, kind: str) -> tuple[str, ...]:
    """Types of the units ``codes`` of one kind, '' where there is none."""
    known = units[units["kind"] == kind].set_index("unit")["type"].fillna("")
    return tuple(str(known[code]) for code in codes)


def surveys(
    extract: Any,
    plan: Plan,
    framework: Framework,
    *,
    subjects: Collection[tuple[str, str, str]],
    waves: Collection[str],
) -> tuple[list[pd.DataFrame], list[counts.Counts]]:
    """Flags and counts of every form of ``subjects`` and ``waves`` that feeds the framework."""
    flags, counted = [], []
    for scoring in _scorings(extract, plan, framework, subjects, waves):
        form = scoring.instrument
        needed = (*screen.screened_items(form), *combined.columns_read(form, plan))
        read = counts.read_scored(extract, scoring=scoring, items=needed)
        flags.append(_flagged(read.answers, form, plan))
        counted.append(counts.count_scores(read, flags=flags[-1]))
    return flags, counted


def not_due(extract: Any, framework: Framework, *, waves: Collection[str]) -> frozenset[str]:
    """Leaves measured by forms of a wave that is not among ``waves``."""
    later = {one.code for one in extract.instruments if one.wave not in waves}
    return frozenset(leaf.code for leaf in framework.leaves if leaf.instrument in later)


def _scorings(
    extract: Any,
    plan: Plan,
    framework: Framework,
    subjects: Collection[tuple[str, str, str]],
    waves: Collection[str],
) -> list[Scoring]:
    leaves = {leaf.code for leaf in framework.leaves}
    found = [i for i in extract.instruments if i.subject in subjects and i.wave in waves]
    scorings = [goalposts.scoring(i, plan=plan, leaves=leaves) for i in found]
    return [scoring for scoring in scorings if scoring.leaves]


def _flagged(answers: pd.DataFrame, form: Instrument, plan: Plan) -> pd.DataFrame:
    flags = screen.flag_responses(answers, instrument=form, screening=plan.screening)
    return combined.with_combined(flags, answers, instrument=form, plan=plan)


def _unflagged(ratings: pd.DataFrame) -> pd.DataFrame:
    return ratings[["response"]].drop_duplicates().assign(excluded=False)


def _joined(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    full = [frame[columns] for frame in frames if len(frame)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=columns)


def _people(extract: Any, scorings: list[Scoring], classes: pd.DataFrame) -> pd.DataFrame | None:
    found = [counts.person_rows(extract, scoring=s) for s in scorings]
    rows = next((frame for frame in found if frame is not None), None)
    return None if rows is None else rows.merge(classes[["class_code", "project"]], on="class_code")


def _slope(scorings: list[Scoring], plan: Plan) -> float:
    lines = [goalposts.slope(s.instrument, plan=plan) for s in scorings if counts.identifies(s)]
    return lines[0] if lines else float("nan")


def _by_class(counted: list[counts.Counts], people: pd.DataFrame | None) -> pd.Series:
    if people is not None:  # a person's second row is no second person
        return people.groupby("class_code")["respondent"].nunique().rename("n")
    whole = [c for c in counted if c.scoring.instrument.subject == SURVEYS[0]]
    chosen = (whole or counted)[0]
    return chosen.rows.groupby("class_code")["n"].sum()


def answers_by_unit(counted: counts.Counts, unit_of: pd.Series) -> pd.DataFrame:
    """Kept answers with a score, by unit (of each class: ``unit_of``) and leaf."""
    cells = counted.cells.where(counted.cells.keys["kept"].to_numpy(dtype=bool))
    of = cells.keys["class_code"].astype("category").cat
    unit = unit_of.reindex([*of.categories, None]).to_numpy(dtype=object)[of.codes]
    return pd.DataFrame(cells.n, columns=list(cells.leaves)).groupby(unit).sum()


def frames(data: Evidence, plan: Plan) -> dict[str, pd.DataFrame]:
    """The result tables ``classes`` and ``flags`` after disclosure control."""
    cell = plan.thresholds.min_cell
    return {"classes": _classes(data, cell=cell), "flags": _flags(data, plan, cell=cell)}


def untold(rows: pd.DataFrame, column: str, *, cell: int) -> pd.Series:
    """Projects of which the number of ``rows`` with the mark ``column`` is not told: fewer than
    ``cell``, or 1 to ``cell`` - 1 of any one form, or all but so few. None is not told apart from
    few: else somebody who knows that it can be no more than one would know that it is one. By
    form, since the first edition counts fewer forms, and the difference would tell of the others.
    """
    marked = rows[column].astype("boolean").fillna(False).astype(float)
    by = [rows["project"], rows["instrument"]]
    parts = pd.DataFrame({"part": marked, "whole": rows[column].notna().astype(float)})
    of = parts.groupby(by).sum()
    few = disclosure.singles_out(of["part"], whole=of["whole"], min_cell=cell)
    little = of["part"].groupby(level="project").sum() < cell
    return few.groupby(level="project").any() | little


def few_excluded(data: Evidence, *, cell: int) -> set[str]:
    """Projects of which so few rows were excluded, or kept, that they must not be told apart."""
    hidden = untold(data.flags, "excluded", cell=cell)
    return set(hidden.index[hidden])


def hide_effect_of_few(
    frame: pd.DataFrame, *, data: Evidence, plan: Plan, rosters: Sequence[roster.Roster]
) -> pd.DataFrame:
    """``sensitivity`` without ``score_all`` where it would tell what one to four people said, or
    that there are any.

    A unit that such a project enters shows none either: its other parts' would give the project's.
    """
    hidden = few_excluded(data, cell=plan.thresholds.min_cell)
    few = np.array([project in hidden for project in data.projects], dtype=bool)
    return hide_entered(frame, rosters=rosters, few=few, column="score_all")


def hide_entered(
    frame: pd.DataFrame, *, rosters: Sequence[roster.Roster], few: np.ndarray, column: str
) -> pd.DataFrame:
    """``frame`` without ``column`` of units that any of the ``few`` projects enters."""
    hidden = {
        (who.scorecard, group, unit)
        for who in rosters
        for group, unit, told in zip(who.groups, who.units, who.entering @ few, strict=True)
        if told
    }
    keys = zip(frame["scorecard"], frame["group"], frame["unit"], strict=True)
    where = pd.Series([key in hidden for key in keys], index=frame.index, dtype=bool)
    return disclosure.blank(frame, where=where, columns=[column])


def _classes(data: Evidence, *, cell: int) -> pd.DataFrame:
    out = data.classes[["class_code", "project", "enrolled"]].copy()
    n = data.by_class.reindex(out["class_code"]).fillna(0).to_numpy(dtype=float)
    enrolled = _floats(out["enrolled"])
    rate = np.divide(n, enrolled, out=np.full(len(n), np.nan), where=enrolled > 0)
    out = out.assign(n=n, response_rate=rate)
    few = disclosure.too_few(out["n"], min_cell=cell)
    group = out["project"]  # whose own number is printed
    hidden = disclosure.with_complement(few, n=out["n"], group=group, min_cell=cell)
    return disclosure.blank(out, where=hidden, columns=["n", "response_rate"])


def _flags(data: Evidence, plan: Plan, *, cell: int) -> pd.DataFrame:
    rows = data.flags
    size = rows.groupby(["project", "instrument"])["response"].transform("size")
    rows = rows[~disclosure.too_few(size, min_cell=cell)]  # no rest of two counts is so few
    out = screen.count_flags(rows, screening=plan.screening)
    few = disclosure.too_few(out["n"], min_cell=cell)
    out = disclosure.blank(out, where=few, columns=["n", "flagged", "excluded"])
    hidden = {flag: untold(rows, flag, cell=cell) for flag in screen.FLAGS} if len(rows) else {}
    keys = zip(out["project"], out["flag"], strict=True)
    where = pd.Series([bool(hidden[flag][project]) for project, flag in keys], index=out.index)
    return disclosure.blank(out, where=where, columns=["flagged", "excluded"])
