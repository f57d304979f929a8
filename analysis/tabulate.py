"""From arrays to rows of results: one card holds the units of one scorecard, nothing is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from instruments.scorecard import Framework

MEASURED, WITHHELD, MISSING, NOT_DUE, NOT_APPLICABLE, SUPPRESSED = (
    *("measured", "withheld", "missing"),
    *("not_due", "not_applicable", "suppressed"),
)
SHOWN = (MEASURED, WITHHELD)
"""States of a node whose value may be shown."""


@dataclass(frozen=True, eq=False)
class Values:
    """Nodes of a framework for the units of a card: value and standard error, units x nodes."""

    value: np.ndarray
    se: np.ndarray


@dataclass(frozen=True, eq=False)
class Card:
    """The units of one scorecard with all that their rows need; arrays run along ``units``."""

    scorecard: str
    groups: tuple[str, ...]
    labels: tuple[str | None, ...]
    units: tuple[str, ...]
    names: tuple[str, ...]
    codes: tuple[str, ...]
    """Nodes; the last is the composite."""
    raw: Values
    adjusted: Values
    main: Values
    """The value that the plan ranks, with its moderated standard error."""
    covariance: np.ndarray
    """Of the composites of ``main``, units x units."""
    df: np.ndarray
    n: np.ndarray
    enrolled: np.ndarray
    """NaN where unknown."""
    rate: np.ndarray
    """Response rate; NaN where enrolment is unknown or zero."""
    classes: np.ndarray
    leaf_n: dict[str, np.ndarray]
    """Scores that a leaf rests on; where it is not measured, those that were too few."""
    leaf_classes: dict[str, np.ndarray]
    leaf_rows: dict[str, np.ndarray]
    """Forms of the leaf's instrument, and those of them that asked for it."""
    leaf_asked: dict[str, np.ndarray]
    leaf_raters: dict[str, np.ndarray]
    """Distinct raters, for leaves that experts measure; ``leaf_n`` counts their ratings."""
    founded: np.ndarray
    """At least one part has a score that may be shown; true for projects."""
    parts: tuple[str, ...]
    """Codes of the parts that enter, apart by blanks; '' for a unit that has none but itself."""
    left_out: tuple[str, ...]
    """Parts that do not enter, with the reasons, in words; '' = none."""
    telling: np.ndarray
    """Units whose ``n`` would tell the number of a part that has too few answers."""
    leaf_state: dict[str, np.ndarray]
    """Of the leaves that records measure: the states of ``analysis.records``."""
    not_due: frozenset[str]
    """Leaves whose wave is still to come."""
    points: np.ndarray
    """Units x nodes without the composite; a leaf with 0 points does not apply."""

    def members(self, group: str) -> np.ndarray:
        """Places of the units of one group."""
        return np.flatnonzero(np.array([name == group for name in self.groups], dtype=bool))


def unit_rows(card: Card) -> pd.DataFrame:
    """Rows of ``units`` as far as a card knows them: identity, counts, raw, adjusted, score."""
    return pd.DataFrame(
        {
            "scorecard": card.scorecard,
            "group": card.groups,
            "group_label": card.labels,
            "unit": card.units,
            "name": card.names,
            "parts": card.parts,
            "n": card.n,
            "enrolled": card.enrolled,
            "response_rate": card.rate,
            "raw": card.raw.value[:, -1],
            "raw_se": card.raw.se[:, -1],
            "adjusted": card.adjusted.value[:, -1],
            "adjusted_se": card.adjusted.se[:, -1],
            "score": card.main.value[:, -1],
            "score_se": card.main.se[:, -1],
        }
    )


def measured_points(card: Card, *, framework: Framework) -> tuple[np.ndarray, np.ndarray]:
    """Per unit, on 0-100: the share of the points that apply to it which it has, and the largest
    such share in its group (本期可测; domain section 00, missing data)."""
    states = leaf_states(card, framework=framework)
    places = [card.codes.index(code) for code in states]
    points = card.points[:, places]
    had = ~np.isnan(card.main.value[:, places])
    strange = np.array([state == NOT_APPLICABLE for state in states.values()]).T
    own = 100.0 * (points * had).sum(axis=1)
    own = own / (framework.total - (points * strange).sum(axis=1))
    group = np.zeros(len(card.units))
    for name in dict.fromkeys(card.groups):
        group[card.members(name)] = own[card.members(name)].max()
    return own, group


def indicator_rows(
    card: Card,
    *,
    framework: Framework,
    reliability: np.ndarray,
    shrunken: np.ndarray,
    hidden: np.ndarray,
) -> pd.DataFrame:
    """Rows of ``indicators``: every node of the framework for every unit of a card.

    ``reliability`` and ``shrunken``: units x nodes. ``hidden``: units whose score may not be
    shown; nodes that rest on trainees' answers become 'suppressed' there, and experts' as well
    where nobody else was asked.
    """
    states = _node_states(card, framework=framework)
    columns = {
        "raw": card.raw.value,
        "raw_se": card.raw.se,
        "adjusted": card.adjusted.value,
        "adjusted_se": card.adjusted.se,
        "reliability": reliability,
        "shrunken": shrunken,
    }
    parts = []
    for place, node in enumerate(framework.indicators):
        status = _veiled(card, states[node.code], code=node.code, hidden=hidden)
        shown = np.isin(status, SHOWN)
        part = {
            "points": card.points[:, place],
            "n": _shown(card.leaf_n.get(node.code), shown),
            "classes": _shown(card.leaf_classes.get(node.code), shown),
            "raters": _shown(card.leaf_raters.get(node.code), shown),
        }
        part |= {name: np.where(shown, array[:, place], np.nan) for name, array in columns.items()}
        parts.append(part | {"status": status.astype(object)})
    return _of_nodes(card, framework, parts)


