"""Items of a section in runs that share a scale, so that a table can say its words once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from instruments.model import Scale
from survey_app.forms import Question

MATRIX = "likert"
"""Appearance of items that a table may hold."""


@dataclass(frozen=True)
class Run:
    """Items that follow one another; ``scale``: what all of them offer, where a table may hold
    them."""

    scale: Scale | None
    questions: tuple[Question, ...]


def runs(questions: Sequence[Question]) -> list[Run]:
    """The questions of a section in their order, cut where the scale changes."""
    return [Run(scale, tuple(group)) for scale, group in groupby(questions, _scale)]


def _scale(question: Question) -> Scale | None:
    return question.item.scale if question.item.appearance == MATRIX else None
