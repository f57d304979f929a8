"""Facts about what was answered: items, leaves, pairs, and scores with and without some people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from analysis import roster
from analysis.pipeline.attack_surface.facts import Fact, Reader, Terms, codes_of, less, rule, told
from instruments.fit import before_form
from instruments.model import Instrument

FULL = 100.0
PATTERNS = 3
"""Leaves of so many items at most are taken apart by which of them people answered."""


def items(reader: Reader) -> Iterator[Fact]:
    """Scored answers, 不适用 and blanks of an item are those who were asked it, kept; the mean
    times the number is the sum of their points."""
    for row in _items(reader).itertuples():
        form = _form(reader, row.instrument)
        key = f"{row.unit} {row.instrument} {row.item}"
        where = f"items {key} {row.indicator}"
        n, said = {f"scored {key}": 1.0}, {f"unfit {key}": 1.0}
        yield from told(reader, f"{where} n", n, row.n)
        yield from told(reader, f"{where} not_applicable", said, row.not_applicable)
        blank = {f"blank {key}": 1.0}
        yield from told(reader, f"{where} missing", blank, row.missing)
        asked = less(_kept(reader, row.unit, row.instrument), n | said | blank)
        yield rule(reader, f"{where} asked", asked, 0.0, 0.0 if _of_all(form, row.item) else np.inf)
        points = {f"total {key}": 1.0}
        yield rule(reader, f"{where} scale", less({f"scored {key}": FULL}, points), 0.0, np.inf)
        if not pd.isna(row.mean):
            mean = less(points, {f"scored {key}": float(row.mean)})
            yield Fact(f"{reader.edition} {where} mean", mean, 0.0, 0.0)


def _items(reader: Reader) -> pd.DataFrame:
    rows, own = reader.results.items, [form.code for form in reader.forms]
    return rows[rows["instrument"].isin(own)]


def _form(reader: Reader, code: str) -> Instrument:
    return next(form for form in reader.forms if form.code == code)


def _kept(reader: Reader, unit: str, form: str) -> Terms:
    return less(reader.of(unit, form), {f"excluded {unit} {form}": 1.0})


def _of_all(form: Instrument, item: str) -> bool:
    section = next(part for part in form.sections if item in {one.name for one in part.items})
    return not (section.relevant or form.item(item).relevant or section.repeat)


def leaves(reader: Reader) -> Iterator[Fact]:
    """Answers that a leaf rests on: at least those of each item, at most their sum."""
    told_of = _items(reader).groupby(["unit", "indicator"])
    known = {key: list(rows.itertuples()) for key, rows in told_of}
    for row in _base(reader).itertuples():
        of = known.get((row.unit, row.indicator), [])
        if not of:
            continue
        n = {_leaf(row.unit, row.indicator, of): 1.0}
        where = f"indicators {row.unit} {row.indicator}"
        yield from told(reader, f"{where} n", n, row.n)
        each = [f"scored {row.unit} {one.instrument} {one.item}" for one in of]
        for cell in each:
            yield rule(reader, f"{where} {cell}", less(n, {cell: 1.0}), 0.0, np.inf)
        most = less(dict.fromkeys(each, 1.0), n)
        yield rule(reader, f"{where} of items", most, 0.0, 0.0 if len(each) == 1 else np.inf)
        kept = less(_kept(reader, row.unit, of[0].instrument), n)
        yield rule(reader, f"{where} of kept", kept, 0.0, np.inf)
        if 1 < len(of) <= PATTERNS and _unweighted(reader, row.unit):
            yield from _patterns(reader, row, of)


def _leaf(unit: str, indicator: str, of: Sequence[Any]) -> str:
    """Its answers are those to the forms that it is measured by: a later edition may have more."""
    return " ".join(["leaf", unit, indicator, *sorted({one.instrument for one in of})])


def _base(reader: Reader) -> pd.DataFrame:
    rows = reader.results.indicators
    return rows[rows["scorecard"].isin([roster.PROJECT, "B-county"])]


def _unweighted(reader: Reader, unit: str) -> bool:
    """Whether the answers of a unit count alike, so that its mean is a plain mean."""
    rows = reader.results.classes.query("project == @unit")
    plain = reader.results.plan.weighting.method == "none"
    return plain or int((rows["n"].fillna(1) > 0).sum()) == 1


def _patterns(reader: Reader, row: Any, of: Sequence[Any]) -> Iterator[Fact]:
    """A leaf's score is the mean of the items that a person answered: by who answered which."""
    key, names = f"{row.unit} {row.indicator}", [f"{one.instrument} {one.item}" for one in of]
    sets = [s for size in range(1, len(names) + 1) for s in combinations(names, size)]
    n = {s: f"pattern {key} {'+'.join(s)}" for s in sets}
    points = {(s, one): f"total {key} {'+'.join(s)}|{one}" for s in sets for one in s}
    whole = less(dict.fromkeys(n.values(), 1.0), {_leaf(row.unit, row.indicator, of): 1.0})
    yield rule(reader, f"patterns {key}", whole, 0.0, 0.0)
    for one in names:
        with_ = [s for s in sets if one in s]
        for kind, cells in (("scored", n), ("total", {s: points[s, one] for s in with_})):
            parts = {cells[s]: 1.0 for s in with_}
            rest = less(parts, {f"{kind} {row.unit} {one}": 1.0})
            yield rule(reader, f"patterns {key} {kind} {one}", rest, 0.0, 0.0)
        for s in with_:
            rest = less({n[s]: FULL}, {points[s, one]: 1.0})
            yield rule(reader, f"patterns {points[s, one]}", rest, 0.0, np.inf)
    if not (pd.isna(row.raw) or pd.isna(row.n)):
        score = {cell: 1.0 / len(s) for (s, _), cell in points.items()}
        number = float(row.raw) * float(row.n)
        yield Fact(f"{reader.edition} indicators {key} raw", score, number, number)


