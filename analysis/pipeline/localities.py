"""Scorecard B: counties by their records, schools and trainees; cities by their own and theirs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import composite, counts, disclosure, roster, tabulate
from analysis.pipeline.cards import freedom, leaf_counts, leaf_states, without_panel
from analysis.pipeline.estimation import (
    Panel,
    ProjectEstimates,
    estimate,
    ranked_values,
    rate_panel,
)
from analysis.pipeline.evidence import Evidence, joined_flags, not_due, surveys, types_of
from analysis.pipeline.reported import Reported, concerned, report
from analysis.results import LOCAL_SURVEYS, Estimates
from instruments.methods import Plan
from instruments.scorecard import Framework

SCORECARD = "B"
COUNTY, CITY = "county", "city"
CARDS = {COUNTY: "B-county", CITY: "B-city"}


@dataclass(frozen=True, eq=False)
class Localities:
    """Counties as sites of ``evidence``, the cities above them, and what cities report."""

    evidence: Evidence
    schools: np.ndarray
    """Schools asked, per county."""
    cities: tuple[str, ...]
    within: np.ndarray
    """Cities x counties: which counties a city consists of."""
    own: Reported
    """Leaves of level 'own' from the cities' own records."""


def collect(extract: Any, plan: Plan, *, waves: Collection[str]) -> Localities | None:
    """Count all that speaks of counties and cities; None without scorecard B or counties."""
    units = extract.table("units")
    frameworks = {one.scorecard: one for one in extract.frameworks}
    counties = tuple(sorted(units.loc[units["kind"] == COUNTY, "unit"]))
    if SCORECARD not in frameworks or not counties:
        return None
    framework = frameworks[SCORECARD]
    clusters = _clusters(extract, units, counties)
    flags, counted = surveys(extract, plan, framework, subjects=LOCAL_SURVEYS, waves=waves)
    leaves = [leaf.code for leaf in framework.leaves]
    evidence = Evidence(
        framework,
        units,
        counties,
        types_of(units, counties, kind=COUNTY),
        clusters,
        tuple(counted),
        (),
        joined_flags(flags, counted, plan),
        pd.DataFrame(columns=["response", "rater", "project", "session", "leaf", "score"]),
        None,
        np.nan,
        answered(counted),
        report(extract, framework, plan, units=counties, leaves=leaves),
        not_due(extract, framework, waves=waves),
        concerned(framework, units, counties),
        pd.DataFrame(columns=["class_code", "trait", "level", "count"]),
    )
    cities = tuple(sorted(units.loc[units["kind"] == CITY, "unit"]))
    above = units[units["kind"] == COUNTY].set_index("unit")["parent"]
    within = np.array([[above[county] == city for county in counties] for city in cities])
    return Localities(
        evidence,
        _schools(clusters, counties),
        cities,
        within.reshape(len(cities), len(counties)),
        report(extract, framework, plan, units=cities, leaves=_own_leaves(framework)),
    )


def _own_leaves(framework: Framework) -> list[str]:
    return [leaf.code for leaf in framework.leaves if leaf.level == "own"]


def _clusters(extract: Any, units: pd.DataFrame, counties: Sequence[str]) -> pd.DataFrame:
    """Classes by the county that sent their trainees, and schools; each school counts once."""
    classes = extract.table("classes")[["class_code", "county", "enrolled"]]
    schools = units[units["kind"] == "school"].set_index("unit")["parent"]
    sent = _sent_by(extract.table("sendings"), schools)
    held = classes.set_index("class_code")["county"].to_dict()
    county = [sent.get(code, held[code]) for code in classes["class_code"]]
    own = pd.DataFrame(
        {"class_code": counts.SCHOOL + schools.index, "project": schools.to_numpy(), "enrolled": 1}
    )
    classes = classes.drop(columns="county").assign(project=county)
    both = pd.concat([classes, own], ignore_index=True)
    return both[both["project"].isin(list(counties))].reset_index(drop=True)


