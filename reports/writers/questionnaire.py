"""Prints a trainee's form on paper: one sheet for each one-time code, boxes numbered for typing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from instruments.faults import Place
from reports.wording import packaged
from reports.writers.fonts import Fonts, check_texts
from reports.writers.paper import families
from reports.writers.strings import String, printed
from reports.writers.typst import set_values


@dataclass(frozen=True)
class Answer:
    """One box: the number that is typed for it, and its words."""

    number: str
    label: str


@dataclass(frozen=True)
class Question:
    """One item; without ``answers`` there are ``ruled`` lines to write on. Number 0: none."""

    number: int
    label: str
    hint: str
    when: tuple[str, ...]
    answers: tuple[Answer, ...] = ()
    many: bool = False
    ruled: int = 1


@dataclass(frozen=True)
class Part:
    """Items under one heading."""

    label: str
    hint: str
    when: tuple[str, ...]
    lines: tuple[Question, ...]


@dataclass(frozen=True)
class Form:
    """What every sheet says alike: the form, and the class or session that is asked about."""

    title: str
    heading: str
    notice: str
    parts: tuple[Part, ...]


def render_questionnaires(form: Form, codes: Sequence[str], fonts: Fonts, *, mark: str) -> bytes:
    """A sheet of ``form`` for each of ``codes``, in their order, as PDF; ``mark``: 样例 or ''.

    Raises FaultsFound for a character that no font has, with the form's title.
    """
    check_texts(_texts(form, mark), fonts)
    values = asdict(form) | {"heading": printed(form.heading), "codes": list(codes)}
    words = packaged("templates/questionnaire.yaml")
    values |= {"words": words, "mark": mark, "fonts": families(fonts)}
    return set_values("questionnaire", values, fonts)


def _texts(form: Form, mark: str) -> Iterator[String]:
    place = Place(sheet=form.title)
    for text in (mark, form.title, *(part.label for part in form.parts)):
        yield "hei", place, text
    yield "body", Place(sheet=form.heading), form.heading
    yield "body", place, form.notice
    for part in form.parts:
        yield "body", place, "".join((part.hint, *part.when))
        for line in part.lines:
            said = (line.label, line.hint, *line.when, *(one.label for one in line.answers))
            yield "body", place, "".join(said)
