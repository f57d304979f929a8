"""Scores of every response, looked up: one per unit and code, not one per answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from analysis.counts.answers import answer_columns, closed, in_order
from analysis.counts.engine import Tables, connect, literal, quoted
from analysis.results import ItemScore, LeafScore, Scoring

BLANK = 0
"""Place of a blank among the codes of ``Points``."""


@dataclass(frozen=True, eq=False)
class Looked:
    """What an item gives: flat by unit and code, or by row where it depends on more."""

    score: np.ndarray
    """Whole multiples of 1/unit point; 0 where there is none."""
    scored: np.ndarray
    asked: np.ndarray
    blank: np.ndarray

    def where(self, chosen: np.ndarray) -> Looked:
        """What ``chosen`` places give."""
        parts = (self.score, self.scored, self.asked, self.blank)
        return Looked(*(part[chosen] for part in parts))


@dataclass(frozen=True, eq=False)
class Points:
    """Accepted responses of one form and what they score; arrays run along ``answers``."""

    scoring: Scoring
    answers: pd.DataFrame
    """As ``read_answers`` gives them."""
    place: np.ndarray
    """Of the response's unit among those of ``looked``: of its blank."""
    code: dict[str, np.ndarray]
    """Item to the place of its code after the blank's, for items scored by these alone."""
    looked: dict[ItemScore, Looked]
    codes: int
    """Codes that any item has, the blank among them."""

    def where(self, chosen: np.ndarray) -> Points:
        """The responses of which ``chosen`` is true."""
        return Points(
            self.scoring,
            self.answers[chosen].reset_index(drop=True),
            self.place[chosen],
            {item: of[chosen] for item, of in self.code.items()},
            {part: of if part.alone else of.where(chosen) for part, of in self.looked.items()},
            self.codes,
        )

    def item(self, part: ItemScore) -> tuple[np.ndarray, np.ndarray]:
        """Scores (0 where there is none) and whether there is one, by row."""
        looked = self.looked[part]
        if not part.alone:
            return looked.score, looked.scored
        place = self.place + self.code[part.item]
        return looked.score[place], looked.scored[place]

    def asked(self, part: ItemScore) -> np.ndarray:
        """Whether the item was asked, by row."""
        asked = self.looked[part].asked
        return asked[self.place] if part.alone else asked

    def leaf(self, leaf: LeafScore) -> tuple[np.ndarray, np.ndarray]:
        """The same of a leaf: the mean of its items, halves away from 0."""
        if len(leaf.parts) == 1:
            return self.item(leaf.parts[0])
        total = np.zeros(len(self.answers), dtype=np.int64)
        count = np.zeros(len(self.answers), dtype=np.int16)
        for part in leaf.parts:
            score, scored = self.item(part)
            total += score
            count += scored
        return _quotient(2 * total + count, 2 * count), count > 0


def _quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b towards 0, as the engine divides whole numbers; 0 where b is."""
    whole = np.abs(a) // np.maximum(b, 1)
    return np.where(b > 0, np.where(a < 0, -whole, whole), 0)


def read_scored(extract: Tables, *, scoring: Scoring, items: Iterable[str]) -> Points:
    """Read accepted responses with what they score: ``read_answers`` of ``items`` and more.

    Leaves are scored by their parts, without ``scoring.columns``. Errors as ``read_answers``.
    """
    leaves = (part for leaf in scoring.leaves for part in leaf.parts)
    parts = list(dict.fromkeys((*scoring.items, *leaves)))
    alone, others = ([part for part in parts if part.alone is kind] for kind in (True, False))
    names = dict.fromkeys((*items, *scoring.traits, *(part.item for part in alone)))
    with connect(extract, scoring=scoring, first=False) as engine:
        columns = answer_columns(engine, scoring, names)
        answers = in_order(engine, columns | _told(others))
        units = answers["project"].cat
        every = sorted({code for part in alone for code in closed(scoring, part.item)})
        looked = _looked(engine, alone, units=len(units.categories), codes=every)
    looked |= {part: _as_looked(answers, number) for number, part in enumerate(others)}
    place = units.codes.to_numpy(dtype=np.int32) * np.int32(len(every) + 1)
    code = {part.item: _places(answers[part.item], every) for part in alone}
    return Points(scoring, answers[list(columns)], place, code, looked, len(every) + 1)


def _places(answers: pd.Series, every: list[str]) -> np.ndarray:
    """Places of codes among ``every``, from 1; that of a blank."""
    own = [*(1 + every.index(code) for code in answers.cat.categories), BLANK]
    return np.array(own, dtype=np.int16)[answers.cat.codes.to_numpy()]  # a blank's code is -1


def _looked(
    engine: duckdb.DuckDBPyConnection, parts: list[ItemScore], *, units: int, codes: list[str]
) -> dict[ItemScore, Looked]:
    """Each item's score for each unit and code, units sorted, the blank first."""
    if not parts:
        return {}
    items = list(dict.fromkeys(part.item for part in parts))
    answer = ", ".join(f"code AS {quoted(item)}" for item in items)
    told = ", ".join(f"{what} AS {quoted(name)}" for name, what in _told(parts).items())
    values = ", ".join(f"({k}, {literal(code)})" for k, code in enumerate(codes, BLANK + 1))
    found = engine.sql(
        f"SELECT {told} FROM (SELECT place, {answer} FROM (VALUES ({BLANK}, NULL), {values})"
        " v(place, code)) r, units u ORDER BY u.unit, r.place"
    ).df()
    if len(found) != units * (len(codes) + 1):
        raise ValueError("a unit stands twice among those that a form can be about")
    return {part: _as_looked(found, number) for number, part in enumerate(parts)}


def _told(parts: list[ItemScore]) -> dict[str, str]:
    """Columns that ``_as_looked`` reads, by the place of the part."""
    out: dict[str, str] = {}
    for number, part in enumerate(parts):
        blank = f"r.{quoted(part.item)} IS NULL"
        expressions = {"score": part.score, "asked": part.asked, "blank": blank}
        out |= {f"{what} {number}": sql for what, sql in expressions.items()}
    return out


def _as_looked(found: pd.DataFrame, number: int) -> Looked:
    score = found[f"score {number}"]
    whole = score.fillna(0).to_numpy(dtype=np.int64)
    asked, blank = (found[f"{what} {number}"].to_numpy(bool) for what in ("asked", "blank"))
    return Looked(whole, score.notna().to_numpy(dtype=bool), asked, blank)
