"""Class screens of the forms that trainees fill about their class, after disclosure control."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis import class_screens, counts, disclosure, goalposts, roster, screen
from analysis.class_screens import RAISED
from analysis.pipeline import evidence, localities
from analysis.pipeline.evidence import Evidence
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.result_tables import CLASS_SCREEN_RESULTS, LOCALITIES

SUBJECT = ("trainee", "class")
SUPPRESSED = "suppressed"
TOLD = ["n", "statistic", "expected", "p"]


def screened_classes(
    extract: Any, plan: Plan, data: Evidence, *, waves: Collection[str], shown: np.ndarray
) -> pd.DataFrame:
    """Rows of ``class_screens``: every screen of every class and form, none below ``min_cell``.

    Classes of projects whose score is withheld (not ``shown``) are neither judged nor what others
    are compared with: nothing published depends on what their people said. Where the count itself,
    or what is left of the class, would be fewer than ``min_cell`` people, count, what was expected
    and p are blank; a raised class always counts at least ``min_cell`` answers.
    """
    parts = [pd.DataFrame(columns=CLASS_SCREEN_RESULTS.names)]
    screens, cell = plan.class_screens, plan.thresholds.min_cell
    if screens is None or not len(data.flags):
        return parts[0]
    projects = {code for code, good in zip(data.projects, shown, strict=True) if good}
    for form in extract.instruments:
        if (form.role, form.per) == SUBJECT and form.wave in waves:
            found = class_screens.screen_form(
                _answers(extract, form, plan, data.flags, projects),
                instrument=form,
                classes=extract.table("classes")[["class_code", "enrolled"]],
                sessions=extract.table("sessions")[["class_code", "date"]],
                choice=screens,
            )
            judged = class_screens.judge(found, choice=screens, least=cell)
            of = judged["class_code"].map(data.classes.set_index("class_code")["project"])
            shown_ = _disclosed(judged, project=of, cell=cell)
            parts.append(shown_.assign(instrument=form.code))
    full = [part for part in parts if len(part)]
    return pd.concat(full or parts[:1], ignore_index=True)[CLASS_SCREEN_RESULTS.names]


def raised_codes(screens: pd.DataFrame) -> frozenset[str]:
    """Codes of the classes that any screen raises."""
    return frozenset(screens.loc[screens["state"] == RAISED, "class_code"])


def emptied(data: Evidence, classes: Collection[str], *, cell: int) -> frozenset[str]:
    """Projects of which fewer than ``cell`` people have answered outside ``classes``, but some
    within: nothing is left of what their trainees say."""
    project = data.classes.set_index("class_code")["project"]
    inside = data.by_class.index.isin(list(classes))
    of = data.by_class.groupby(data.by_class.index.map(project)).sum()
    left = data.by_class[~inside].groupby(data.by_class.index[~inside].map(project)).sum()
    some = set(data.by_class.index[inside].map(project))
    few = of.index[left.reindex(of.index, fill_value=0) < cell]
    return frozenset(some & set(few))


def without(data: Evidence, classes: Collection[str]) -> Evidence:
    """The same counts without those of ``classes``."""

    def left(keys: pd.DataFrame) -> np.ndarray:
        return ~keys["class_code"].isin(list(classes)).to_numpy(dtype=bool)

    tables = ("rows", "items", "asked", "mix")
    trainee = []
    for one in data.trainee:
        frames = {name: getattr(one, name) for name in tables}
        rest = {name: frame[left(frame)] for name, frame in frames.items()}
        cells = one.cells.where(left(one.cells.keys))
        products = one.products.where(left(one.products.keys))
        trainee.append(replace(one, cells=cells, products=products, **rest))
    return replace(data, trainee=tuple(trainee))


def without_local(data: localities.Localities, classes: Collection[str]) -> localities.Localities:
    """The same of counties and cities."""
    return replace(data, evidence=without(data.evidence, classes))


def hide_few(
    frame: pd.DataFrame,
    *,
    data: Evidence,
    plan: Plan,
    rosters: Sequence[roster.Roster],
    classes: Collection[str],
) -> pd.DataFrame:
    """``unraised`` without the scores that would tell what one to four people said: those whom a
    form still counts of the raised classes of a project. Localities show none then either."""
    cell = plan.thresholds.min_cell
    few = np.zeros(len(data.projects), dtype=bool)
    project = data.classes.set_index("class_code")["project"]
    for form in data.trainee:
        rows = form.rows[form.rows["kept"] & form.rows["class_code"].isin(list(classes))]
        kept = rows.groupby(rows["class_code"].map(project))["n"].sum()
        kept = kept.reindex(data.projects, fill_value=0)
        few |= disclosure.too_few(kept, min_cell=cell).to_numpy(dtype=bool)
    out = evidence.hide_entered(frame, rosters=rosters, few=few, column="score_unraised")
    local = out["scorecard"].isin(LOCALITIES) & bool(few.any())
    return disclosure.blank(out, where=local, columns=["score_unraised"])


def _answers(
    extract: Any, form: Instrument, plan: Plan, flags: pd.DataFrame, projects: Collection[str]
) -> pd.DataFrame:
    """Accepted answers from classes of ``projects`` with the marks that their flags give them."""
    names = {screen.STRAIGHT_LINE: "straight", screen.PRESSURE: "pressure"}
    own = flags[flags["instrument"] == form.code]
    rows = counts.read_answers(
        extract,
        scoring=goalposts.scoring(form, plan=plan, leaves=()),
        items=class_screens.columns_read(form),
    )
    if rows["response"].equals(own["response"].reset_index(drop=True)):
        rows = rows.assign(**{new: own[name].array for name, new in names.items()})
    else:
        marks = own[["response", *names]].rename(columns=names)
        rows = rows.merge(marks, on="response", how="inner")
    of_classes = ~rows["class_code"].isin(
        [c for c in rows["class_code"].cat.categories if c.startswith(counts.SCHOOL)]
    )
    chosen = rows["project"].isin(projects) & of_classes
    return rows if chosen.all() else rows[chosen].reset_index(drop=True)


def _disclosed(found: pd.DataFrame, *, project: pd.Series, cell: int) -> pd.DataFrame:
    """Without numbers of few answers, or of which a few would be the rest.

    ``n`` of a class goes where it is the rest of its project's, as in ``classes``; so does all that
    grows with it. A statistic goes below ``cell``, none included, where it leaves a few, and where
    it is the rest of its project's flags. What others' shares lead to expect goes with it, and for
    the whole screen where all statistics that are gone add up to a few, or are one class's.
    """
    few = disclosure.too_few(found["n"], min_cell=cell)
    statistic = found["statistic"].astype(float)
    telling = disclosure.singles_out(statistic, whole=found["n"], min_cell=cell)
    telling |= statistic.isna() | (statistic < cell)
    of, counted = found["screen"] + " " + project, statistic.fillna(0.0)
    beside = disclosure.with_complement(few, n=found["n"], group=of, min_cell=cell)
    more = disclosure.with_complement(telling, n=counted, group=of, min_cell=cell)
    telling |= more & found["screen"].isin([class_screens.STRAIGHT, class_screens.PRESSURE])
    wider = disclosure.with_complement(telling, n=counted, group=found["screen"], min_cell=cell)
    told = found["screen"].isin(found.loc[wider & ~telling, "screen"])
    plain = (
        found["screen"] != class_screens.OVERFULL
    )  # its statistic is n, and known what it may be
    out = disclosure.blank(found, where=(telling | told) & plain, columns=["expected", "p"])
    out = disclosure.blank(out, where=telling & plain, columns=["statistic"])
    out = disclosure.blank(out, where=beside, columns=TOLD)
    return out.assign(state=out["state"].mask(few, SUPPRESSED))
