"""Prints what opens a page: slips of one-time codes to cut apart, posters, links of boards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from instruments.faults import Place
from reports.wording import packaged
from reports.writers.fonts import Fonts, check_texts
from reports.writers.paper import families
from reports.writers.strings import String, printed
from reports.writers.typst import set_values


@dataclass(frozen=True)
class Slip:
    """One slip, or the poster of its class where ``code`` is ''."""

    heading: str
    """What is answered about: the class or the session."""
    address: str
    """As it is typed where no camera reads the picture."""
    picture: str
    """The QR code as SVG."""
    code: str = ""


def render_slips(slips: Sequence[Slip], fonts: Fonts, *, mark: str) -> bytes:
    """``slips`` as PDF, eight to a page of A4, in the given order; ``mark``: 样例 or ''.

    Raises FaultsFound for a character that no font has, with the slip's heading.
    """
    return _set(slips, fonts, mark, posters=False)


def render_poster(poster: Slip, fonts: Fonts, *, mark: str) -> bytes:
    """The poster of a class as PDF: one page, no code that lets anybody in."""
    return _set([poster], fonts, mark)


def render_board_links(sheets: Sequence[Slip], fonts: Fonts, *, mark: str) -> bytes:
    """A page for the teacher of each class, with the link of its board, as PDF."""
    return _set(sheets, fonts, mark, sheet="board")


def _values(slip: Slip) -> dict[str, str]:
    address = slip.address.partition("#")[0]  # the code is typed beside it
    return asdict(slip) | {"heading": printed(slip.heading), "address": address}


def _set(
    shown: Sequence[Slip], fonts: Fonts, mark: str, *, posters: bool = True, sheet: str = ""
) -> bytes:
    words = packaged("templates/slips.yaml")
    check_texts(_texts(shown, mark), fonts)
    printed = [_values(one) for one in shown]
    values: dict[str, object] = {"words": words[sheet] if sheet else words, "mark": mark}
    values |= {"posters": printed if posters else [], "slips": [] if posters else printed}
    return set_values("slips", {**values, "fonts": families(fonts)}, fonts)


def _texts(shown: Sequence[Slip], mark: str) -> Iterator[String]:
    yield "hei", Place(), mark
    for one in dict.fromkeys((slip.heading, slip.address.partition("#")[0]) for slip in shown):
        yield "hei", Place(sheet=one[0]), one[0]
        yield "body", Place(sheet=one[0]), "".join(one)