def leaf_sums(reader: Reader) -> Iterator[Fact]:
    """Answers behind a leaf of an institution or city: those of its parts where it is measured."""
    told_of = _items(reader).groupby(["unit", "indicator"])
    known = {key: list(rows.itertuples()) for key, rows in told_of}
    measured = _base(reader).query("status == 'measured'")
    good = set(zip(measured["unit"], measured["indicator"], strict=True))
    parts = reader.results.units.set_index(["scorecard", "group", "unit"])["parts"].to_dict()
    rows = reader.results.indicators
    above = rows[rows["scorecard"].isin([roster.WITHIN, roster.OVERALL, "B-city"])]
    asked = above[above["n"].notna() & ~(above["raters"].fillna(0) > 0)]
    for row in asked.itertuples():
        codes = codes_of(parts.get((row.scorecard, row.group, row.unit)))
        keys = [(code, row.indicator) for code in codes if (code, row.indicator) in good]
        own = {_leaf(*key, known.get(key, [])): 1.0 for key in keys}
        where = f"indicators {row.scorecard} {row.group} {row.unit} {row.indicator} n"
        yield from told(reader, where, own, row.n)


def paired(reader: Reader) -> Iterator[Fact]:
    """People who answered an item and the one before it: no more than answered either."""
    for row in reader.results.paired.itertuples():
        later = next(f for f in reader.results.instruments if f.code == row.instrument)
        first = before_form(later, reader.results.instruments)
        pairs = {f"paired {row.unit} {row.instrument} {row.item}": 1.0}
        yield from told(reader, f"paired {row.unit} {row.item} n", pairs, row.n)
        for form, item in ((later, row.item), (first, row.before)):
            if form is not None and form in reader.forms:
                scored = {f"scored {row.unit} {form.code} {item}": 1.0}
                where = f"paired {row.unit} {row.item} {form.code} {item}"
                yield rule(reader, where, less(scored, pairs), 0.0, np.inf)


def effects(reader: Reader) -> Iterator[Fact]:
    """What the answers left out do to a score: printed by the score with and without them. Another
    edition scores by other leaves, so that its effect is another number."""
    units = reader.results.units.set_index(["scorecard", "group", "unit"])
    for row in reader.results.sensitivity.itertuples():
        own = units.loc[(row.scorecard, row.group, row.unit)]
        whole, where = (row.scorecard, row.group, row.unit), f"sensitivity {row.unit} score_all"
        if row.scorecard == roster.PROJECT:
            terms = {effect_of(reader, row.unit): 1.0}
            yield from told(reader, where, terms, row.score_all - row.score)
        elif row.scorecard == roster.WITHIN and _alike(reader, whole, own["parts"]):
            mass = units.loc[roster.PROJECT]["enrolled"].astype(float).groupby("unit").first()
            codes = codes_of(own["parts"])
            share = mass[codes] / mass[codes].sum()
            terms = {effect_of(reader, code): float(share[code]) for code in codes}
            where = f"sensitivity {row.group} {row.unit} score_all"
            yield from told(reader, where, terms, row.score_all - row.score)


def effect_of(reader: Reader, unit: str) -> str:
    """The cell of a unit's effect in this edition."""
    return f"effect {unit} {reader.edition}"


def _alike(reader: Reader, whole: tuple[str, str, str], parts: object) -> bool:
    """Whether all parts measure the same leaves, so that their scores average."""
    codes = codes_of(parts)
    rows = reader.results.indicators.query("scorecard == 'A-project' and unit in @codes")
    states = rows.groupby("indicator")["status"].nunique()
    known = reader.results.units.query("scorecard == 'A-project' and unit in @codes")["enrolled"]
    return bool(len(codes)) and bool((states == 1).all()) and bool(known.notna().all())
