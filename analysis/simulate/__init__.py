"""A province whose truth is known, and what its people would answer: for tests and the sample."""

from analysis.simulate.answers import (
    code_positions,
    expert_answers,
    position_after,
    positions,
    project_context,
    school_answers,
    trainee_answers,
)
from analysis.simulate.province import (
    Habits,
    Person,
    Province,
    Settings,
    draw_people,
    draw_province,
)

__all__ = [
    "Habits",
    "Person",
    "Province",
    "Settings",
    "code_positions",
    "draw_people",
    "draw_province",
    "expert_answers",
    "position_after",
    "positions",
    "project_context",
    "school_answers",
    "trainee_answers",
]
