"""All that results tell, as sums of the same few people: what a reader could work out from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import disclosure
from analysis.pipeline.attack_surface import answered, boxes, marks, people
from analysis.pipeline.attack_surface.changed import few_changed
from analysis.pipeline.attack_surface.facts import Fact, Reader, less, reader_of
from analysis.pipeline.quality.shares import TOP
from analysis.results import Results

__all__ = ["Surface", "few_changed", "leaks", "surface"]
COUNT, MEAN = "count", "mean"
EDGE, FULL = 1e-9, 100.0
EFFECT = "effect "
POINTS = ("total ", EFFECT)
"""Cells that are no numbers of people but points."""
PEOPLE = ("answers ", "marked ", "flag ", "excluded ", "scored ", "unfit ", "left ", "box ")
"""Cells that must not be known where they are few; blanks and patterns are silence."""


@dataclass(frozen=True, eq=False)
class Surface:
    """The reader of results, and what must stay hidden from him."""

    system: disclosure.System
    """Relations told by a table are named ``table unit ... column``; those that anybody knows, or
    that follow from the rules of this project, begin with ``rule``."""
    targets: pd.DataFrame
    """``target``, ``kind``, ``cell``, ``coefficient``, ``people``: numbers of people (``count``),
    and sums of points or effects on a score (``mean``) of the cell ``people``."""


def surface(results: Results, *, edition: str) -> Surface:
    """The system of somebody who reads every table of ``results``, under the name ``edition``.

    Cells are numbers of people, and their points: who answered (class x form, else unit x form),
    was flagged, was left out, answered an item, answered 不适用. Surfaces of one cycle join by cell
    (``disclosure.join_systems``), so that several bulletins are attacked at once; names of their
    editions must differ. Silence is no target: a mean stands beside its n, so it is told how many
    of a unit did not answer, or left a question blank (docs/method.md, section 12).
    """
    reader = reader_of(results, edition)
    parts: Iterable[Callable[[Reader], Iterator[Fact]]] = (
        *(people.answers, people.parts, marks.screened, marks.marked, marks.shares),
        *(marks.flagged, marks.combined, marks.left_out, answered.items, answered.leaves),
        *(answered.leaf_sums, answered.paired, answered.effects, boxes.boxes),
    )
    facts = [fact for part in parts for fact in part(reader)]
    return Surface(_system(facts), _targets(reader, facts))


def leaks(surfaces: Sequence[Surface], *, cell: int, points: float) -> pd.DataFrame:
    """What a reader of all ``surfaces`` works out about fewer than ``cell`` people.

    A number of people is disclosed when a single value fits, and that is 1 to ``cell`` - 1; what
    people said, when its interval is narrower than ``points`` (on 0-100) and they may be fewer
    than ``cell``. Out: ``target``, ``kind``, ``low``, ``high``, sorted; empty = nothing. Raises
    ``disclosure.Contradiction`` when the surfaces are not about the same answers.
    """
    system = disclosure.join_systems([one.system for one in surfaces])
    targets = pd.concat([one.targets for one in surfaces]).drop_duplicates(ignore_index=True)
    counted = _narrow(system, targets[targets["kind"] == COUNT], enough=1.0)
    counted = counted[disclosure.too_few(counted["low"], min_cell=cell)]
    said = _narrow(system, targets[targets["kind"] == MEAN], enough=points)
    people = targets.drop_duplicates("target").set_index("target")["people"]
    own = said.assign(cell=said["target"].map(people))
    ends = _ends(system, own["cell"])
    few = own["cell"].map(ends["low"]).lt(cell) & own["cell"].map(ends["high"]).ge(1)
    few &= ~(own["cell"].map(ends["low"]).lt(1) & (own["low"] <= EDGE) & (own["high"] >= -EDGE))
    both = pd.concat([counted.assign(kind=COUNT), said[few].assign(kind=MEAN)])
    return both[["target", "kind", "low", "high"]].reset_index(drop=True)


def _narrow(system: disclosure.System, targets: pd.DataFrame, *, enough: float) -> pd.DataFrame:
    """Targets whose interval is narrower than ``enough``."""
    found = disclosure.attack(system, targets=targets, enough=enough)
    return found[found["exact"] & (found["high"] - found["low"] < enough - EDGE)]


def _ends(system: disclosure.System, cells: pd.Series) -> pd.DataFrame:
    """Low and high of each cell."""
    names = sorted(set(cells))
    targets = pd.DataFrame({"target": names, "cell": names, "coefficient": 1.0})
    return disclosure.attack(system, targets=targets, enough=np.inf).set_index("target")


def _system(facts: Sequence[Fact]) -> disclosure.System:
    cells = sorted({cell for fact in facts for cell in fact.terms})
    points = np.array([cell.startswith(POINTS) for cell in cells], dtype=bool)
    free = np.array([cell.startswith(EFFECT) for cell in cells], dtype=bool)
    bounds = {"low": np.where(free, -FULL, 0.0), "high": np.where(free, FULL, np.inf)}
    terms = [(f.name, cell, factor) for f in facts for cell, factor in f.terms.items()]
    told = [(fact.name, fact.low, fact.high) for fact in facts]
    return disclosure.build_system(
        pd.DataFrame({"cell": cells, **bounds, "whole": ~points}),
        terms=pd.DataFrame(terms, columns=["relation", "cell", "coefficient"]),
        relations=pd.DataFrame(told, columns=["relation", "low", "high"]),
    )


def _targets(reader: Reader, facts: Sequence[Fact]) -> pd.DataFrame:
    cells = sorted({cell for fact in facts for cell in fact.terms})
    rows = [(cell, COUNT, cell, 1.0, "") for cell in cells if cell.startswith(PEOPLE)]
    for cell in cells:
        kind, _, key = cell.partition(" ")
        if kind == "total":
            people = f"pattern {key.rpartition('|')[0]}" if "|" in key else f"scored {key}"
            rows.append((cell, MEAN, cell, 1.0, people))
        elif kind == "flag":
            rest = {f"counted {key.rpartition(' ')[0]}": 1.0, cell: -1.0}
            rows += [(f"not {cell}", COUNT, *term, "") for term in rest.items()]
        elif kind == "box" and key.endswith(f" {TOP}"):
            rest = {f"given {key.removesuffix(f' {TOP}')}": 1.0, cell: -1.0}
            rows += [(f"not {cell}", COUNT, *term, "") for term in rest.items()]
        elif kind == "excluded":
            rows += list(_of_form(reader, *key.split(" ", 1), effects=set(cells)))
    columns = ["target", "kind", "cell", "coefficient", "people"]
    return pd.DataFrame(rows, columns=columns)


def _of_form(
    reader: Reader, unit: str, form: str, *, effects: set[str]
) -> Iterator[tuple[str, str, str, float, str]]:
    """Answers of a unit to a form, those of them kept, and what those left out do to its score."""
    whole, gone = reader.of(unit, form), f"excluded {unit} {form}"
    for term in whole.items():
        yield (f"answers of {unit} {form}", COUNT, *term, "")
    for term in less(whole, {gone: 1.0}).items():
        yield (f"kept {unit} {form}", COUNT, *term, "")
    rows = reader.results.flags
    told = rows[(rows["project"] == unit) & (rows["excluded"].fillna(0) >= reader.cell)]
    effect = answered.effect_of(reader, unit)
    if effect in effects and told.empty:
        yield (f"{effect} by {form}", MEAN, effect, 1.0, gone)
