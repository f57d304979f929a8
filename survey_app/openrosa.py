"""What ODK Collect writes, as it reads: an XML instance as the fields of a page.

Names of elements are matched without their prefix, as Collect and ODK's own server do; what the
form does not know is passed over, for the bytes are kept. Format: ODK XForms specification,
"Submission".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.ElementTree import DefusedXMLParser
from werkzeug.datastructures import MultiDict

from instruments.model import Instrument, Item, Section
from instruments.xform import ABOUT, AUDIT
from survey_app.errors import Refused

MOST_BYTES, MOST_ELEMENTS, DEEPEST = 1024 * 1024, 20_000, 12
"""Of an instance: more than any form of ours can fill."""
_SPACES = ("", "http://www.w3.org/2002/xforms", "http://openrosa.org/xforms")
_TEMPLATE = "{http://openrosa.org/javarosa}template"
_INSTANCE = re.compile(r"[!-~]{1,100}")
_FILE = re.compile(r"[^\x00-\x1f/\\.][^\x00-\x1f/\\]{0,99}")


@dataclass(frozen=True)
class Submission:
    """An instance as it reads: the form, its own name and that of what it is an edit of, what it is
    about, the fields of the form, and the files that it names."""

    form: str
    version: str
    instance: str
    replaces: str
    about: str
    fields: MultiDict[str, str]
    files: tuple[str, ...]


def read_submission(content: bytes, instrument: Instrument) -> Submission:
    """Read an instance; refused when it is none, or larger than any form can fill."""
    if len(content) > MOST_BYTES:
        raise Refused("submission_large", 413)
    try:
        root = _parsed(content)
        meta = _one(root, "meta")
        instance, replaces = (_text(_one(meta, name)) for name in ("instanceID", "deprecatedID"))
        found = Submission(
            form=root.get("id", ""),
            version=root.get("version", ""),
            instance=instance,
            replaces=replaces,
            about=_text(_one(root, ABOUT)),
            fields=_fields(root, instrument),
            files=tuple(_files(root, meta, instrument)),
        )
    except (ParseError, ValueError, LookupError) as error:
        raise Refused("submission_damaged", 400) from error
    if not _INSTANCE.fullmatch(instance) or (replaces and not _INSTANCE.fullmatch(replaces)):
        raise Refused("submission_damaged", 400)
    return found


class _Counted(TreeBuilder):
    """Builds no more than ``MOST_ELEMENTS``, no deeper than ``DEEPEST``."""

    def __init__(self) -> None:
        super().__init__()
        self._elements = self._depth = 0

    def start(self, tag: str, attrs: dict[Any, Any], /) -> Element:
        """An element begins."""
        self._elements, self._depth = self._elements + 1, self._depth + 1
        if self._elements > MOST_ELEMENTS or self._depth > DEEPEST:
            raise ValueError(tag)
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """An element ends."""
        self._depth -= 1
        return super().end(tag)


def _parsed(content: bytes) -> Element:
    """The root; ValueError for a document type, entities, or what lies in a foreign namespace."""
    parser = DefusedXMLParser(target=_Counted(), forbid_dtd=True)
    parser.feed(content)
    root: Element = parser.close()
    if _name(root) is None:
        raise ValueError(root.tag)
    return root


def _name(element: Element) -> str | None:
    """Its name without the prefix; None in a foreign namespace."""
    space, _, name = element.tag.rpartition("}")
    return name if space.lstrip("{") in _SPACES else None


def _all(parent: Element | None, name: str) -> list[Element]:
    found = [] if parent is None else [child for child in parent if _name(child) == name]
    return [child for child in found if _TEMPLATE not in child.attrib]


def _one(parent: Element | None, name: str) -> Element | None:
    """The only child of this name; ValueError for two of them."""
    found = _all(parent, name)
    if len(found) > 1:
        raise ValueError(name)
    return found[0] if found else None


def _text(element: Element | None) -> str:
    if element is not None and len(element):
        raise ValueError(element.tag)
    return (element.text or "").strip() if element is not None else ""


def _fields(root: Element, instrument: Instrument) -> MultiDict[str, str]:
    """Field of a page → what it would send; a file is no answer before it has come."""
    fields: MultiDict[str, str] = MultiDict()
    for prefix, section, part in _parts(root, instrument):
        for item in section.items:
            if item.type not in ("note", "file") and (value := _text(_one(part, item.name))):
                fields.setlist(f"{prefix}{item.name}", _values(item, value))
    return fields


def _values(item: Item, value: str) -> list[str]:
    return value.split() if item.type == "select_multiple" else [value]


def _parts(root: Element, instrument: Instrument) -> Iterator[tuple[str, Section, Element | None]]:
    """Each section, each row of a repeat: what its fields begin with, and where its answers lie."""
    for section in instrument.sections:
        if not section.repeat:
            yield "", section, _one(root, section.name)
            continue
        for number, row in enumerate(_all(root, section.name)):
            yield f"{section.name}-{number}-", section, row


def _files(root: Element, meta: Element | None, instrument: Instrument) -> Iterator[str]:
    """Names of the files that it comes with, the audit first; what is no plain name is none."""
    named = [_text(_one(meta, AUDIT))]
    for _, section, part in _parts(root, instrument):
        named += [_text(_one(part, item.name)) for item in section.items if item.type == "file"]
    yield from (name for name in dict.fromkeys(named) if _FILE.fullmatch(name))
