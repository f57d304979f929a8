"""From an item to its WTForms field: the only place that knows which field asks which type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from instruments.model import Item, Section
from survey_app.phrases import FILES, language, worded
from survey_app.typed import read_answer


def _choices(item: Item) -> list[str]:
    assert item.scale is not None
    return list(item.scale.codes)  # the page takes the words from the scale itself


def _radio(item: Item, checks: list[Any]) -> Any:
    return RadioField(item.label, checks, choices=_choices(item), validate_choice=False)


def _menu(item: Item, checks: list[Any]) -> Any:
    return SelectField(item.label, checks, choices=["", *_choices(item)], validate_choice=False)


def _one(item: Item, checks: list[Any]) -> Any:
    return (_menu if item.appearance == "minimal" else _radio)(item, checks)


def _several(item: Item, checks: list[Any]) -> Any:
    return SelectMultipleField(item.label, checks, choices=_choices(item), validate_choice=False)


def _typed(item: Item, checks: list[Any]) -> Any:
    return StringField(item.label, checks)


FIELD_FOR: Mapping[str, Callable[[Item, list[Any]], Any]] = {
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
    return _bound(items, prefix) if prefix else _copied(_pattern(items))


def _bound(items: Sequence[Item], prefix: str) -> BaseForm:
    asked_for = [item for item in items if item.type != "note"]
    fields = {item.name: _make_field(item) for item in asked_for}
    return BaseForm(fields, prefix=prefix, meta=_METAS[worded(language().code)])


def _pattern(items: Sequence[Item]) -> BaseForm:
    """The form of these very items that others are copied from: to bind thirty fields takes longer
    than all that is then done with them."""
    key = tuple(map(id, items))
    if key not in _PATTERNS:
        if len(_PATTERNS) > MOST_PATTERNS:
            _PATTERNS.clear()
        _PATTERNS[key] = items, _bound(items, "")  # the items are kept, so that ids stay theirs
    return _PATTERNS[key][1]


def _copied(pattern: BaseForm) -> BaseForm:
    """A form of its own whose fields have not been filled."""
    form = _shallow(pattern)
    form.form_errors = []
    form._fields = {name: _shallow(field) for name, field in pattern._fields.items()}
    return form


def _shallow(one: Any) -> Any:
    fresh = object.__new__(type(one))
    fresh.__dict__.update(one.__dict__)
    return fresh


def sent_form(section: Section, number: int, row: MultiDict[str, str]) -> BaseForm:
    """The form of one row of a repeat, filled with what was sent and validated."""
    prefix = f"{section.name}-{number}"
    form = make_form(section.items, prefix)
    form.process(MultiDict([(f"{prefix}-{k}", v) for k, v in row.items(multi=True)]))
    form.validate()
    return form


def _make_field(item: Item) -> Field:
    """The unbound field of an item, made once; a form binds its own copy."""
    known = _MADE.get(id(item))
    if known is None or known[0] is not item:
        if len(_MADE) > MOST_MADE:
            _MADE.clear()
        known = _MADE[id(item)] = item, FIELD_FOR[item.type](item, [_Check(item)])
    return known[1]


def _meta(code: str) -> DefaultMeta:
    """Forms whose library speaks a language, should it ever say something itself."""
    meta = DefaultMeta()
    meta.locales = (code,)
    return meta


_METAS = {code: _meta(code) for code in FILES}
MOST_MADE, MOST_PATTERNS = 10_000, 200
_PATTERNS: dict[tuple[int, ...], tuple[Sequence[Item], BaseForm]] = {}
_MADE: dict[int, tuple[Item, Field]] = {}
"""By identity: to hash an item with its scale takes as long as to make its field."""


class _Check:
    """Reads one answer into its stored form and refuses what the instrument does not allow."""

    field_flags: dict[str, object] = {}

    def __init__(self, item: Item) -> None:
        self.item = item

    def __call__(self, _form: BaseForm, field: Any) -> None:
        given = field.data not in (None, "", [])
        field.data = read_answer(self.item, field.data) if given else None


def data_of(form: BaseForm) -> dict[str, object]:
    """Item → answer, as read."""
    return {name: field.data for name, field in form._fields.items()}


def shown(answers: Mapping[str, object], items: Sequence[Item]) -> dict[str, object]:
    """Stored answers as fields show them: text, and lists of codes for several choices."""
    several = {item.name for item in items if item.type == "select_multiple"}
    known = {item.name for item in items}
    kept = {n: v for n, v in answers.items() if n in known}
    return {n: str(v).split() if n in several else str(v) for n, v in kept.items()}
