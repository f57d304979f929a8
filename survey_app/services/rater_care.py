"""Experts' agreement and drift in words: for the expert it is about, and for the province.

The site's second use of the analysis: what it reckons enters no score, no extract and no bulletin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.agreement import agreement, drift, panel_alpha
from instruments.model import Instrument
from instruments.rater_care import rater_care
from reports.tables import absent, coefficient, count, half_up
from survey_app.models import CycleRow, ExpertRow
from survey_app.phrases import phrase
from survey_app.services import ratings
from survey_app.services.programme import Programme
from survey_app.services.training import Course


@dataclass(frozen=True)
class Figure:
    """One measure: its name, value and interval in words ('' where there is none)."""

    name: str
    value: str
    interval: str


@dataclass(frozen=True)
class Part:
    """What is told of one thing: on how much it rests, and figures, or none where that is too
    little; ``least`` says how much it takes."""

    basis: str
    least: str
    figures: tuple[Figure, ...]

    @property
    def enough(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.figures)


@dataclass(frozen=True)
class RaterCard:
    """All that is told of one expert."""

    code: str
    name: str
    training: Part
    shared: Part
    drift: Part
    talk: tuple[str, ...]
    """What deserves a conversation; nothing for most."""


@dataclass(frozen=True)
class Panel:
    """All experts, and how far they agree altogether."""

    cards: tuple[RaterCard, ...]
    together: Part

    @property
    def to_talk(self) -> tuple[RaterCard, ...]:
        """Those of whom something deserves a conversation."""
        return tuple(card for card in self.cards if card.talk)


def panel_of(db: Session, cycle: CycleRow, programme: Programme, course: Course) -> Panel:
    """Every expert of the cycle by code."""
    rubric = programme.instrument(role="expert", per="visit")
    seen, scale = ratings.signed_ratings(db, cycle, rubric), ratings.levels(rubric)
    least = _least_sessions(programme)
    training = _pairs(db, cycle, course, rubric)
    told = _reckoned(training, ratings.against_others(seen), scale)
    experts = db.scalars(select(ExpertRow).where(ExpertRow.cycle == cycle.code))
    cards = [
        _card(row.code, row.name, told, least=least)
        for row in sorted(experts, key=lambda row: row.code)
    ]
    rated, level = ratings.of_the_panel(seen), rater_care().level
    together = _together(panel_alpha(rated, levels=scale, level=level), least)
    return Panel(tuple(cards), together)


def card_of(
    db: Session, cycle: CycleRow, programme: Programme, course: Course, *, expert: str
) -> RaterCard:
    """One expert's own card; nobody else's figures are reckoned for it."""
    rubric = programme.instrument(role="expert", per="visit")
    shared = ratings.against_others(ratings.signed_ratings(db, cycle, rubric))
    training = _pairs(db, cycle, course, rubric)
    mine, ours = (frame[frame["rater"] == expert] for frame in (training, shared))
    told = _reckoned(mine, ours, ratings.levels(rubric))
    return _card(expert, "", told, least=_least_sessions(programme))


@dataclass(frozen=True, eq=False)
class _Reckoned:
    """Frames of ``analysis.agreement`` by rater."""

    training: pd.DataFrame
    shared: pd.DataFrame
    drift: pd.DataFrame


def _reckoned(training: pd.DataFrame, shared: pd.DataFrame, levels: list[int]) -> _Reckoned:
    care = rater_care()
    beside = partial(agreement, levels=levels, weights=care.weights, level=care.level)
    return _Reckoned(beside(training), beside(shared), drift(shared, level=care.level))


def _pairs(db: Session, cycle: CycleRow, course: Course, rubric: Instrument) -> pd.DataFrame:
    if course.found is None:
        return pd.DataFrame(columns=ratings.PAIR)
    return ratings.against_reference(db, cycle, course.found, rubric)


def _least_sessions(programme: Programme) -> int:
    """Never fewer than the plan's smallest cell."""
    return max(rater_care().least.shared_sessions, programme.plan.thresholds.min_cell)


def _card(code: str, name: str, told: _Reckoned, *, least: int) -> RaterCard:
    training, shared, drifted = (
        frame[frame["rater"] == code] for frame in (told.training, told.shared, told.drift)
    )
    care = rater_care().least
    enough = {
        "training": _count(training, "sessions") >= care.training_sessions,
        "shared": _count(shared, "sessions") >= least
        and _count(shared, "clusters") >= care.shared_visits,
        "drift": _visits(drifted) >= care.drift_visits
        and _count(shared, "sessions") >= least
        and drifted["value"].notna().any(),
    }
    kept = {"training": training, "shared": shared, "drift": drifted}
    kept = {part: frame if enough[part] else frame.iloc[:0] for part, frame in kept.items()}
    return RaterCard(
        code,
        name,
        _agreement_part("training", training, kept["training"], sessions=care.training_sessions),
        _agreement_part(
            "shared", shared, kept["shared"], sessions=least, visits=care.shared_visits
        ),
        _drift_part(drifted, kept["drift"], visits=care.drift_visits, sessions=least),
        tuple(_talk(kept)),
    )


