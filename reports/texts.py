"""Texts of the slots: what the rules say, or the Markdown that an official put in their place."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from instruments.faults import Fault, FaultsFound, Place, fault
from reports.document import Paragraph, Section
from reports.markdown import (
    BULLET,
    HEADING,
    NUMBER,
    bound,
    name_faults,
    parts,
    shape_faults,
    unnamed,
)
from reports.rules import SLOTS, Fact, chosen_texts, rule_book
from reports.wording import phrase

SUFFIX = ".md"
FACTS_FILE = "facts.csv"
"""List of facts with their present values, written beside the texts for whoever edits them."""
MAX_BYTES = 200_000
_FLAT = ("basis",)
"""Slots that stand above the first heading and can have none of their own."""
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*[%％]?")
_SYSTEM = re.compile(r"[.~]|desktop\.ini$|thumbs\.db$", re.IGNORECASE)
"""Files that file managers and editors leave in a folder."""


@dataclass(frozen=True)
class Passage:
    """A slot's text: paragraphs, then sub-headings with theirs."""

    paragraphs: tuple[str, ...] = ()
    headed: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.paragraphs or self.headed)

    def blocks(self) -> tuple[Paragraph, ...]:
        """The paragraphs that stand before the first sub-heading."""
        return tuple(map(Paragraph, self.paragraphs))

    def sections(self, anchor: str) -> tuple[Section, ...]:
        """One section for each sub-heading, not yet numbered."""
        return tuple(
            Section(f"{anchor}-{place}", heading, tuple(map(Paragraph, texts)))
            for place, (heading, texts) in enumerate(self.headed, 1)
        )


def written_texts(facts: Mapping[str, Fact], own: Mapping[str, str]) -> Mapping[str, Passage]:
    """Every slot with its names filled in; ``own``: slot → Markdown instead of the rules'.

    Raises FaultsFound with every fault of the official's texts: no such slot, unknown names,
    braces without a pair, Markdown that cannot be set, headings where none may be.
    """
    faults = text_faults(own, facts)
    if faults:
        raise FaultsFound(faults)
    texts = {**chosen_texts(facts), **own}
    return {slot: _passage(texts[slot], facts) for slot in SLOTS}


def text_faults(own: Mapping[str, str], facts: Mapping[str, Fact]) -> list[Fault]:
    """Every fault of an official's texts (slot → Markdown), by file and line."""
    return [one for slot, text in sorted(own.items()) for one in _faults(slot, text, facts)]


def _faults(slot: str, text: str, facts: Mapping[str, Fact]) -> Iterator[Fault]:
    file = f"{slot}{SUFFIX}"
    if slot not in SLOTS:
        yield _no_slot(file)
        return
    yield from shape_faults(file, text)
    yield from name_faults(file, text, facts)
    headings = [part for part in parts(text) if part.kind == HEADING]
    if slot in _FLAT:
        for part in headings:
            yield fault("texts.heading", Place(file=file, row=part.lines[0][0]))


def _no_slot(file: str) -> Fault:
    known = "、".join(f"{slot}{SUFFIX}" for slot in SLOTS)
    return fault("texts.no_slot", Place(file=file), known=known)


def _passage(text: str, facts: Mapping[str, Fact]) -> Passage:
    before: list[str] = []
    headed: list[tuple[str, list[str]]] = []
    number = 0
    for part in parts(text):
        said = bound(part, facts)
        number = number + 1 if part.kind == NUMBER else 0
        if part.kind == HEADING:
            headed.append((said, []))
            continue
        if part.kind in (NUMBER, BULLET):
            said = phrase(f"texts.{part.kind}", number=str(number), text=said)
        (headed[-1][1] if headed else before).append(said)
    return Passage(tuple(before), tuple((heading, tuple(texts)) for heading, texts in headed))


def default_texts(facts: Mapping[str, Fact]) -> Mapping[str, str]:
    """File name → Markdown of what the rules say by ``facts``, names not filled in: put back
    as an official's own texts, these give the same bulletin."""
    chosen = chosen_texts(facts)
    return {f"{slot}{SUFFIX}": f"{text}\n" for slot, text in chosen.items() if text}


def listed_facts(facts: Mapping[str, Fact]) -> str:
    """CSV of every fact's name and what it says now, for whoever edits the texts."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow((phrase("texts.name"), phrase("texts.now")))
    writer.writerows((name, fact.text) for name, fact in facts.items())
    return text.getvalue()


def read_texts(folder: Path) -> Mapping[str, str]:
    """Slot → Markdown of the files in ``folder``; those that are not there, the rules write.

    Raises FaultsFound: no folder, files that are no slot, too large, or not readable as text.
    """
    found, faults = usable_texts(folder)
    if faults:
        raise FaultsFound(faults)
    return found


def usable_texts(folder: Path) -> tuple[dict[str, str], list[Fault]]:
    """Slot → Markdown of those files in ``folder`` that can be used, and why others cannot."""
    if not folder.is_dir():
        return {}, [fault("texts.no_folder", Place(file=folder.name))]
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for path in sorted(folder.iterdir()):
        if path.name == FACTS_FILE or _SYSTEM.match(path.name):
            continue
        if path.suffix != SUFFIX or path.stem not in SLOTS or not path.is_file():
            faults.append(_no_slot(path.name))
            continue
        try:
            found[path.stem] = _decoded(path)
        except FaultsFound as refused:
            faults += refused.faults
    return found, faults


def _decoded(path: Path) -> str:
    place = Place(file=path.name)
    if path.stat().st_size > MAX_BYTES:
        raise FaultsFound([fault("texts.too_large", place, limit=MAX_BYTES)])
    data = path.read_bytes()
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            text = unicodedata.normalize("NFC", data.decode(encoding))
        except UnicodeDecodeError:
            continue
        return _printable(text, path.name)
    raise FaultsFound([fault("texts.encoding", place)])


def _printable(text: str, file: str) -> str:
    """``text`` if it holds no control character but ends of lines and tabs."""
    for number, line in enumerate(text.splitlines(), 1):
        if any(unicodedata.category(char) == "Cc" and char != "\t" for char in line):
            raise FaultsFound([fault("texts.control", Place(file=file, row=number))])
    return text


def unbound_numbers(texts: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """File, line and figure for every number typed by hand in ``texts`` (slot → Markdown): it
    will not follow the data. Years, document numbers and codes are left out (rules.yaml)."""
    ignored = [re.compile(one.pattern) for one in rule_book().ignored]
    found = []
    for slot, text in sorted(texts.items()):
        for number, line in unnamed(unicodedata.normalize("NFKC", text)):
            for pattern in ignored:
                line = pattern.sub(" ", line)
            found += [(f"{slot}{SUFFIX}", number, figure) for figure in _NUMBER.findall(line)]
    return found
