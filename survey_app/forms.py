"""A filled form as its page shows and sends it: sections, rows of repeats, answers, faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms.form import BaseForm

from instruments.model import Comparison, Instrument, Item, Section
from survey_app.answers import (
    Answers,
    Asked,
    Row,
    asked,
    blank_repeats,
    blank_scored,
    collect,
    row_key,
    rows_of,
)
from survey_app.attachments import ENDINGS, Attachment
from survey_app.fields import make_form, read_sent, sent_form, shown
from survey_app.layout import concerns, layout_of
from survey_app.pasted import Pasted, header
from survey_app.phrases import phrase
from survey_app.repeats import sent_rows

WIDEST = 8
"""Columns that one line of a desktop's table can hold."""


@dataclass(frozen=True)
class Condition:
    """When an item or section is asked: ``field=value field!=value`` for the script, and the
    same in words for whoever has none."""

    rule: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One item as a page shows it: the name of its field, and when it is asked."""

    item: Item
    key: str
    when: Condition


class Questionnaire:
    """One shown or sent form of an instrument: sections for this context, answers, faults.

    ``errors`` maps the name of a field (``item``, or ``repeat-0-item`` in a row) to its fault,
    ``pasted`` a repeat to a table that was not taken, with its faults. ``attachments`` are the
    files that the answers to items of type ``file`` may name.
    """

    accept = ",".join(f".{ending}" for ending in ENDINGS)

    def __init__(
        self,
        instrument: Instrument,
        context: Mapping[str, str],
        answers: Answers | None = None,
        *,
        attachments: Mapping[str, Attachment] | None = None,
    ) -> None:
        self.instrument, self.context = instrument, context
        self._layout = layout_of(instrument, context)
        self.attachments = attachments or {}
        self.pasted: dict[str, Pasted] = {}
        self.answers: Answers = dict(answers or {})
        self.errors: dict[str, str] = {}
        self._sent: MultiDict[str, str] | None = None
        self._form: BaseForm | None = None
        self._found: list[Asked] | None = None
        self._rows: dict[str, list[BaseForm]] = {}
        for section in self.repeats:
            self.set_rows(section, rows_of(self.answers, section))

    @property
    def sections(self) -> Sequence[Section]:
        """Sections that this context has."""
        return self._layout.sections

    @property
    def repeats(self) -> Sequence[Section]:
        """Sections whose answer is a list of rows."""
        return self._layout.repeats

    @property
    def written(self) -> bool:
        """Whether anything may be answered in own words."""
        return any(item.type == "text" for section in self.sections for item in section.items)

    @property
    def items(self) -> Sequence[Item]:
        """Items that this context may be asked once."""
        return self._layout.items

    def read(self, sent: MultiDict[str, str], *, partial: bool = False) -> None:
        """Take what was sent: fill ``answers`` and ``errors``. A draft (``partial``) may lack
        required items. Answers that are faulty, or to items not asked, are no answers."""
        self._sent, self._form = sent, None
        once, faults = read_sent(self.items, sent)
        given: dict[str, object] = {**once}
        for section in self.repeats:
            given[section.name] = self._read_rows(section, sent, faults)
        found = asked(self.instrument, self.context, given)
        self.errors = {}
        if faults or self._layout.demanding:
            wrong = {one.key: faults.get(one.key) or self._fault(one, partial) for one in found}
            self.errors = {key: fault for key, fault in wrong.items() if fault}
        self.answers = collect(found, without=self.errors)
        self._found = None if self.errors else found  # a faulty answer may ask other items

    def _read_rows(
        self, section: Section, sent: MultiDict[str, str], faults: dict[str, str]
    ) -> list[object]:
        """Rows of a repeat as they were sent, and shown from here on; faults go to ``faults``."""
        rows = sent_rows(sent, section)
        self._rows[section.name] = [sent_form(section, n, row) for n, row in enumerate(rows)]
        read = [read_sent(section.items, row) for row in rows]
        for number, (_, wrong) in enumerate(read):
            faults |= {f"{section.name}-{number}-{name}": fault for name, fault in wrong.items()}
        return [answers for answers, _ in read]

    def set_rows(self, section: Section, rows: Sequence[Row]) -> None:
        """Show these rows in a repeat."""
        self._found = None
        self._rows[section.name] = []
        for row in rows:
            form = make_form(section.items, f"{section.name}-{len(self._rows[section.name])}")
            form.process(data=shown(row, section.items))
            self._rows[section.name].append(form)

    def add_rows(self, section: Section, count: int) -> None:
        """Show blank rows after those there are."""
        rows = self._rows[section.name]
        for _ in range(count):
            form = make_form(section.items, f"{section.name}-{len(rows)}")
            form.process()
            rows.append(form)

    def when(self, section: Section) -> Condition:
        """On which answers the whole of a section hangs."""
        return self._condition(section.relevant, section, None)

    def questions(self, section: Section) -> list[Question]:
        """Items of a section that is asked once."""
        return [self._question(section, None, item) for item in self._items(section)]

    def rows(self, section: Section) -> list[list[Question]]:
        """Items of each shown row of a repeat."""
        numbers = range(len(self._rows[section.name]))
        return [
            [self._question(section, n, item) for item in self._items(section)] for n in numbers
        ]

    def wide(self, section: Section) -> bool:
        """Whether a row of a repeat is too wide for one line of a desktop's table."""
        return len(section.items) > WIDEST or any(
            i.type == "select_multiple" for i in section.items
        )

    def masks(self, item: Item) -> bool:
        """Whether what is written in answer to an item is masked before it is stored."""
        return self.instrument.role == "trainee" and item.type == "text"

    def columns(self, section: Section) -> list[str]:
        """Labels that a table pasted into a repeat may have."""
        return header(section)

    def attachment(self, key: str) -> Attachment | None:
        """The stored file that an item names."""
        return self.attachments.get(self.typed(key))

    def has(self, key: str) -> bool:
        """Whether a field of this name is on the page."""
        name, _, rest = key.partition("-")
        row, _, item = rest.partition("-")
        if not rest:
            return name in self._once._fields
        rows = self._rows.get(name, [])
        return row.isdigit() and int(row) < len(rows) and item in rows[int(row)]._fields

    @property
    def blanks(self) -> list[Asked]:
        """Scored items left blank, to be confirmed once."""
        found = self._found or asked(self.instrument, self.context, self.answers)
        return blank_scored(self.instrument, found)

    @property
    def blank_repeats(self) -> list[Section]:
        """Tables of a record that were left without a row, to be confirmed with the blanks."""
        return blank_repeats(self.instrument, self.context, self.answers)

    def chosen(self, key: str) -> list[str]:
        """Codes to be shown as chosen."""
        field = self._field(key)
        if field.raw_data is not None:
            return list(field.raw_data)
        return field.data if isinstance(field.data, list) else [field.data or ""]

    def typed(self, key: str) -> str:
        """Text to be shown in a field."""
        return "".join(self.chosen(key)[:1])

    def label(self, key: str) -> str:
        """The words of an item; in a repeat, with the row that it stands in."""
        name, _, rest = key.partition("-")
        if not rest:
            return self.instrument.item(name).label
        row, _, item = rest.partition("-")
        section = next(one for one in self.repeats if one.name == name)
        label = self.instrument.item(item).label
        return phrase("form.in_row", section=section.label, row=int(row) + 1, label=label)

    @property
    def _once(self) -> BaseForm:
        """The fields that are asked once: as sent, else as stored."""
        if self._form is None:
            self._form = make_form(self.items)
            if self._sent is None:
                self._form.process(data=shown(self.answers, self.items))
            else:
                self._form.process(self._sent)
        return self._form

    def _fault(self, one: Asked, partial: bool) -> str:
        """What is wrong with an answer that could be read, or with a blank."""
        if one.item.type == "file" and one.answer and one.answer not in self.attachments:
            return phrase("form.no_such_file")
        lacking = one.item.required and one.answer is None and not partial
        return phrase("form.required") if lacking else ""

    def _field(self, key: str) -> Any:
        name, _, rest = key.partition("-")
        row, _, item = rest.partition("-")
        return self._rows[name][int(row)][item] if rest else self._once[name]

    def _question(self, section: Section, row: int | None, item: Item) -> Question:
        key = item.name if row is None else row_key(section, row, item)
        return Question(item, key, self._condition(item.relevant, section, row))

    def _items(self, section: Section) -> list[Item]:
        return [item for item in section.items if concerns(self.context, item.relevant)]

    def _condition(
        self, rules: Sequence[Comparison], section: Section, row: int | None
    ) -> Condition:
        own = [rule for rule in rules if rule.item not in self.context]
        parts = [f"{self._name(r.item, section, row)}{r.operator}{r.value}" for r in own]
        return Condition(" ".join(parts), tuple(h for rule in own if (h := self._hint(rule))))

    def _name(self, item: str, section: Section, row: int | None) -> str:
        inside = row is not None and item in {each.name for each in section.items}
        return f"{section.name}-{row}-{item}" if inside else item

    def _hint(self, rule: Comparison) -> str:
        scale = self.instrument.item(rule.item).scale
        if rule.operator != "=" or scale is None:
            return ""
        label, value = self.instrument.item(rule.item).label, scale.label(rule.value)
        return phrase("form.only_if", label=label, value=value)