def _count(found: pd.DataFrame, column: str) -> int:
    return int(found[column].max()) if len(found) else 0


def _visits(drifted: pd.DataFrame) -> int:
    return int((drifted["early"] + drifted["late"]).sum())


MEASURES: Mapping[str, tuple[str, ...]] = {
    "training": ("exact", "adjacent", "severity", "kappa"),
    "shared": ("exact", "adjacent", "severity", "alpha"),
}
"""What is shown of each part, in this order."""


def _agreement_part(part: str, found: pd.DataFrame, kept: pd.DataFrame, **least: int) -> Part:
    told = {name: _count(found, name) for name in ("sessions", "clusters", "n")}
    rows = kept.set_index("measure")
    figures = [
        _figure(f"{part}_{name}", rows.loc[name], _WORDS[name])
        for name in (MEASURES[part] if len(rows) else ())
    ]
    return _part(part, told, least, figures)


def _drift_part(found: pd.DataFrame, kept: pd.DataFrame, **least: int) -> Part:
    told = {name: _count(found, name) for name in ("early", "late", "partners")}
    figures = [_figure("drift", row, _moved) for _, row in kept.iterrows()]
    return _part("drift", told, least, figures)


def _together(found: pd.DataFrame, least: int) -> Part:
    told = {name: _count(found, name) for name in ("sessions", "units")}
    kept = found if told["sessions"] >= least else found.iloc[:0]
    figures = [_figure("together", row, coefficient) for _, row in kept.iterrows()]
    return _part("together", told, {"sessions": least}, figures)


def _part(part: str, told: dict[str, int], least: dict[str, int], figures: list[Figure]) -> Part:
    return Part(
        phrase(f"raters.basis.{part}", **told),
        phrase(f"raters.least.{part}", **least),
        tuple(figures),
    )


def _figure(name: str, row: pd.Series, words: Callable[[object], str]) -> Figure:
    between = (
        ""
        if absent(row["low"])
        else phrase("raters.interval", low=words(row["low"]), high=words(row["high"]))
    )
    return Figure(phrase(f"raters.{name}"), words(row["value"]), between)


def _percent(value: object) -> str:
    return f"{count(100 * float(value))}%"  # type: ignore[arg-type]


def _strict(value: object) -> str:
    return _directed(value, "strict", "lenient")


def _moved(value: object) -> str:
    return _directed(value, "stricter", "more_lenient")


def _directed(value: object, above: str, below: str) -> str:
    """A number of levels with its direction in words."""
    size = half_up(abs(float(value)), 1)  # type: ignore[arg-type]
    if float(size) == 0:
        return phrase("raters.even")
    return phrase(f"raters.{above if float(value) > 0 else below}", size=size)  # type: ignore[arg-type]


_WORDS: Mapping[str, Callable[[object], str]] = {
    "exact": _percent,
    "adjacent": _percent,
    "severity": _strict,
    "kappa": coefficient,
    "alpha": coefficient,
}


def _talk(kept: Mapping[str, pd.DataFrame]) -> list[str]:
    """Sentences for what passes a threshold; a direction only where its interval says so too."""
    care, said = rater_care().talk, []
    for part in MEASURES:
        rows = kept[part].set_index("measure")
        if not len(rows):
            continue
        if rows.loc["adjacent", "value"] < care.adjacent:
            value = _percent(rows.loc["adjacent", "value"])
            said.append(phrase(f"raters.talk.{part}_adjacent", value=value))
        if _clear(rows.loc["severity"], care.severity):
            value = _strict(rows.loc["severity", "value"])
            said.append(phrase(f"raters.talk.{part}_severity", value=value))
        if part == "training" and rows.loc["kappa", "value"] < care.kappa:
            value = coefficient(rows.loc["kappa", "value"])
            said.append(phrase("raters.talk.kappa", value=value))
    moved = [_moved(r["value"]) for _, r in kept["drift"].iterrows() if _clear(r, care.drift)]
    return said + [phrase("raters.talk.drift", value=value) for value in moved]


def _clear(row: pd.Series, least: float) -> bool:
    """At least so far from nought, with nought outside the interval (or no interval at all)."""
    return abs(row["value"]) >= least and not row["low"] <= 0 <= row["high"]
