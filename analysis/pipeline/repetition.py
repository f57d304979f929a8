"""One repetition of the study: an invented cycle, answered and scored, beside its truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.pipeline import score
from analysis.pipeline.expected import expected_severity
from analysis.pipeline.truth import true_leaves, true_scores
from analysis.results import Results
from analysis.simulate import Province, Settings, draw_province
from analysis.simulate.crowd import (
    Columns,
    Crowd,
    answering,
    crowd_answers,
    draw_crowd,
    panel_answers,
)
from analysis.simulate.invented import invented_catalogue, with_visits
from instruments.extract import Extract
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.scorecard import Framework
from instruments.study import Design, StudyPlan
from instruments.tables import FIXED_TABLES, conform, response_table
from instruments.types import module_for


@dataclass(frozen=True, eq=False)
class Tools:
    """What every repetition is filled and scored by."""

    study: StudyPlan
    plan: Plan
    framework: Framework
    instruments: tuple[Instrument, ...]

    def form(self, role: str, per: str) -> Instrument | None:
        """The form of this role about this, where the study has one."""
        return next((i for i in self.instruments if (i.role, i.per) == (role, per)), None)


@dataclass(frozen=True, eq=False)
class Repetition:
    """What one invented cycle came to. ``units``: rows of the results' units with ``truth`` of the
    main score; ``raters``: severity, se, ``truth`` and ``sd`` (as fitted), in points."""

    units: pd.DataFrame
    raters: pd.DataFrame


def repeat_cycle(
    design: Design, tools: Tools, *, folder: Path, generator: np.random.Generator
) -> Repetition:
    """Draw a province, let its people answer, and score the extract in ``folder`` as a cycle is.

    The pipeline sees the extract alone: its tables and files, nothing of the truth.
    """
    plan = _planned(tools.plan, design.plan)
    tools = replace(tools, plan=plan)
    settings = replace(Settings(), **design.settings)
    catalogue = invented_catalogue(design, tools.study, generator=generator)
    province = draw_province(
        catalogue, frameworks=[tools.framework], settings=settings, generator=generator
    )
    province = with_visits(province, design)
    crowd = draw_crowd(province, generator=generator)
    rows = _responses(province, design, tools, crowd, generator)
    here = answering(
        crowd,
        rate=settings.response,
        reluctance=design.reluctance,
        spread=settings.person,
        generator=generator,
    )
    extract = _extract(province, tools, _of(rows, here), folder)
    results = score(extract, plan)
    if design.cohort:
        every = score(_extract(province, tools, rows, folder), plan)
        truth = every.units[["scorecard", "group", "unit", "score"]]
        truth = truth.rename(columns={"score": "truth"})
    else:
        truth = _truth(province, tools, extract, results)
    return Repetition(_beside(results.units, truth), _severities(province, tools, results))


def _planned(plan: Plan, changes: Mapping[str, Any]) -> Plan:
    for key, value in changes.items():
        part, _, name = key.partition(".")
        plan = replace(plan, **{part: replace(getattr(plan, part), **{name: value})})
    return plan


Rows = dict[str, tuple[pd.DataFrame, np.ndarray]]
"""Form to its responses, and for each who of the crowd sends it (-1: an expert)."""


def _responses(
    province: Province, design: Design, tools: Tools, crowd: Crowd, generator: np.random.Generator
) -> Rows:
    rows: Rows = {}
    people = np.arange(len(crowd))
    whole = tools.form("trainee", "class")
    if whole is not None:
        told = crowd_answers(province, instrument=whole, crowd=crowd, generator=generator)
        rows[whole.code] = _sent(province, whole, told, crowd.class_code), people
    brief = tools.form("trainee", "session")
    if brief is not None and province.catalogue.sessions:
        rows[brief.code] = _brief(province, brief, crowd, design, generator)
    panel = tools.form("expert", "visit")
    if panel is not None and province.catalogue.visits:
        frame = _observed(province, panel, generator)
        rows[panel.code] = frame, np.full(len(frame), -1)
    return rows


def _brief(
    province: Province,
    form: Instrument,
    crowd: Crowd,
    design: Design,
    generator: np.random.Generator,
) -> tuple[pd.DataFrame, np.ndarray]:
    own: dict[str, list[str]] = {}
    for one in province.catalogue.sessions:
        own.setdefault(one.class_code, []).append(one.code)
    frames, senders = [], []
    for turn in range(design.sessions):
        asked = np.array([code in own for code in crowd.class_code], dtype=bool)
        chosen = asked & (generator.random(len(crowd)) < design.session_response)
        some = crowd.chosen(chosen)
        session = np.array([own[code][turn] for code in some.class_code], dtype=object)
        told = crowd_answers(
            province, instrument=form, crowd=some, generator=generator, session=session
        )
        frames.append(_sent(province, form, told, some.class_code, session=session))
        senders.append(np.flatnonzero(chosen))
    return pd.concat(frames, ignore_index=True), np.concatenate(senders)


def _observed(province: Province, form: Instrument, generator: np.random.Generator) -> pd.DataFrame:
    seen = [(v, session) for v in province.catalogue.visits for session in v.sessions]
    told = panel_answers(
        province,
        instrument=form,
        rater=[v.expert for v, _ in seen],
        project=[province.project[v.class_code] for v, _ in seen],
        session=[session for _, session in seen],
        generator=generator,
    )
    classes = np.array([v.class_code for v, _ in seen], dtype=object)
    frame = _sent(province, form, told, classes, session=[session for _, session in seen])
    return frame.assign(
        visit=[v.code for v, _ in seen],
        rater=[v.expert for v, _ in seen],
        target=[v.code for v, _ in seen],
    )


def _sent(
    province: Province,
    form: Instrument,
    told: Columns,
    class_code: np.ndarray,
    session: Sequence[str] | np.ndarray | None = None,
) -> pd.DataFrame:
    """Responses as a frame of the form's contract, but for ``response``."""
    last = {one.code: one.end for one in province.catalogue.classes}
    frame = pd.DataFrame(told, dtype=object)
    frame = frame.reindex(columns=response_table(form).names)
    return frame.assign(
        unit=[province.project[code] for code in class_code],
        target=class_code,
        class_code=class_code,
        session=None if session is None else list(session),
        day=[last[code] for code in class_code],
        status="accepted",
    )


