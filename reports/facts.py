"""Facts: every number and list that the bulletin's sentences may say, named and formatted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from instruments.scorecard import SOURCES
from reports import tables
from reports.card_facts import card_facts, praised_band
from reports.material import ORDER, WHOLE, Material, rows
from reports.rules import Fact, rule_book
from reports.sections.evidence import verified_share
from reports.sections.indicators import adoption_text
from reports.sections.moves import moves_words
from reports.wording import choice, entry, joined, packaged, phrase

Named = Iterable[tuple[str, Fact]]


def gather_facts(material: Material) -> Mapping[str, Fact]:
    """All facts by the name that rules and slots use, in the order of templates/facts.yaml.

    Every edition has every fact; one that does not apply says '—' and has no value.
    """
    found = dict(
        (
            *_issue(material),
            *_programme(material),
            *_schools(material),
            *_measured(material),
            *_pairs(material),
            *_moved(material),
            *_doubts(material),
            *_limits(material),
        )
    )
    of_cards = {card: dict(card_facts(material, card)) for card in ORDER}
    names = _names()
    whole = {name: found[key] for key, name in names["whole"].items()}
    return whole | {
        f"{prefix}{name}": of_cards[card][key]
        for card, prefix in names["prefixes"].items()
        for key, name in names["cards"].items()
    }


def _names() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = packaged("templates/facts.yaml")
    return found


def _number(value: float | int | None) -> Fact:
    return Fact(tables.count(value), value)


def _share(part: float, whole: float) -> Fact:
    share = part / whole if whole else None
    return Fact(tables.rate(share), share)


def _list(parts: Iterable[str], joint: str = "listing") -> Fact:
    """A list's value is how many it lists."""
    listed = list(parts)
    return Fact(joined(listed, joint) or tables.MISSING, len(listed))


def _words(text: str) -> Fact:
    return Fact(text, text)


def _issue(material: Material) -> Named:
    """Which edition of which year, by whose points."""
    results = material.results
    adopted = dict.fromkeys(adoption_text(one.adoption) for one in results.frameworks)
    later = [
        phrase("versions.version", scorecard=one.scorecard, version=one.version)
        for one in material.later
    ]
    yield "edition", _words(phrase(f"editions.{material.edition}.label"))
    yield "year", Fact(str(results.cycle.year), results.cycle.year)
    yield "cycle", _words(results.cycle.title)
    yield "adoption", _list(adopted, "clauses")
    yield "later", _list(later)


def _programme(material: Material) -> Named:
    """What was evaluated, by whom, how, and how many answered."""
    results = material.results
    projects = rows(results.units, scorecard="A-project")
    rated = [p for p in projects if not tables.absent(p.n) and not tables.absent(p.enrolled)]
    rates = [float(p.response_rate) for p in rated if not tables.absent(p.response_rate)]
    yield "projects", _number(len(projects))
    yield "types", _number(len({project.group for project in projects}))
    yield "institutions", _number(len(rows(results.units, scorecard="A-overall")))
    yield "classes", _number(len(results.classes))
    yield "enrolled", _number(total(projects, "enrolled"))
    yield "n", _number(total(projects, "n"))
    yield "rate", _share(total(rated, "n"), total(rated, "enrolled"))
    yield "rate_low", Fact(tables.rate(min(rates, default=None)), min(rates, default=None))
    yield "rate_high", Fact(tables.rate(max(rates, default=None)), max(rates, default=None))
    yield "answers", _number(total(rows(results.items), "n"))
    yield "raters", _number(len(results.raters))
    yield "methods", _list(_methods(material))
    points = ("positive", "neutral", "negative")
    yield "points", _number(sum(total(rows(results.focus), name) for name in points))


def _methods(material: Material) -> Iterator[str]:
    """What the scored leaves come from, and the talks, in the order of sources."""
    used = {leaf.source for one in material.results.frameworks for leaf in one.leaves}
    told = entry("facts.methods")
    used |= {entry("facts.talk")} if len(material.results.focus) else set()
    yield from (told[source] for source in SOURCES if source in used and source in told)


def _schools(material: Material) -> Named:
    """Cities and counties with their schools' forms, counted once: a city's are its counties'."""
    cities = rows(material.results.units, scorecard="B-city")
    counties = rows(material.results.units, scorecard="B-county")
    counted = counties or cities
    n, asked = total(counted, "n"), total(counted, "enrolled")
    yield "cities", _number(len(cities))
    yield "counties", _number(len(counties))
    yield "localities", _number(len(cities) + len(counties))
    yield "schools", _number(n)
    yield "asked", _number(asked)
    yield "school_rate", _share(n, asked)


