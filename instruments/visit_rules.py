"""How visits are planned: bounds, costs and planned variances, from one data file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from instruments.faults import FaultsFound, Place, fault
from instruments.types import labels_of

TRAVEL = ("same_county", "same_city", "other_city", "unknown")
"""How far a visit is, by the divisions of expert and class."""
COMPONENTS = ("severity", "rater_site", "session", "residual")
"""Random parts of an expert's score."""
MOST = 1_000
"""No bound, cost or deviation is larger."""
_COUNTS = ("visits_most", "far_most", "day_most", "sites_least", "seconds")
_COSTS = ("speciality", "load")


@dataclass(frozen=True)
class VisitRules:
    """Content of library/visit_planning.yaml; costs have no unit, deviations are points (0-100)."""

    source: str
    visits_most: int
    far_most: int
    day_most: int
    sites_least: int
    travel: Mapping[str, float]
    speciality: float
    load: float
    match: Mapping[str, tuple[str, ...]]
    """Type of project → words of which a fitting speciality holds one."""
    seconds: int
    planned_sd_source: str
    planned_sd: Mapping[str, float]


@cache
def visit_rules() -> VisitRules:
    """The built-in rules."""
    path = files("instruments").joinpath("library/visit_planning.yaml")
    return read_visit_rules(path.read_bytes(), path.name)


def read_visit_rules(data: bytes, name: str) -> VisitRules:
    """The rules of a file; raises FaultsFound with every key that is missing, unknown or wrong."""
    try:
        given = yaml.safe_load(data.decode("utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError):
        given = None
    if not isinstance(given, dict):
        raise FaultsFound([fault("planning.rules_unreadable", Place(name))])
    known = [field.name for field in fields(VisitRules)]
    wrong = [key for key in given if key not in known]
    wrong += [key for key in known if not _holds(key, given.get(key))]
    if wrong:
        raise FaultsFound([_wrong(name, key, given.get(key)) for key in wrong])
    match = {kind: tuple(words) for kind, words in given["match"].items()}
    return VisitRules(**given | {"match": match})


def _wrong(name: str, key: object, value: object) -> Any:
    return fault("planning.rules_wrong", Place(name, column=str(key)), key=key, value=value)


def _holds(key: str, value: object) -> bool:
    """Whether ``value`` is what ``key`` wants."""
    if key in _COUNTS:
        return type(value) is int and 1 <= value <= MOST
    if key in _COSTS:
        return _number(value)
    if key in ("travel", "planned_sd"):
        names = TRAVEL if key == "travel" else COMPONENTS
        whole = isinstance(value, dict) and set(value) == set(names) and _numbers(value)
        return whole and value.get("residual") != 0  # type: ignore[attr-defined]
    return _matches(value) if key == "match" else isinstance(value, str) and bool(value.strip())


def _number(value: object) -> bool:
    return type(value) in (int, float) and 0 <= float(str(value)) <= MOST


def _numbers(value: Mapping[str, object]) -> bool:
    return all(map(_number, value.values()))


def _matches(value: object) -> bool:
    known = labels_of("project_types")
    return isinstance(value, dict) and all(
        kind in known and isinstance(words, list) and all(isinstance(w, str) and w for w in words)
        for kind, words in value.items()
    )
