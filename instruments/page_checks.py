"""What the page on which a form would be filled cannot show: lists of rows and files, mostly."""

from __future__ import annotations

from collections.abc import Iterator

from instruments.faults import Fault, Place, fault
from instruments.model import Instrument

_SIMPLE = (("trainee", "class"), ("trainee", "session"), ("expert", "visit"))
"""Role and object of the forms whose pages take single answers only; all others are records."""


def page_faults(instrument: Instrument, name: str) -> Iterator[Fault]:
    """Repeats and files of a form whose page has none of them, each at its row."""
    if (instrument.role, instrument.per) not in _SIMPLE:
        return
    for section in instrument.sections:
        rows = [item.row for item in section.items]
        if section.repeat:
            place = Place(name, "survey", rows[0] - 1 if rows else None, "type")
            yield fault("instruments.no_repeat_here", place, group=section.name)
        for item in section.items:
            if item.type == "file":
                place = Place(name, "survey", item.row, "type")
                yield fault("instruments.no_file_here", place, item=item.name)