def _of(rows: Rows, here: np.ndarray) -> Rows:
    """What those send who answer; experts always do."""
    kept = {code: (who < 0) | here[who] for code, (_, who) in rows.items()}
    return {code: (frame[kept[code]], who[kept[code]]) for code, (frame, who) in rows.items()}


def _extract(province: Province, tools: Tools, rows: Rows, folder: Path) -> Extract:
    """The extract of these responses: tables by their contracts, responses also as files."""
    catalogue = province.catalogue
    tables = {table.name: pd.DataFrame(columns=table.names) for table in FIXED_TABLES}
    tables |= _fixed(province)
    contracts = {table.name: table for table in FIXED_TABLES}
    used = tuple(i for i in tools.instruments if i.code in rows)
    for form in used:
        frame = rows[form.code][0]
        numbers = [f"{form.code}{k:07d}" for k in range(len(frame))]
        contracts[form.table] = response_table(form)
        tables[form.table] = frame.assign(response=numbers)
    shaped = {name: conform(tables[name].astype(object), table=contracts[name]) for name in tables}
    for form in used:
        shaped[form.table].to_parquet(folder / f"{form.table}.parquet", index=False)
    day, seal = catalogue.classes[0].end, ""
    parts = (used, (tools.framework,), tools.plan)
    return Extract(folder, catalogue.cycle, day, seal, *parts, _read=shaped)


def _fixed(province: Province) -> dict[str, pd.DataFrame]:
    catalogue = province.catalogue
    units: list[tuple[str | None, ...]] = [
        ("project", p.code, p.name, p.institution, p.type, p.type, p.mode,
         module_for(p.type, p.mode)) for p in catalogue.projects]  # fmt: skip
    units += [("institution", i.code, i.name, *[None] * 5) for i in catalogue.institutions]
    classes = [(c.code, c.name, c.project, None, c.enrolled) for c in catalogue.classes]
    visits = [
        (v.code, v.class_code, province.project[v.class_code], v.date, v.expert, True, False)
        for v in catalogue.visits
    ]
    names = {table.name: table.names for table in FIXED_TABLES}
    rows = {"units": units, "classes": classes, "visits": visits}
    return {name: pd.DataFrame(found, columns=names[name]) for name, found in rows.items()}


def _truth(province: Province, tools: Tools, extract: Extract, results: Results) -> pd.DataFrame:
    leaves = true_leaves(province, instruments=extract.instruments, plan=tools.plan)
    return true_scores(
        leaves,
        units=extract.table("units"),
        classes=extract.table("classes"),
        framework=tools.framework,
        plan=tools.plan,
        scored=results.units,
    )


KEYS = ["scorecard", "group", "unit"]
SCORED = ["score", "score_se", "score_low", "score_high", "raw", "raw_se", "ranked", "rank"]
SCORED += ["rank_low", "rank_high", "band", "band_probability", "reliability", "shrunken"]


def _beside(units: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    kept = units[[*KEYS, *SCORED]].fillna({"group": ""})
    return kept.merge(truth.fillna({"group": ""}), on=KEYS, how="left")


def _severities(province: Province, tools: Tools, results: Results) -> pd.DataFrame:
    form = tools.form("expert", "visit")
    if form is None or results.raters.empty:
        return pd.DataFrame(columns=["rater", "severity", "se", "block", "truth", "sd"])
    truth = expected_severity(province, form, tools.plan)
    rows = results.raters[["rater", "severity", "se", "block"]]
    fitted = results.variance.query("model == 'observation' and component == 'rater'")
    sd = float(fitted["sd"].iloc[0]) if len(fitted) else 0.0
    return rows.assign(truth=[truth[code] for code in rows["rater"]], sd=sd)