def _sent_by(sendings: pd.DataFrame, schools: pd.Series) -> dict[str, str]:
    """Class to the one county whose schools sent its trainees; '' when several did.

    A class's own county is where it is held: without sendings nothing better is known.
    """
    found: dict[str, set[str]] = {}
    for code, school in zip(sendings["class_code"], sendings["school"], strict=True):
        found.setdefault(code, set()).add(str(schools[school]))
    return {code: min(counties) if len(counties) == 1 else "" for code, counties in found.items()}


def answered(counted: Sequence[counts.Counts]) -> pd.Series:
    """Forms per school: one each."""
    schools = [c for c in counted if c.scoring.instrument.per == "school"]
    empty = pd.Series(dtype=float, index=pd.Index([], name="class_code"), name="n")
    return schools[0].rows.groupby("class_code")["n"].sum() if schools else empty


def _schools(clusters: pd.DataFrame, counties: Sequence[str]) -> np.ndarray:
    schools = clusters[clusters["class_code"].str.startswith(counts.SCHOOL)]
    found = schools.groupby("project")["class_code"].nunique()
    return found.reindex(list(counties), fill_value=0).to_numpy(dtype=float)


def cards(data: Localities, plan: Plan) -> list[tabulate.Card]:
    """One card, from the kept rows, for each kind of locality that the plan ranks, cities first."""
    evidence = data.evidence
    panel = rate_panel(evidence, plan)  # nobody rates a locality
    everybody = np.ones(len(evidence.projects), dtype=bool)
    kept = estimate(evidence, panel, plan, shown=everybody)
    make = {CITY: _city_card, COUNTY: _county_card}
    return [make[kind](data, kept, panel, plan) for kind in _kinds(data, plan)]


def _kinds(data: Localities, plan: Plan) -> list[str]:
    known = (CITY, COUNTY) if data.cities else (COUNTY,)
    return [kind for kind in known if kind in plan.localities]


def scores(data: Localities, plan: Plan, *, everything: bool) -> list[pd.DataFrame]:
    """Scorecard, group, unit and score of the same cards, made of values alone."""
    evidence, everybody = data.evidence, np.ones(len(data.evidence.projects), dtype=bool)
    panel = rate_panel(evidence, plan)
    values = ranked_values(evidence, panel, plan, shown=everybody, everything=everything)
    return [
        pd.DataFrame(
            {
                "scorecard": CARDS[kind],
                "group": "",
                "unit": list(data.cities if kind == CITY else evidence.projects),
                "score": composed(data, values, kind, plan).value[:, -1],
            }
        )
        for kind in _kinds(data, plan)
    ]


def combined(data: Localities, one: Estimates, kind: str) -> tuple[Estimates, np.ndarray]:
    """Estimates of the counties as those of the units of ``kind``, with points per unit and node.

    A city has its own record for leaves of level 'own', else the mean of its counties. They count
    by their trainees and by what points a leaf has for them, so that a first-level value is the
    mean of the counties' (domain section 00: a city is its own B1-B3 and the enrolment-weighted
    mean of its counties).
    """
    evidence = data.evidence
    points = composite.points_table(evidence.framework, evidence.types)
    if kind == COUNTY:
        return one, points
    mass = data.within * _mass(data)
    total = mass.sum(axis=1, keepdims=True)
    share = np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)
    order = [node.code for node in evidence.framework.indicators]
    weights = mass[:, :, None] * points[:, [order.index(leaf) for leaf in one.leaves]][None]
    cities = composite.combine(one, units=data.cities, weights=weights)
    return _with_own(cities, data.own), share @ points


def _county_card(
    data: Localities, kept: ProjectEstimates, panel: Panel, plan: Plan
) -> tabulate.Card:
    who = _roster(data, COUNTY, data.evidence.projects, np.eye(len(data.schools), dtype=bool))
    states = leaf_states(data.evidence, who.entering)
    return _card(data, kept, panel, plan, kind=COUNTY, who=who, states=states)


def _city_card(data: Localities, kept: ProjectEstimates, panel: Panel, plan: Plan) -> tabulate.Card:
    who = _roster(data, CITY, data.cities, data.within)
    own = {leaf: data.own.state[:, place] for place, leaf in enumerate(data.own.leaves)}
    states = leaf_states(data.evidence, data.within) | own
    return _card(data, kept, panel, plan, kind=CITY, who=who, states=states)


