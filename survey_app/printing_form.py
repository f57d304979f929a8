"""What the office gives for the print of a bulletin, as its page shows and sends it."""

from __future__ import annotations

import hashlib
import struct
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from instruments.faults import Fault, Place, fault
from survey_app.phrases import phrase
from survey_app.points import one_line, read_date
from survey_app.policies import DRAFT_PRINT

FIELDS = ("header", "number", "organ", "date", "addressees", "copies", "printed")
"""Particulars beside the status, in the order of the page."""
SLOTS = ("basis", "overview", "achievements", "practices", "problems", "next_steps")
"""Texts that an official may replace; a test compares them with the bulletin's own list."""
FIELD_LIMIT, TEXT_LIMIT = 200, 20_000
"""Signs."""
SEAL_BYTES, SEAL_SIDE = 2_000_000, 3000
"""As ``reports.particulars`` takes it, which looks at the picture again."""


@dataclass(frozen=True)
class Printing:
    """Particulars, texts and seal of one printing; '' where nothing is given."""

    status: str = DRAFT_PRINT
    particulars: Mapping[str, str] = field(default_factory=dict)
    """Without the status and without empty ones."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Slot → Markdown instead of what the rules say."""
    seal: bytes = b""


@dataclass(frozen=True)
class SlotText:
    """One text as the page shows it: what stands there, and what the rules say."""

    slot: str
    text: str
    rules: str

    @property
    def own(self) -> bool:
        """Whether an official has put it in place of the rules'."""
        return self.text != self.rules

    @property
    def shown(self) -> str:
        """Tells what the rules said when the page was opened."""
        return _digest(self.rules)


def slot_texts(printing: Printing, rules: Mapping[str, str]) -> tuple[SlotText, ...]:
    """Every slot of the page, with the official's text or what the rules say."""
    found = {slot: plain_text(rules.get(slot, "")) for slot in SLOTS}
    return tuple(
        SlotText(slot, printing.texts.get(slot) or found[slot], found[slot]) for slot in SLOTS
    )


def read_printing(
    sent: Mapping[str, str], picture: bytes, *, rules: Mapping[str, str], former: Printing
) -> tuple[Printing, list[Fault]]:
    """What was sent, and what is wrong with it; a seal stays until it is changed or taken away.

    An empty text, or one that ``rules`` say or said when the page was opened, lets the rules
    speak: who has not touched it wants them to follow the data.
    """
    given = {name: one_line(sent.get(name, "")) for name in FIELDS}
    texts = {slot: plain_text(sent.get(slot, "")) for slot in SLOTS}
    own = {
        slot: text
        for slot, text in texts.items()
        if text and text != plain_text(rules.get(slot, ""))
        if _digest(text) != sent.get(f"rules-{slot}")
    }
    kept = b"" if sent.get("no_seal") else former.seal
    made = Printing(
        status=sent.get("status", DRAFT_PRINT),
        particulars={name: text for name, text in given.items() if text},
        texts=own,
        seal=picture or kept,
    )
    return made, [*_faults(made)]


def plain_text(text: str) -> str:
    """``text`` with one kind of line end and nothing empty around it, normalised."""
    return "\n".join(unicodedata.normalize("NFC", text).splitlines()).strip()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _faults(printing: Printing) -> Iterator[Fault]:
    for name, text in printing.particulars.items():
        if len(text) > FIELD_LIMIT:
            yield fault("site.text_long", name=phrase(f"printing.{name}"), limit=FIELD_LIMIT)
    date = printing.particulars.get("date", "")
    if date and read_date(date) != date:
        yield fault("particulars.date", Place(file=phrase("printing.date")), value=date)
    for slot, text in printing.texts.items():
        if len(text) > TEXT_LIMIT:
            yield fault("site.text_long", name=phrase(f"slot.{slot}"), limit=TEXT_LIMIT)
    if printing.seal and not _is_seal(printing.seal):
        yield fault("site.seal_wrong", limit=SEAL_BYTES, side=SEAL_SIDE)


def _is_seal(content: bytes) -> bool:
    """Whether this is a PNG with every part whole, and no larger than a seal need be."""
    if len(content) > SEAL_BYTES or not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return False
    parts = list(_parts(content))
    if not parts or parts[0][0] != b"IHDR" or len(parts[0][1]) != 13 or parts[-1][0] != b"IEND":
        return False
    width, height = struct.unpack(">II", parts[0][1][:8])
    return 0 < width <= SEAL_SIDE and 0 < height <= SEAL_SIDE


def _parts(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of a PNG's parts, up to the first that is damaged."""
    start = 8
    while start + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, start)
        named = content[start + 4 : start + 8 + length]
        check = content[start + 8 + length : start + 12 + length]
        if len(check) < 4 or zlib.crc32(named) != int.from_bytes(check, "big"):
            return
        yield named[:4], named[4:]
        start += 12 + length
