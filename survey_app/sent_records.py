"""What an expert's device sends, as it reads: a record of a session, or a visit's signature."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from survey_app.errors import Refused
from survey_app.photos import PhotoRules
from survey_app.services.photos import NamedPhoto

MOST_FIELDS, MOST_EARLIER, MOST_SESSIONS = 400, 200, 50
_ID, _SHA = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")
_ITEM = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Sent:
    """A record: its id, what it is about, the revision that the device knew, its earlier uploads of
    this record that were never acknowledged, the fields of the form, and its photos."""

    record: str
    visit: str
    session: str
    instrument: str
    version: str
    base: int
    earlier: frozenset[str]
    fields: MultiDict[str, str]
    photos: tuple[NamedPhoto, ...]


@dataclass(frozen=True)
class SentSignature:
    """A signature: its id, its visit, and each session with the hash of the upload it signs."""

    record: str
    visit: str
    signs: Mapping[str, str]


def read_sent(content: bytes, rules: PhotoRules) -> Sent:
    """Read a record; refused when it is none."""

    def read(told: dict[str, Any]) -> Sent:
        names = ("record", "visit", "session", "instrument", "version")
        texts = {name: _text(told[name]) for name in names}
        _check(_ID.fullmatch(texts["record"]))
        _check(type(told["base"]) is int and 0 <= told["base"] < 1_000_000)
        earlier = [_hash(one) for one in _list(told["earlier"], MOST_EARLIER)]
        photos = [_photo(one, rules) for one in _list(told.get("photos", []), rules.photos)]
        return Sent(
            **texts,
            base=told["base"],
            earlier=frozenset(earlier),
            fields=_fields(told["answers"]),
            photos=tuple(photos),
        )

    return _read(content, read, refusal="record_damaged")


def read_signature(content: bytes) -> SentSignature:
    """Read a signature; refused when it is none."""

    def read(told: dict[str, Any]) -> SentSignature:
        _check(_ID.fullmatch(_text(told["record"])))
        signs = told["signs"]
        _check(isinstance(signs, dict) and 0 < len(signs) <= MOST_SESSIONS)
        signed = {_text(session): _hash(sha) for session, sha in signs.items()}
        return SentSignature(told["record"], _text(told["visit"]), signed)

    return _read(content, read, refusal="signature_damaged")


def _read(content: bytes, read: Callable[[dict[str, Any]], _Read], *, refusal: str) -> _Read:
    try:
        return read(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(refusal, 400) from error


def _check(holds: object) -> None:
    if not holds:
        raise ValueError


def _text(told: Any) -> str:
    _check(isinstance(told, str) and len(told) <= 40)
    return str(told)


def _hash(told: Any) -> str:
    _check(isinstance(told, str) and _SHA.fullmatch(told))
    return str(told)


def _list(told: Any, most: int) -> list[Any]:
    _check(isinstance(told, list) and len(told) <= most)
    return list(told)


def _photo(told: Any, rules: PhotoRules) -> NamedPhoto:
    _check(_ITEM.fullmatch(told["item"]))
    size = told["size"]
    _check(type(size) is int and 0 < size <= rules.bytes)
    return NamedPhoto(told["item"], _hash(told["sha256"]), size, _hash(told["original"]))


def _fields(told: Any) -> MultiDict[str, str]:
    fields: MultiDict[str, str] = MultiDict()
    for name, value in told.items():
        values = value if isinstance(value, list) else [value]
        _check(all(isinstance(one, str) for one in (name, *values)))
        fields.setlist(name, values)
    _check(len(fields) <= MOST_FIELDS)
    return fields