def _mass(data: Localities) -> np.ndarray:
    """Trainees enrolled in a county's classes; a county without any counts as one trainee."""
    classes = data.evidence.classes
    trained = classes[~classes["class_code"].str.startswith(counts.SCHOOL)]
    enrolled = trained.groupby("project")["enrolled"].sum().astype(float)
    found = enrolled.reindex(list(data.evidence.projects), fill_value=0.0)
    return np.maximum(found.to_numpy(dtype=float), 1.0)


def _with_own(combined: Estimates, own: Reported) -> Estimates:
    value, covariance = combined.value.copy(), combined.own.copy()
    for place, leaf in enumerate(own.leaves):
        column = combined.leaves.index(leaf)
        value[:, column] = own.score[:, place]
        covariance[:, column, :] = covariance[:, :, column] = 0.0
    return Estimates(
        combined.units, combined.leaves, value, covariance, combined.panel_leaves, combined.panel
    )


def _roster(
    data: Localities, kind: str, codes: Sequence[str], members: np.ndarray
) -> roster.Roster:
    units = data.evidence.units
    names = units[units["kind"] == kind].set_index("unit")["name"]
    return roster.Roster(
        CARDS[kind],
        ("",) * len(codes),
        (None,) * len(codes),
        tuple(codes),
        tuple(str(names[code]) for code in codes),
        members,
        members,
        np.ones(len(codes), dtype=bool),
    )


def _card(
    data: Localities,
    kept: ProjectEstimates,
    panel: Panel,
    plan: Plan,
    *,
    kind: str,
    who: roster.Roster,
    states: dict[str, np.ndarray],
) -> tabulate.Card:
    evidence, rows = data.evidence, who.entering.astype(float)
    estimates = (kept.raw, kept.adjusted, kept.main, without_panel(kept.main))
    raw, adjusted, main, people = (composed(data, one, kind, plan) for one in estimates)
    n, asked = rows @ evidence.n, rows @ data.schools
    return tabulate.Card(
        who.scorecard,
        who.groups,
        who.labels,
        who.units,
        who.names,
        main.codes,
        tabulate.Values(raw.value, raw.standard_error()),
        tabulate.Values(adjusted.value, adjusted.standard_error()),
        tabulate.Values(main.value, main.standard_error()),
        main.covariance[-1],
        freedom(kept, panel, plan, rows=rows, whole=main, people=people),
        n,
        asked,
        roster.rates(n, enrolled=asked),
        rows @ kept.basis.classes.max(axis=1, initial=0.0),
        **leaf_counts(evidence, kept, panel, who=who),
        founded=who.founded,
        parts=roster.part_codes(who, projects=evidence.projects),
        left_out=("",) * len(who.units),
        telling=_telling(data, plan, kind) if len(who.units) else np.zeros(0, dtype=bool),
        leaf_state=states,
        not_due=evidence.not_due,
        points=combined(data, kept.main, kind)[1],
    )


def _telling(data: Localities, plan: Plan, kind: str) -> np.ndarray:
    """Counties whose number of schools a city's would leave over, where both are listed."""
    if kind == CITY or CITY not in plan.localities or not data.cities:
        return np.zeros(len(data.within.T if kind == COUNTY else data.within), dtype=bool)
    n = pd.Series(data.evidence.n)
    few = disclosure.too_few(n, min_cell=plan.thresholds.min_cell)
    city = pd.Series(np.where(data.within.any(axis=0), data.within.argmax(axis=0), -1))
    alone = pd.Series(-2 - np.arange(len(n)))
    group = city.where(city >= 0, alone)  # a county of no city is the rest of none
    hidden = disclosure.with_complement(few, n=n, group=group, min_cell=plan.thresholds.min_cell)
    return hidden.to_numpy(dtype=bool)


def composed(data: Localities, one: Estimates, kind: str, plan: Plan) -> composite.Composed:
    """Composites of the units of ``kind`` from estimates of the counties (``combined``)."""
    chosen, points = combined(data, one, kind)
    return composite.compose(
        chosen,
        framework=data.evidence.framework,
        points=points,
        aggregation=plan.composite.aggregation,
        missing=plan.composite.missing,
        floor=plan.composite.floor,
    )