def _of_nodes(
    card: Card, framework: Framework, parts: Sequence[dict[str, np.ndarray]]
) -> pd.DataFrame:
    """One frame of all nodes: a frame for each is what takes the time."""
    size, nodes = len(card.units), framework.indicators
    of_node = {
        "indicator": [node.code for node in nodes],
        "level": [_level(framework, node.code) for node in nodes],
        "source": [node.source or None for node in nodes],
    }
    each = {name: np.repeat(np.array(own, dtype=object), size) for name, own in of_node.items()}
    every = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    out = pd.DataFrame(
        {
            "scorecard": card.scorecard,
            "group": list(card.groups) * len(nodes),
            "unit": list(card.units) * len(nodes),
            **each,
            **every,
        }
    )
    return out.astype({"level": int})[INDICATOR_COLUMNS]


INDICATOR_COLUMNS = [
    *("scorecard", "group", "unit", "indicator", "level", "points", "source", "n", "classes"),
    *("raters", "raw", "raw_se", "adjusted", "adjusted_se", "reliability", "shrunken", "status"),
]


def _level(framework: Framework, code: str) -> int:
    parent = framework.indicator(code).parent
    return 1 if not parent else 1 + _level(framework, parent)


def _shown(counts: np.ndarray | None, shown: np.ndarray) -> np.ndarray:
    return np.full(len(shown), np.nan) if counts is None else np.where(shown, counts, np.nan)


def leaf_states(card: Card, *, framework: Framework) -> dict[str, np.ndarray]:
    """State of every leaf for every unit, as if every value could be shown."""
    return {
        leaf.code: np.where(
            card.points[:, card.codes.index(leaf.code)] > 0,
            _leaf_state(card, place=card.codes.index(leaf.code), code=leaf.code),
            NOT_APPLICABLE,
        )
        for leaf in framework.leaves
    }


def _leaf_state(card: Card, *, place: int, code: str) -> np.ndarray:
    measured = ~np.isnan(card.main.value[:, place])
    if code in card.leaf_state:
        return card.leaf_state[code]
    if code in card.not_due:
        return np.full(len(card.units), NOT_DUE, dtype=object)
    zero = np.zeros(len(card.units))
    basis = card.leaf_raters if code in card.leaf_raters else card.leaf_n
    insufficient = basis.get(code, zero) > 0
    unasked = (card.leaf_rows.get(code, zero) > 0) & (card.leaf_asked.get(code, zero) == 0)
    return np.select(
        [measured, insufficient, unasked], [MEASURED, SUPPRESSED, NOT_APPLICABLE], MISSING
    )


def _node_states(card: Card, *, framework: Framework) -> dict[str, np.ndarray]:
    """States of all nodes; one without a value takes the most telling state of its children."""
    states = leaf_states(card, framework=framework)
    for place, node in reversed(list(enumerate(framework.indicators))):
        if not node.source:
            below = np.array([states[child.code] for child in framework.children(node.code)])
            has = [(below == state).any(axis=0) for state in (MISSING, SUPPRESSED, NOT_DUE)]
            known = ~np.isnan(card.main.value[:, place])
            states[node.code] = np.select(
                [known, *has], [MEASURED, MISSING, SUPPRESSED, NOT_DUE], NOT_APPLICABLE
            )
    return states


def _veiled(card: Card, state: np.ndarray, *, code: str, hidden: np.ndarray) -> np.ndarray:
    """``state``, suppressed where the value rests on people whose unit shows no score."""
    experts = code in card.leaf_raters and set(card.leaf_raters) != set(card.leaf_n)
    open_ = experts or code in card.leaf_state
    return np.where(np.isin(state, SHOWN) & hidden & (not open_), SUPPRESSED, state)


def pair_rows(
    units: Sequence[str],
    *,
    scorecard: str,
    group: str,
    score: np.ndarray,
    se: np.ndarray,
    separable: np.ndarray,
) -> pd.DataFrame:
    """Rows of ``pairs``: every two units of one group once, in the order given."""
    a, b = np.triu_indices(len(units), k=1)
    names = np.array(units, dtype=object)
    return pd.DataFrame(
        {
            "scorecard": scorecard,
            "group": group,
            "unit_a": names[a],
            "unit_b": names[b],
            "difference": score[a] - score[b],
            "se": se[a, b],
            "separable": separable[a, b],
        }
    )


def band_rows(
    units: Sequence[str],
    *,
    scorecard: str,
    group: str,
    bands: Sequence[str],
    probability: np.ndarray,
) -> pd.DataFrame:
    """Rows of ``bands``: the probability of each band code for each unit of one group."""
    return pd.DataFrame(
        {
            "scorecard": scorecard,
            "group": group,
            "unit": np.repeat(np.array(units, dtype=object), len(bands)),
            "band": list(bands) * len(units),
            "probability": probability.reshape(-1),
        }
    )
