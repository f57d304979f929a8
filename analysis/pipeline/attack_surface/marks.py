"""Facts about flags and class screens: who was flagged, and who was left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis import screen
from analysis.class_screens import PRESSURE, STRAIGHT
from analysis.pipeline.attack_surface.facts import (
    Fact,
    Reader,
    can_flag,
    less,
    rule,
    told,
    trainee_forms,
)
from analysis.pipeline.combined import rule_names
from instruments.quality_tables import EVERYWHERE

MARKS = {STRAIGHT: screen.STRAIGHT_LINE, PRESSURE: screen.PRESSURE}
"""Class screens whose statistic counts the answers with a flag."""
EDGE = 1e-9


def screened(reader: Reader) -> Iterator[Fact]:
    """Answers of a class as its screens count them."""
    rows = reader.results.class_screens.query("screen != 'quick'")
    for row in rows.itertuples():
        terms = {f"answers {row.class_code} {row.instrument}": 1.0}
        where = f"class_screens {row.class_code} {row.instrument} {row.screen} n"
        yield from told(reader, where, terms, row.n)
        if row.screen == "overfull":
            found = f"class_screens {row.class_code} {row.instrument} {row.screen} statistic"
            yield from told(reader, found, terms, row.statistic)


def marked(reader: Reader) -> Iterator[Fact]:
    """Flags of a class, which add up to those of its project; of any class hidden, not zero."""
    for row in _marks(reader).itertuples():
        mark = {_mark(row): 1.0}
        where = f"class_screens {row.class_code} {row.instrument} {row.screen}"
        yield from told(reader, f"{where} statistic", mark, row.statistic)
        answers = {f"answers {row.class_code} {row.instrument}": 1.0}
        yield rule(reader, f"{where} of n", less(answers, mark), 0.0, np.inf)
    for (form, name), rows in _marks(reader).groupby(["instrument", "screen"]):
        known = set(rows["class_code"])
        for project, classes in reader.classes.items():
            if set(classes) <= known:
                parts = {f"marked {code} {form} {MARKS[name]}": 1.0 for code in classes}
                rest = less(parts, {f"flag {project} {form} {MARKS[name]}": 1.0})
                yield rule(reader, f"sum {project} {form} {name}", rest, 0.0, np.inf)
                rest = less(rest, {f"left {project} {form}": 1.0})
                yield rule(reader, f"all {project} {form} {name}", rest, -np.inf, 0.0)


def _marks(reader: Reader) -> pd.DataFrame:
    rows = reader.results.class_screens
    return rows[rows["screen"].isin(list(MARKS)) & (rows["state"] != "unjudged")]


def _mark(row: object) -> str:
    return f"marked {row.class_code} {row.instrument} {MARKS[row.screen]}"  # type: ignore[attr-defined]


def shares(reader: Reader) -> Iterator[Fact]:
    """``expected`` of a screen is n times the share in all other classes, where that is more than
    what is tolerated: so it tells what the others sum up to."""
    screens = reader.results.plan.class_screens
    for (form, name), rows in _marks(reader).groupby(["instrument", "screen"]):
        if screens is None or rows["n"].isna().any():
            continue
        tolerated = {STRAIGHT: screens.straight_share, PRESSURE: screens.pressure_share}[name]
        total = float(rows["n"].sum())
        for row in rows.dropna(subset=["expected"]).itertuples():
            others = {_mark(one): 1.0 for one in rows.itertuples() if one.Index != row.Index}
            told = float(row.expected) / float(row.n) * (total - float(row.n))
            more = float(row.expected) > float(row.n) * tolerated + EDGE
            where = f"{reader.edition} class_screens {row.class_code} {form} {name} expected"
            yield Fact(where, others, told if more else 0.0, told)


def flagged(reader: Reader) -> Iterator[Fact]:
    """Flags of projects over all their forms; a form with too few answers does not enter."""
    for row in reader.results.flags.itertuples():
        able = [form.code for form in trainee_forms(reader) if can_flag(form, row.flag)]
        if not able:
            continue
        where = f"flags {row.project} {row.flag}"
        counted = {f"counted {row.project} {form}": 1.0 for form in able}
        yield from told(reader, f"{where} n", counted, row.n)
        flagged = {f"flag {row.project} {form} {row.flag}": 1.0 for form in able}
        yield from told(reader, f"{where} flagged", flagged, row.flagged)
        for one, all_ in zip(flagged, counted, strict=True):
            yield rule(reader, f"{where} {one}", {all_: 1.0, one: -1.0}, 0.0, np.inf)


def combined(reader: Reader) -> Iterator[Fact]:
    """Combined rules of projects over all their forms, and over all projects shown together."""
    frame = reader.results.careless
    for name, rows in frame.groupby("rule", sort=True):
        every: dict[str, float] = {}
        for row in rows[rows["project"] != EVERYWHERE].itertuples():
            forms = [form.code for form in trainee_forms(reader)]
            flags = {f"flag {row.project} {form} {name}": 1.0 for form in forms}
            every |= flags
            yield from told(reader, f"careless {row.project} {name}", flags, row.flagged)
            for form, flag in zip(forms, flags, strict=True):
                counted = {f"counted {row.project} {form}": 1.0, flag: -1.0}
                yield rule(reader, f"careless {flag}", counted, 0.0, np.inf)
        for row in rows[rows["project"] == EVERYWHERE].itertuples():
            yield from told(reader, f"careless all {name}", every, row.flagged)


def left_out(reader: Reader) -> Iterator[Fact]:
    """Answers left out of the ranking: at least those of each flag that excludes, at most their
    sum; and whether the answers of a form are too few to enter the count of flags."""
    plan = reader.results.plan
    known = [*screen.FLAGS, *rule_names(plan)]
    excluding = [flag for flag in known if flag in plan.screening.exclude]
    largest = float(reader.results.flags["n"].fillna(0).max()) if len(reader.results.flags) else 0.0
    for project in sorted(set(reader.results.flags["project"])):
        for form in trainee_forms(reader):
            key = f"{project} {form.code}"
            counted, few = f"counted {key}", {f"few {key}": 1.0}
            left = {f"left {key}": 1.0}
            answers = reader.of(project, form.code)
            yield rule(reader, f"entering {key}", less(answers, {counted: 1.0} | left), 0.0, 0.0)
            yield rule(reader, f"one {key}", few, 0.0, 1.0)
            most = {f"few {key}": reader.cell - 1.0}
            yield rule(reader, f"few {key}", less(most, left), 0.0, np.inf)
            yield rule(reader, f"none {key}", less(left, few), 0.0, np.inf)
            rest = {counted: 1.0, f"few {key}": largest}
            yield rule(reader, f"many {key}", rest, 0.0, largest)
            gone = {f"excluded {key}": 1.0}
            yield rule(reader, f"kept {key}", less(answers, gone), 0.0, np.inf)
            marks = {f"flag {key} {flag}": 1.0 for flag in excluding if can_flag(form, flag)}
            yield rule(reader, f"any {key}", less(marks | left, gone), 0.0, np.inf)
            for mark in marks:
                yield rule(reader, f"each {mark}", less(gone, {mark: 1.0}), 0.0, np.inf)
