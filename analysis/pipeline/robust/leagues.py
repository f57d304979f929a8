"""The ranked units of each group with all leaf tables that they might have been scored by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import composite, roster
from analysis.pipeline import localities
from analysis.pipeline.cards import project_weights, type_weights
from analysis.pipeline.estimation import rate_panel
from analysis.pipeline.robust.sources import Given, Sources, sources
from analysis.pipeline.rounds import Round
from analysis.pipeline.rows import ranked_groups
from analysis.results import Estimates
from instruments.scorecard import Framework

LEAST = 2
"""Fewer units have no order."""


@dataclass(frozen=True, eq=False)
class League:
    """One ranked group; arrays run along ``rows``: its units, or the parts they are made of."""

    scorecard: str
    group: str
    units: tuple[str, ...]
    framework: Framework
    leaves: tuple[str, ...]
    points: np.ndarray
    """rows x indicators."""
    tables: dict[str, np.ndarray]
    """Factor -> alternatives x rows x leaves, the first as declared; only what differs here."""
    names: dict[str, tuple[str, ...]]
    """Factor -> names of its alternatives, '' for the first."""
    declared: np.ndarray
    mix: np.ndarray | None = None
    """units x rows: weights of the parts' composites; None where rows are units."""


Rows = Callable[[np.ndarray], np.ndarray]
"""Values of projects x leaves to values of a league's rows x leaves."""


def leagues(main: Round, extract: object, units: pd.DataFrame) -> Iterator[League]:
    """Every group of at least two ranked units, on the order of unit codes."""
    ranked = _ranked(units)
    yield from _of_projects(main, extract, ranked)
    if main.local is not None:
        yield from _of_localities(main, extract, ranked)


def _ranked(units: pd.DataFrame) -> dict[tuple[str, str], list[str]]:
    found = {key: list(rows["unit"]) for key, rows in ranked_groups(units)}
    return {key: codes for key, codes in found.items() if len(codes) >= LEAST}


def _of_projects(
    main: Round, extract: object, ranked: dict[tuple[str, str], list[str]]
) -> Iterator[League]:
    rosters = [one.who for one in main.admitted]
    if not any(card == who.scorecard for card, _ in ranked for who in rosters):
        return
    given = Given(extract, main.data, main.panel, main.plan, main.admitted[0].shown)
    found, within = sources(given), rosters[1]
    for who in rosters:
        for (card, group), codes in ranked.items():
            if card == who.scorecard:
                yield _project_league(main, found, who, within, group=group, codes=codes)


def _project_league(
    main: Round,
    found: Sources,
    who: roster.Roster,
    within: roster.Roster,
    *,
    group: str,
    codes: Sequence[str],
) -> League:
    place = {key: k for k, key in enumerate(zip(who.groups, who.units, strict=True))}
    places, parts, mix = [place[group, code] for code in codes], who, None
    if who.scorecard == roster.OVERALL:
        weights = type_weights(main.data, who, within=within)[places]
        places, parts = list(np.flatnonzero((weights > 0).any(axis=0))), within
        mix = weights[:, places]
    weights = project_weights(main.data, parts)[places]
    framework = main.data.framework
    kinds = [parts.groups[place] or None for place in places]
    return _league(
        *(who.scorecard, group, codes, framework, found),
        points=composite.points_table(framework, kinds),
        rows=lambda value: composite.combine_values(value, weights=weights),
        mix=mix,
    )


def _of_localities(
    main: Round, extract: object, ranked: dict[tuple[str, str], list[str]]
) -> Iterator[League]:
    local = main.local
    assert local is not None
    kinds = {localities.CARDS[kind]: kind for kind in main.plan.localities}
    if not any(card in kinds for card, _ in ranked):
        return
    data = local.evidence
    panel, everybody = rate_panel(data, main.plan), np.ones(len(data.projects), dtype=bool)
    found = sources(Given(extract, data, panel, main.plan, everybody))
    for (card, group), codes in ranked.items():
        if card in kinds:
            yield _locality_league(local, found, card, kinds[card], group=group, codes=codes)


def _locality_league(
    local: localities.Localities,
    found: Sources,
    card: str,
    kind: str,
    *,
    group: str,
    codes: Sequence[str],
) -> League:
    data = local.evidence
    order = local.cities if kind == localities.CITY else data.projects
    places = [order.index(code) for code in codes]

    def made(value: np.ndarray) -> tuple[Estimates, np.ndarray]:
        size = value.shape[1]
        none = np.zeros((len(value), size, size))
        one = Estimates(data.projects, found.leaves, value, none, (), np.zeros((0, 0)))
        return localities.combined(local, one, kind)

    return _league(
        *(card, group, codes, data.framework, found),
        points=made(found.declared)[1][places],
        rows=lambda value: made(value)[0].value[places],
        mix=None,
    )


def _league(
    card: str,
    group: str,
    codes: Sequence[str],
    framework: Framework,
    found: Sources,
    *,
    points: np.ndarray,
    rows: Rows,
    mix: np.ndarray | None,
) -> League:
    declared = rows(found.declared)
    tables, names = {}, {}
    for factor, others in found.others.items():
        made = {name: rows(value) for name, value in others.items()}
        told = [n for n, value in made.items() if not np.array_equal(value, declared, True)]
        if told:
            tables[factor] = np.stack([declared, *(made[name] for name in told)])
            names[factor] = ("", *told)
    return League(
        *(card, group, tuple(codes), framework, found.leaves, points),
        tables,
        names,
        declared,
        mix,
    )
