"""Languages of a form as XLSForm writes them: columns such as ``label::English (en)``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from instruments.model import CHINESE, Language
from instruments.workbook import Sheet, Workbook

WORDS: Mapping[str, tuple[str, ...]] = {
    "survey": ("label", "hint", "constraint_message"),
    "choices": ("label", "description"),
    "_context": ("value",),
}
"""Sheet → columns that hold words for whoever answers, which a form may have in languages."""
TITLE = "title"
SPOKEN_KEYS = (TITLE, "notice")
"""Keys of ``_context`` whose value is words: of the title, which XLSForm keeps in ``settings`` in
one language, the translations alone stand here."""
_COLUMN = re.compile(r"(\w+)\s*::\s*(.+)")
_LANGUAGE = re.compile(r"(\S.{0,39}?)\s*\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3})\)")


def read_language(text: str) -> Language | None:
    """``English (en)`` as a language; None when it is anything else."""
    found = _LANGUAGE.fullmatch(text.strip())
    return Language(found[2].lower(), found[1]) if found else None


def split_column(header: str) -> tuple[str, str]:
    """Column and what is said of its language: ``('label', 'English (en)')``, or with ''."""
    found = _COLUMN.fullmatch(header)
    return (found[1], found[2].strip()) if found else (header, "")


def own_language(workbook: Workbook) -> Language:
    """The language of columns that name none: ``default_language``, or Chinese."""
    sheet = workbook.sheet("settings")
    said = sheet.rows[0].cells.get("default_language", "") if sheet and sheet.rows else ""
    return read_language(said) or CHINESE


def further_languages(workbook: Workbook) -> tuple[Language, ...]:
    """Languages besides its own that a file's columns name, each once, in their order."""
    found: dict[str, Language] = {}
    for sheet in workbook.sheets:
        for column in sheet.header if sheet.name in WORDS else ():
            language = read_language(split_column(column)[1])
            if language is not None:
                found.setdefault(language.code, language)
    found.pop(own_language(workbook).code, None)
    return tuple(found.values())


def spoken_languages(workbooks: Sequence[Workbook]) -> dict[str, tuple[Language, ...]]:
    """File → its further languages, each called as the first file calls it."""
    names: dict[str, Language] = {}
    spoken = {book.name: further_languages(book) for book in workbooks}
    for languages in spoken.values():
        for language in languages:
            names.setdefault(language.code, language)
    return {file: tuple(names[one.code] for one in found) for file, found in spoken.items()}


def common_languages(files: Sequence[tuple[Language, ...]]) -> tuple[Language, ...]:
    """Languages that every file of a form has, in the first one's order."""
    return tuple(one for one in files[0] if all(one in other for other in files[1:]))


def word_columns(sheet: Sheet, own: Language, further: Sequence[Language]) -> dict[str, str]:
    """Header of ``sheet`` → column as our lines name it: plain in the form's own language, else
    with the language as ``further`` calls it."""
    names = {language.code: language for language in further}
    named = {}
    for header in sheet.header if sheet.name in WORDS else ():
        column, said = split_column(header)
        language = read_language(said) or own
        plain = language.code == own.code
        named[header] = column if plain else worded(column, names.get(language.code, language))
    return named


def worded(column: str, language: Language) -> str:
    """``column`` in a further language, as it stands in the file and in our lines."""
    return f"{column}::{language.name} ({language.code})"
