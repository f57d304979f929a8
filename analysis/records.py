"""What institutions and localities report: one record per unit, formulas and scaled answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from instruments.formula import NOT_APPLICABLE, Formula, Outcome, evaluate
from instruments.methods import Scaling

MEASURED, WITHHELD, MISSING, NOT_DUE, UNCONCERNED = (
    "measured",
    "withheld",
    "missing",
    "not_due",
    "not_applicable",
)
STATE_OF_DUTY = {"withheld": WITHHELD, "not_due": NOT_DUE, "not_collected": MISSING}
"""What a leaf's state is when the record that it rests on was not submitted."""


@dataclass(frozen=True)
class RecordLeaf:
    """A leaf measured by one instrument's records: by a formula, or by the mean of scaled items."""

    code: str
    instrument: str
    formula: Formula | None
    scaling: Scaling | None
    """Of the formula's value."""
    items: tuple[tuple[str, Scaling], ...] = ()
    """Items with their scalings, where there is no formula."""

    @property
    def lowest(self) -> float:
        """What the leaf counts for a unit that withheld its record."""
        if self.scaling is not None:
            return self.scaling.lowest
        return float(np.mean([scaling.lowest for _, scaling in self.items]))


@dataclass(frozen=True)
class Delivered:
    """Records and what is known of those that are not there; keys are (instrument, unit)."""

    answers: Mapping[tuple[str, str], Mapping[str, object]]
    """Answers with the context names that formulas may use."""
    duties: Mapping[tuple[str, str], str]
    """State of the duty, of records that are due."""
    unscored: Sequence[str]
    """Codes that are answers but no scores: 不适用, 未观察到."""


def score_records(
    delivered: Delivered,
    *,
    leaves: Sequence[RecordLeaf],
    units: Sequence[str],
    concerned: Mapping[str, Collection[str]],
) -> pd.DataFrame:
    """Score every leaf for every unit by its one record.

    ``concerned``: leaf to the units that it applies to. Out: unit, leaf, value (of the formula, in
    its own unit), score (0-100), state; ``value`` is missing unless the state is measured, and so
    is ``score``, but that of withheld: the lowest of the scaling. A submitted record that leaves
    out what the leaf needs withholds it as one that never came does: the form asked for it.
    Source: domain section 00, three kinds of missing data.
    """
    rows = [
        (
            unit,
            leaf.code,
            *(_leaf(leaf, unit, delivered) if unit in concerned[leaf.code] else _UNCONCERNED),
        )
        for unit in units
        for leaf in leaves
    ]
    types = {"value": float, "score": float}
    return pd.DataFrame(rows, columns=["unit", "leaf", "value", "score", "state"]).astype(types)


_UNCONCERNED = (np.nan, np.nan, UNCONCERNED)


def _leaf(leaf: RecordLeaf, unit: str, delivered: Delivered) -> tuple[float, float, str]:
    answers = delivered.answers.get((leaf.instrument, unit))
    if answers is None:
        state = STATE_OF_DUTY.get(delivered.duties.get((leaf.instrument, unit), ""), MISSING)
        return np.nan, leaf.lowest if state == WITHHELD else np.nan, state
    if leaf.formula is None:
        return _scaled(leaf, answers, delivered)
    value = evaluate(leaf.formula, answers)
    if isinstance(value, Outcome):
        return _UNCONCERNED if value is NOT_APPLICABLE else (np.nan, leaf.lowest, WITHHELD)
    assert leaf.scaling is not None
    return float(value), leaf.scaling.score(float(value)), MEASURED


def _scaled(
    leaf: RecordLeaf, answers: Mapping[str, object], delivered: Delivered
) -> tuple[float, float, str]:
    given = [(answers.get(item), scaling) for item, scaling in leaf.items]
    known = [(str(answer), scaling) for answer, scaling in given if answer not in (None, "")]
    scores = [scaling.score(code) for code, scaling in known if code not in delivered.unscored]
    if scores:
        return float(np.mean(scores)), float(np.mean(scores)), MEASURED
    return _UNCONCERNED if known else (np.nan, leaf.lowest, WITHHELD)
