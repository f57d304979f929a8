"""The designs of the invented provinces that the method is tried on, from library/study.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LINKED, BY_QUALITY = "linked", "by_quality"
"""Who sees which project: neighbours share experts; or the strict half sees the better half."""


@dataclass(frozen=True)
class Design:
    """One invented province: its size, what differs from the usual, and why it is tried."""

    code: str
    title: str
    reason: str
    holds: bool
    """Whether what must hold is held against it; else it shows what fails by nature."""
    projects: int = 16
    types: int = 2
    institutions: int = 6
    classes: float = 3.75
    """A project, in the mean: the first projects have one more where it is no whole number."""
    enrolled: int = 40
    """A class."""
    visited: int = 24
    """Classes: of every project its first, then its second, as far as they go."""
    seats: int = 2
    sessions: int = 2
    experts: int = 12
    session_response: float = 0.3
    assignment: str = LINKED
    reluctance: float = 0.0
    """What one standard deviation of a person's leaning adds to the logit of answering."""
    cohort: bool = False
    """The truth is what all who are enrolled would have answered, not the project's quality."""
    settings: Mapping[str, float] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyPlan:
    """Content of library/study.yaml."""

    source: str
    level: float
    kinds: tuple[tuple[str, str], ...]
    """Type and mode of projects, dealt out in turn."""
    traits: Mapping[str, tuple[str, ...]]
    mixing: float
    """Parameter of the symmetric Dirichlet distribution of a class's mix of traits."""
    forms: tuple[str, ...]
    """Codes of the forms that are filled."""
    repetitions: Mapping[bool, int]
    """How often a design is repeated that should hold, and one that need not."""
    designs: Mapping[str, Design]


@cache
def study_plan() -> StudyPlan:
    """The designs that come with the program, by code."""
    path = files("instruments").joinpath("library/study.yaml")
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    designs = {code: Design(code, **row) for code, row in given["designs"].items()}
    return StudyPlan(
        "".join(given["source"].splitlines()),  # Chinese has no space between lines
        given["level"],
        tuple((kind, mode) for kind, mode in given["kinds"]),
        {trait: tuple(levels) for trait, levels in given["traits"].items()},
        given["mixing"],
        tuple(given["forms"]),
        {True: given["repetitions"]["hold"], False: given["repetitions"]["fail"]},
        designs,
    )
