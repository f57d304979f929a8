"""Faults of a form's languages: a language that is begun is there for every word of the file."""

from __future__ import annotations

from collections.abc import Iterator

from instruments.faults import Fault, Place, fault
from instruments.form import Form, Line
from instruments.form_checks import MAX_LABEL
from instruments.languages import SPOKEN_KEYS, TITLE, WORDS, read_language, worded
from instruments.model import Language


def language_faults(form: Form) -> list[Fault]:
    """All faults of languages, by sheet and row; none of a form in one language."""
    faults = [*_settings_faults(form), *_title_faults(form)]
    for sheet in WORDS:
        for line in form.lines(sheet):
            for column in WORDS[sheet]:
                faults += _cell_faults(form, line, column)
    return faults


def _settings_faults(form: Form) -> Iterator[Fault]:
    for line in form.lines("settings"):
        said = line["default_language"]
        if said and read_language(said) is None:
            yield fault("instruments.language_code", line.place("default_language"), language=said)


def _title_faults(form: Form) -> Iterator[Fault]:
    titled = any(line["key"] == TITLE for line in form.lines("_context"))
    for language in form.spoken.get(form.name, ()):
        if not titled:
            place = Place(form.name, "_context")
            yield fault("instruments.title_untranslated", place, language=language.name)


def _cell_faults(form: Form, line: Line, column: str) -> Iterator[Fault]:
    languages = form.spoken.get(line.file, ())
    said = {language: line[worded(column, language)] for language in languages}
    if line.sheet == "_context" and line["key"] not in SPOKEN_KEYS:
        for language in languages:
            if said[language]:
                place = line.place(worded(column, language))
                yield fault("instruments.needless_translation", place, key=line["key"])
        return
    titled = line.sheet == "_context" and line["key"] == TITLE
    if line[column] or any(said.values()) or titled:
        if not line[column] and not titled:
            yield _missing(form.language, line, column)
        for language, words in said.items():
            name = worded(column, language)
            missing = [] if words else [_missing(language, line, name)]
            yield from (*missing, *_word_faults(line, name, words))


def _missing(language: Language, line: Line, column: str) -> Fault:
    return fault("instruments.untranslated", line.place(column), language=language.name)


def _word_faults(line: Line, column: str, words: str) -> Iterator[Fault]:
    if "${" in words:
        yield fault("instruments.reference_in_text", line.place(column))
    if len(words) > MAX_LABEL:
        yield fault("instruments.too_long", line.place(column), limit=MAX_LABEL)
