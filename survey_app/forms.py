"""From an instrument to a WTForms form: the only place that knows which field asks which type."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.form import BaseForm
from wtforms.validators import ValidationError

from instruments.model import Instrument, Item, Section
from survey_app.answers import Answers, blank_scored, missing_items, prune
from survey_app.phrases import phrase

TEXT_LIMIT = 1000
"""Signs of a written answer that a page accepts."""


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
}
"""Item type → WTForms field. Notes are shown, not asked."""


class Questionnaire:
    """One shown or sent form of an instrument: sections for this context, answers, faults."""

    def __init__(
        self, instrument: Instrument, context: Mapping[str, str], answers: Answers | None = None
    ) -> None:
        self.instrument, self.context = instrument, context
        self.form = BaseForm({item.name: _field(item) for item in self.items})
        self.form.process(data=_shown(answers or {}, self.items))
        self.answers: Answers = dict(answers or {})
        self.errors: dict[str, str] = {}

    @property
    def sections(self) -> list[Section]:
        """Sections that this context has."""
        found = []
        for section in self.instrument.sections:
            if all(rule.holds(self.context) for rule in section.relevant):
                found.append(section)
        return found

    @property
    def items(self) -> list[Item]:
        """Items that this context may be asked."""
        return [i for s in self.sections for i in s.items if i.type != "note"]

    def read(self, sent: MultiDict[str, str], *, partial: bool = False) -> None:
        """Take what was sent: fill ``answers`` and ``errors``. A draft (``partial``) may lack
        required items. Answers to items that were not asked are dropped."""
        self.form.process(sent)
        self.form.validate()
        given = {name: self.form[name].data for name in self.form._fields}
        answers: Answers = {n: v for n, v in given.items() if v not in (None, "")}
        self.answers = prune(self.instrument, self.context, answers)
        asked = {n: e for n, e in self.form.errors.items() if n in self.answers}
        self.errors = {str(name): str(found[0]) for name, found in asked.items()}
        if not partial:
            for item in missing_items(self.instrument, self.context, self.answers):
                self.errors.setdefault(item.name, phrase("form.required"))

    @property
    def blanks(self) -> list[Item]:
        """Scored items left blank, to be confirmed once."""
        return blank_scored(self.instrument, self.context, self.answers)

    def chosen(self, name: str) -> list[str]:
        """Codes to be shown as chosen."""
        field: Any = self.form[name]
        if field.raw_data is not None:
            return list(field.raw_data)
        return field.data if isinstance(field.data, list) else [field.data or ""]

    def typed(self, name: str) -> str:
        """Text to be shown in a field."""
        return "".join(self.chosen(name)[:1])

    def label(self, name: str) -> str:
        """The words of an item."""
        return self.instrument.item(name).label


def _field(item: Item) -> Field:
    field: Field = FIELD_FOR[item.type](item, [_Check(item)])
    return field


class _Check:
    """Reads one answer into its stored form and refuses what the instrument does not allow."""

    field_flags: dict[str, object] = {}

    def __init__(self, item: Item) -> None:
        self.item = item

    def __call__(self, _form: BaseForm, field: Any) -> None:
        if field.data in (None, "", []):
            field.data = None
            return
        field.data = _READ[self.item.type](self.item, field.data)


def _read_choice(item: Item, value: str) -> str:
    if item.scale is None or value not in item.scale.codes:
        raise ValidationError(phrase("form.unknown_choice"))
    return value


def _read_choices(item: Item, values: Sequence[str]) -> str:
    for value in values:
        _read_choice(item, value)
    assert item.scale is not None
    return " ".join(code for code in item.scale.codes if code in values)


def _read_text(_item: Item, value: str) -> str:
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").strip()
    if len(text) > TEXT_LIMIT:
        raise ValidationError(phrase("form.too_long", limit=TEXT_LIMIT))
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) != "Cc")


def _read_integer(item: Item, value: str) -> int:
    digits = unicodedata.normalize("NFKC", value).strip()
    if not re.fullmatch(r"[+-]?\d{1,12}", digits):
        raise ValidationError(phrase("form.not_integer"))
    return int(_within(item, int(digits)))


def _read_decimal(item: Item, value: str) -> float:
    digits = unicodedata.normalize("NFKC", value).strip()
    if not re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,6})?", digits):
        raise ValidationError(phrase("form.not_number"))
    return _within(item, float(digits))


def _read_date(_item: Item, value: str) -> str:
    try:
        return date.fromisoformat(unicodedata.normalize("NFKC", value).strip()).isoformat()
    except ValueError as error:
        raise ValidationError(phrase("form.not_date")) from error


def _within(item: Item, number: float) -> float:
    limit = item.limit
    low = limit is not None and limit.low is not None and number < limit.low
    high = limit is not None and limit.high is not None and number > limit.high
    if limit and (low or high):
        raise ValidationError(limit.message or phrase("form.out_of_range"))
    return number


_READ: Mapping[str, Callable[[Item, Any], Any]] = {
    "select_one": _read_choice,
    "select_multiple": _read_choices,
    "text": _read_text,
    "integer": _read_integer,
    "decimal": _read_decimal,
    "date": _read_date,
}


def _shown(answers: Answers, items: Sequence[Item]) -> dict[str, object]:
    several = {item.name for item in items if item.type == "select_multiple"}
    return {n: str(v).split() if n in several else str(v) for n, v in answers.items()}