def _measured(material: Material) -> Named:
    """How many points this edition can measure, and why not all."""
    rest = "" if material.complete else lacking(material)
    units = [unit for group in material.groups for unit in group.units]
    unranked = {(unit.scorecard[0], unit.unit) for g in material.groups for unit in g.unranked}
    yield "measurable", _words(_measurable(material, units))
    yield "unmeasured", Fact(phrase(f"overview.{rest}") if rest else "", rest or None)
    yield "ranked", _list(_ranked(material), "clauses")
    yield "unranked", _number(len(unranked))


def _measurable(material: Material, units: Sequence[Any]) -> str:
    low, high = material.measured_span(units)
    if low == tables.points(WHOLE):
        return material.measurable(units)
    span = low if low == high else phrase("table.measurable_span", low=low, high=high)
    return phrase("table.measurable_said", measurable=span, total=tables.points(WHOLE))


def lacking(material: Material) -> str:
    """Why not every point can be measured: the time has not come, or nothing was collected."""
    found = set(material.results.indicators["status"])
    if "not_due" not in found:
        return "not_collected"
    return "not_due_or_collected" if "missing" in found else "not_due"


def _ranked(material: Material) -> Iterator[str]:
    """How many units are ranked in each scorecard; types of one scorecard are added up."""
    for scorecard in ORDER:
        groups = [group for group in material.groups if group.scorecard == scorecard]
        counts = {
            "ranked": str(sum(len(group.ranked) for group in groups)),
            "units": str(sum(len(group.units) for group in groups)),
        }
        if len(groups) == 1:
            yield phrase("overview.ranked", title=groups[0].title, **counts)
        elif groups:
            title = choice("scorecards", scorecard)
            yield phrase("overview.ranked_types", title=title, types=str(len(groups)), **counts)


def _pairs(material: Material) -> Named:
    pairs = material.results.pairs
    yield "pairs", _number(len(pairs))
    yield "separable", _number(sum(bool(row.separable) for row in rows(pairs)))


def _moved(material: Material) -> Named:
    """Between the two editions of one cycle."""
    frame = material.results.editions
    words = moves_words(frame, "end") if len(frame) else {}
    for name in ("units", "moved"):
        value = int(words[name]) if words else None
        yield f"editions_{name}", _number(value)


def _doubts(material: Material) -> Named:
    """What trainees reported and what was left out; counts below the cell are not in it."""
    results = material.results
    flags = rows(results.flags)
    for name in ("fee", "pressure"):
        yield name, _number(total([row for row in flags if row.flag == name], "flagged"))
    yield "excluded", _number(total(flags, "excluded"))
    yield "verified", _words_or_none(verified_share(rows(results.fields)))


def _words_or_none(text: str) -> Fact:
    return Fact(text or tables.MISSING, text or None)


def _limits(material: Material) -> Named:
    """Thresholds and cuts of the plan that sentences name."""
    plan = material.results.plan
    last = min((band for band in plan.bands if band.cut > 0), key=lambda band: band.cut)
    limits = plan.thresholds
    yield "level", _words(material.level)
    yield "cell", _number(limits.min_cell)
    yield "reminders", _number(limits.reminders)
    yield "cut", Fact(tables.points(last.cut), last.cut)
    yield "cut_band", _words(last.label)
    good = praised_band(plan)
    yield "good_cut", Fact(tables.points(good.cut), good.cut)
    yield "good_band", _words(good.label)
    yield "best_band", _words(plan.bands[0].label)
    yield "upper_bands", _list(band.label for band in plan.bands[:2])
    yield "probability", Fact(tables.share(plan.band_probability), plan.band_probability)
    yield "practice_listed", _number(rule_book().practices.listed)
    difference = rule_book().practices.difference
    yield "practice_difference", Fact(tables.points(difference), difference)
    yield "scores_annex", _words(material.annex("scores"))


def total(units: Iterable[Any], column: str) -> int:
    """Sum of a column over rows, missing values left out."""
    values = [getattr(unit, column) for unit in units]
    return sum(int(value) for value in values if not tables.absent(value))
