"""From an item to its WTForms field: the only place that knows which field asks which type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from instruments.model import Item, Section
from survey_app.answers import Answer
from survey_app.phrases import FILES, language, worded
from survey_app.typed import Mistyped, read_answer


def _choices(item: Item) -> list[str]:
    assert item.scale is not None
    return list(item.scale.codes)  # the page takes the words from the scale itself


def _radio(item: Item) -> Any:
    return RadioField(item.label, choices=_choices(item), validate_choice=False)


def _menu(item: Item) -> Any:
    return SelectField(item.label, choices=["", *_choices(item)], validate_choice=False)


def _one(item: Item) -> Any:
    return (_menu if item.appearance == "minimal" else _radio)(item)


def _several(item: Item) -> Any:
    return SelectMultipleField(item.label, choices=_choices(item), validate_choice=False)


def _typed(item: Item) -> Any:
    return StringField(item.label)


FIELD_FOR: Mapping[str, Callable[[Item], Any]] = {
    "select_one": _one,
    "select_multiple": _several,
    "text": _typed,
    "integer": _typed,
    "decimal": _typed,
    "date": _typed,
    "file": _typed,
}
"""Item type → WTForms field. Notes are shown, not asked; a file's field holds its identifier."""


def make_form(items: Sequence[Item], prefix: str = "") -> BaseForm:
    """A form with a field for every item that is asked; names begin with ``prefix``."""
    asked_for = [item for item in items if item.type != "note"]
    fields = {item.name: _make_field(item) for item in asked_for}
    return BaseForm(fields, prefix=prefix, meta=_METAS[worded(language().code)])


def sent_form(section: Section, number: int, row: MultiDict[str, str]) -> BaseForm:
    """The form of one row of a repeat, showing what was sent."""
    prefix = f"{section.name}-{number}"
    form = make_form(section.items, prefix)
    form.process(MultiDict([(f"{prefix}-{k}", v) for k, v in row.items(multi=True)]))
    return form


def read_sent(
    items: Sequence[Item], sent: MultiDict[str, str]
) -> tuple[dict[str, Answer | None], dict[str, str]]:
    """What was sent for these items: item → answer, None if blank; item → what is wrong with it.

    No form is bound for it, which takes longer than all the rest of an answer: one is only needed
    for a page that shows the answers again.
    """
    answers: dict[str, Answer | None] = {}
    faults: dict[str, str] = {}
    for item in items:
        if item.type == "note":
            continue
        values = sent.getlist(item.name)
        typed: Any = values if item.type == "select_multiple" else (values or ("",))[0]
        answers[item.name] = None
        if typed:
            try:
                answers[item.name] = read_answer(item, typed)
            except Mistyped as mistyped:
                faults[item.name] = str(mistyped)
    return answers, faults


def _make_field(item: Item) -> Field:
    """The unbound field of an item, made once; a form binds its own copy."""
    known = _MADE.get(id(item))
    if known is None or known[0] is not item:
        if len(_MADE) > MOST_MADE:
            _MADE.clear()
        known = _MADE[id(item)] = item, FIELD_FOR[item.type](item)
    return known[1]


def _meta(code: str) -> DefaultMeta:
    """Forms whose library speaks a language, should it ever say something itself."""
    meta = DefaultMeta()
    meta.locales = (code,)
    return meta


_METAS = {code: _meta(code) for code in FILES}
MOST_MADE = 10_000
_MADE: dict[int, tuple[Item, Field]] = {}
"""By identity: to hash an item with its scale takes as long as to make its field."""


def shown(answers: Mapping[str, object], items: Sequence[Item]) -> dict[str, object]:
    """Stored answers as fields show them: text, and lists of codes for several choices."""
    several = {item.name for item in items if item.type == "select_multiple"}
    known = {item.name for item in items}
    kept = {n: v for n, v in answers.items() if n in known}
    return {n: str(v).split() if n in several else str(v) for n, v in kept.items()}
